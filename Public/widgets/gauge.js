// The newest number of a channel between a least and a most. From `alarm` on it is told to the other widgets, by the event
// `alarm.<channel>`, and again when it is over.

import { drawing, element, label } from './dom.js';
import { numberIn } from './options.js';
import { formatMeasure, languageOf, numberOf } from './values.js';

// Half a circle of the radius 40 around (50, 48); its length counts as 100.
const arc = { d: 'M 10 48 A 40 40 0 0 1 90 48', pathLength: 100, fill: 'none' };

export default class Gauge {
  static title = 'Gauge';
  static fields = {
    channel: { label: 'Channel', value: 'demo.load' },
    label: { label: 'Label' },
    unit: { label: 'Unit', value: '%' },
    min: { label: 'Least', type: 'number', value: 0 },
    max: { label: 'Most', type: 'number', value: 100 },
    alarm: { label: 'Alarm from', type: 'number', hint: 'Other widgets are told' },
  };

  constructor({ element: place, options, sandbox }) {
    const { channel = 'demo.load', label: text = channel } = options;
    const min = numberIn(options.min, { otherwise: 0 });
    const max = numberIn(options.max, { otherwise: Math.max(100, min + 1) });
    const alarm = numberIn(options.alarm, { otherwise: Infinity });
    Object.assign(this, { options, sandbox, name: String(channel), min, max, alarm, language: languageOf(place) });
    this.channel = sandbox.channel(channel, { history: 1 });
    this.isAlarmed = false;

    this.hand = drawing('path', { ...arc, class: 'pollux-gauge-hand', 'stroke-dasharray': '0 100' });
    this.value = element('span', { class: 'pollux-value' }, '–');
    this.meter = element('div', {
      class: 'pollux-gauge', role: 'meter', 'aria-label': text, 'aria-valuemin': min, 'aria-valuemax': max,
      'aria-valuenow': min, 'aria-valuetext': 'no number yet',
    },
    drawing('svg', { viewBox: '0 0 100 52', 'aria-hidden': 'true' },
      drawing('path', { ...arc, class: 'pollux-gauge-scale' }), this.hand, this.mark()),
    this.value);
    this.ends = element('p', { class: 'pollux-ends pollux-soft', 'aria-hidden': 'true' },
      element('span', {}, formatMeasure(min, {}, this.language)), element('span', {}, formatMeasure(max, {}, this.language)));
    place.replaceChildren(label(text), this.meter, this.ends);
  }

  start() {
    this.channel.on('*', (event) => this.show(event));
  }

  show(event) {
    const number = numberOf(event, this.options.field);
    if (number === null) return;
    const text = formatMeasure(number, { digits: 0, ...this.options }, this.language);
    this.hand.setAttribute('stroke-dasharray', `${this.share(number) * 100} 100`);
    this.value.textContent = text;
    this.meter.setAttribute('aria-valuenow', number);
    this.meter.setAttribute('aria-valuetext', text);
    this.watch(number);
  }

  watch(number) {
    const isAlarmed = number >= this.alarm;
    if (isAlarmed === this.isAlarmed) return;
    this.isAlarmed = isAlarmed;
    this.meter.classList.toggle('pollux-alarmed', isAlarmed);
    this.sandbox.emit(`alarm.${this.name}`, { state: isAlarmed ? 'raised' : 'over', value: number, limit: this.alarm });
  }

  share(number) {
    return Math.min(1, Math.max(0, (number - this.min) / (this.max - this.min || 1)));
  }

  /** Where the alarm begins, on the scale. */
  mark() {
    if (this.alarm > this.max) return '';
    const from = this.share(this.alarm) * 100;
    return drawing('path', {
      ...arc, class: 'pollux-gauge-mark', 'stroke-dasharray': `0 ${from} ${100 - from} 100`,
    });
  }
}
