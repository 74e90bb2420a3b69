// The newest number of a channel, by how much it differs from the one before, and the last ones as a small line.

import { drawing, element, label } from './dom.js';
import { countOf } from './options.js';
import { followed, formatMeasure, languageOf, numberOf } from './values.js';

export default class Figure {
  static title = 'Number';
  static fields = {
    channel: { label: 'Channel', value: 'demo.price' },
    label: { label: 'Label' },
    unit: { label: 'Unit' },
    digits: { label: 'Digits after the point', type: 'number', value: 1 },
    points: { label: 'Points of the line', type: 'number', value: 40 },
    follow: { label: 'Follow the filter', hint: 'The name of a filter that chooses the channel' },
  };

  constructor({ element: place, options, sandbox }) {
    Object.assign(this, { options, sandbox, points: countOf(options.points, 40, 0), language: languageOf(place) });
    this.label = label('');
    this.value = element('span', { class: 'pollux-value' });
    this.change = element('span', { class: 'pollux-change' });
    this.line = drawing('polyline', { fill: 'none', 'vector-effect': 'non-scaling-stroke' });
    place.replaceChildren(this.label, element('p', {}, this.value), element('p', {}, this.change),
      drawing('svg', { class: 'pollux-spark', viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, this.line));
  }

  start() {
    if (this.options.channel !== undefined) this.read(String(this.options.channel));
    if (this.options.follow) followed(this.sandbox, this.options.follow, (name) => name && this.read(name));
  }

  /** Shows this channel from now on. */
  read(name) {
    if (name === this.channel?.name) return;
    this.channel?.close();
    this.numbers = [];
    this.label.textContent = this.options.label ?? name;
    this.value.textContent = '–';
    this.sayOfChange('Waiting for the first number');
    this.line.setAttribute('points', '');
    this.channel = this.sandbox.channel(name, { history: Math.max(2, this.points) });
    this.channel.on('*', (event) => this.show(event));
  }

  show(event) {
    const number = numberOf(event, this.options.field);
    if (number === null) return;
    const before = this.numbers.at(-1) ?? number;
    this.numbers = [...this.numbers, number].slice(-Math.max(2, this.points));
    this.value.textContent = formatMeasure(number, this.options, this.language);
    this.showChange(number - before);
    this.line.setAttribute('points', this.points > 1 ? linePoints(this.numbers, this.points) : '');
  }

  showChange(change) {
    if (change === 0) return this.sayOfChange('unchanged');
    const isUp = change > 0;
    this.sayOfChange(element('span', { 'aria-hidden': 'true' }, isUp ? '▲ ' : '▼ '),
      `${isUp ? 'up' : 'down'} ${formatMeasure(Math.abs(change), { digits: this.options.digits ?? 2 }, this.language)}`);
    this.change.dataset.direction = isUp ? 'up' : 'down';
  }

  sayOfChange(...words) {
    delete this.change.dataset.direction;
    this.change.replaceChildren(...words);
  }
}

/** The numbers as points in 100 by 30, the newest at the right edge. */
function linePoints(numbers, count) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const x = (index) => 100 - ((numbers.length - 1 - index) / (count - 1)) * 100;
  const y = (number) => 28 - ((number - low) / (high - low || 1)) * 26;
  return numbers.map((number, index) => `${x(index).toFixed(1)},${y(number).toFixed(1)}`).join(' ');
}
