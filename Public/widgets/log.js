// The newest events of one channel or several, in a table; and the events of the page, if it is told which to listen to.

import { element, label } from './dom.js';
import { countOf, listOf } from './options.js';
import { followed, holds, languageOf, textOf, timeOfDay } from './values.js';

export default class Log {
  static title = 'Log';
  static fields = {
    channel: { label: 'Channel', value: 'demo', hint: 'Several as JSON: ["demo", "demo.price"]' },
    label: { label: 'Label' },
    rows: { label: 'Rows', type: 'number', value: 50 },
    filter: { label: 'Filter by', hint: 'The name of a filter that searches' },
    listen: { label: 'Events of the page', hint: 'A pattern or several: alarm.** or ["alarm.**", "filter.*"]' },
  };

  constructor({ element: place, options, sandbox }) {
    const channels = listOf(options.channel);
    const { label: text = channels.join(', ') || 'Events', listen, filter } = options;
    Object.assign(this, { sandbox, most: countOf(options.rows, 50), patterns: listOf(listen), filter, language: languageOf(place) });
    this.channels = channels.map((name) => sandbox.channel(name, { history: countOf(options.history, 10, 0) }));
    this.search = '';
    this.events = new Map(); // row -> its event

    this.pause = element('button', { type: 'button', class: 'pollux-quiet', 'aria-pressed': 'false' }, 'Pause');
    this.pause.addEventListener('click', () => this.setPaused(!this.held), { signal: sandbox.signal });
    this.held = null; // [event, time] of what came while paused
    this.rows = element('tbody');
    this.empty = element('p', { class: 'pollux-soft' }, 'Nothing yet.');
    place.replaceChildren(
      element('div', { class: 'pollux-head' }, label(text), this.pause),
      element('div', { class: 'pollux-scroll', role: 'region', tabindex: '0', 'aria-label': text },
        element('table', {},
          element('caption', { class: 'pollux-unseen' }, `${text}, the newest first`),
          element('thead', { class: 'pollux-unseen' }, element('tr', {},
            ...['Time', 'Source', 'Event'].map((title) => element('th', { scope: 'col' }, title)))),
          this.rows),
        this.empty));
  }

  start() {
    for (const channel of this.channels) channel.on('*', (event) => this.take(event));
    for (const pattern of this.patterns) this.sandbox.on(pattern, (payload, name) => this.take(pageEvent(name, payload)));
    if (this.filter) followed(this.sandbox, this.filter, (search) => this.filterBy(search));
  }

  take(event) {
    const time = event.time ?? Date.now();
    if (!this.held) return this.show(event, time);
    this.held.push([event, time]);
    if (this.held.length > this.most) this.held.shift();
  }

  show(event, time) {
    const row = element('tr', { hidden: !holds(event, this.search) },
      element('td', { class: 'pollux-soft' }, timeOfDay(new Date(time), this.language)),
      element('td', {}, element('code', {}, event.channel), event.type === 'message' ? '' : ` ${event.type}`),
      element('td', {}, textOf(event)));
    this.events.set(row, event);
    this.rows.prepend(row);
    while (this.rows.childElementCount > this.most) {
      this.events.delete(this.rows.lastElementChild);
      this.rows.lastElementChild.remove();
    }
    this.showEmpty();
  }

  filterBy(search) {
    this.search = String(search ?? '');
    for (const [row, event] of this.events) row.hidden = !holds(event, this.search);
    this.showEmpty();
  }

  showEmpty() {
    this.empty.hidden = this.rows.querySelector('tr:not([hidden])') !== null;
    this.empty.textContent = this.search ? 'Nothing that the filter lets through.' : 'Nothing yet.';
  }

  setPaused(isPaused) {
    const held = this.held;
    this.held = isPaused ? [] : null;
    this.pause.setAttribute('aria-pressed', String(isPaused));
    if (!isPaused) held.forEach(([event, time]) => this.show(event, time));
  }
}

/** An event between widgets in the form of one from a channel. */
const pageEvent = (name, payload) =>
  ({ channel: name, type: 'message', data: typeof payload === 'string' ? payload : JSON.stringify(payload) ?? '' });
