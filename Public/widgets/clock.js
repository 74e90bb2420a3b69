// The date that a channel brings: `{"date":"2026-01-31T12:00:00.000Z"}`, or a date as text.

import { drawing, element, label } from './dom.js';
import { contentOf, languageOf } from './values.js';

export default class Clock {
  static title = 'Clock';
  static fields = {
    channel: { label: 'Channel', value: 'date' },
    label: { label: 'Label' },
    zone: { label: 'Time zone', value: 'UTC', hint: 'Such as Europe/Berlin' },
    face: { label: 'With hands', type: 'boolean' },
  };

  constructor({ element: place, options, sandbox }) {
    const { channel = 'date', zone = 'UTC', label: text = `Date (${zone})`, field = 'date', face = false } = options;
    this.field = field;
    this.channel = sandbox.channel(channel, { history: 1 });
    const language = languageOf(place);
    this.time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }); // 24 hours, in every language
    this.day = new Intl.DateTimeFormat(language, { timeZone: zone, dateStyle: 'full' });

    this.shownTime = element('span', { class: 'pollux-value' }, '--:--:--');
    this.shownDay = element('span', { class: 'pollux-soft' }, 'Waiting for the first date');
    this.shown = element('time', { role: 'timer' }, this.shownTime, this.shownDay);
    this.hands = face ? ['hour', 'minute', 'second'].map((name) => drawing('path', { class: `pollux-hand pollux-${name}` })) : null;
    place.replaceChildren(label(text), ...(face ? [this.dial()] : []), this.shown);
  }

  start() {
    this.channel.on('*', (event) => this.show(event));
  }

  show(event) {
    const content = contentOf(event);
    const date = new Date(content?.[this.field] ?? content);
    if (Number.isNaN(date.getTime())) return;
    this.shown.dateTime = date.toISOString();
    this.shownTime.textContent = this.time.format(date);
    this.shownDay.textContent = this.day.format(date);
    if (this.hands) this.turn(this.shownTime.textContent.split(':').map(Number));
  }

  dial() {
    const marks = Array.from({ length: 12 }, (_, hour) => drawing('path', { d: 'M 0 -43 V -38', transform: `rotate(${hour * 30})` }));
    return drawing('svg', { class: 'pollux-dial', viewBox: '-50 -50 100 100', 'aria-hidden': 'true' },
      drawing('circle', { r: 47 }), ...marks, ...this.hands);
  }

  turn([hour, minute, second]) {
    const turns = [(hour + minute / 60) / 12, (minute + second / 60) / 60, second / 60];
    ['M 0 6 V -23', 'M 0 6 V -34', 'M 0 9 V -38'].forEach((path, index) => {
      this.hands[index].setAttribute('d', path);
      this.hands[index].setAttribute('transform', `rotate(${turns[index] * 360})`);
    });
  }
}
