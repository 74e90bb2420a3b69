// The newest values of several channels in a line: each event takes its channel's place anew. It moves only when something
// comes, so that it can be read, and it can be stopped.

import { element, label } from './dom.js';
import { countOf, listOf } from './options.js';
import { formatMeasure, languageOf, numberOf, textOf } from './values.js';

export default class Ticker {
  static title = 'Ticker';
  static fields = {
    channel: { label: 'Channels', value: '["demo.price","demo.load"]', hint: 'As JSON, or one' },
    label: { label: 'Label' },
    items: { label: 'Values', type: 'number', value: 12 },
  };

  constructor({ element: place, options, sandbox }) {
    const names = listOf(options.channel);
    const { label: text = 'Ticker' } = options;
    Object.assign(this, { options, most: countOf(options.items, 12), language: languageOf(place), newest: new Map(), isPaused: false });
    this.channels = names.map((name) => sandbox.channel(name, { history: 2 }));

    this.pause = element('button', { type: 'button', class: 'pollux-quiet', 'aria-pressed': 'false' }, 'Pause');
    this.pause.addEventListener('click', () => this.setPaused(!this.isPaused), { signal: sandbox.signal });
    this.line = element('ol', { class: 'pollux-line', 'aria-label': `${text}, the newest first` });
    place.replaceChildren(element('div', { class: 'pollux-head' }, label(text), this.pause), this.line);
  }

  start() {
    for (const channel of this.channels) channel.on('*', (event) => this.show(channel.name, event));
  }

  show(name, event) {
    if (this.isPaused) return;
    const number = numberOf(event, this.options.field);
    const before = this.newest.get(name);
    this.newest.set(name, number);
    const value = number === null ? textOf(event, 60) : formatMeasure(number, this.options, this.language);
    this.line.prepend(element('li', {}, element('b', {}, lastPart(name)), ` ${value} `, direction(before, number)));
    while (this.line.childElementCount > this.most) this.line.lastElementChild.remove();
  }

  setPaused(isPaused) {
    this.isPaused = isPaused;
    this.pause.setAttribute('aria-pressed', String(isPaused));
  }
}

const lastPart = (name) => name.slice(name.lastIndexOf('.') + 1);

function direction(before, now) {
  if (typeof before !== 'number' || now === null || before === now) return '';
  const isUp = now > before;
  return element('span', { class: 'pollux-change', 'data-direction': isUp ? 'up' : 'down', role: 'img', 'aria-label': isUp ? 'up' : 'down' },
    isUp ? '▲' : '▼');
}
