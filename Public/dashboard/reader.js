// A reader of the twins' panel: one PolluxEventSource and its card. Its transport can be changed in mid-stream, and its
// connection be broken.

import '../eventsource.js';
import { element } from '../widgets/dom.js';
import { contentOf } from '../widgets/values.js';
import { authorization, server, token } from './server.js';
import { formatCount, formatSpan } from './texts.js';

const everyTransport = {
  native: { name: 'EventSource', family: 'stream', about: 'The browser’s own EventSource: one answer that does not end.' },
  fetch: { name: 'fetch', family: 'stream', about: 'One fetch, whose body is read as it grows.' },
  xhr: { name: 'XHR stream', family: 'stream', about: 'One XMLHttpRequest, whose text is read as it grows.' },
  'poll-sse': { name: 'XHR, batches', family: 'poll', about: 'An XMLHttpRequest a batch, each an event stream that ends.' },
  poll: { name: 'Long poll', family: 'poll', about: 'An XMLHttpRequest a batch, in JSON, held until there is an event.' },
  jsonp: { name: 'JSONP', family: 'poll', about: 'A script element a batch, where the server allows it.' },
};

const cannotShowTokens = ['native', 'jsonp'];

export const transports = Object.fromEntries(
  Object.entries(everyTransport).filter(([name]) => !token || !cannotShowTokens.includes(name)));

export const channelURL = `${server}channels/date`;
export const breakTime = 4_000; // milliseconds
const beads = 24;

export function button(text, act, attributes = {}) {
  const made = element('button', { type: 'button', class: 'small', ...attributes }, text);
  made.addEventListener('click', act);
  return made;
}

export class Reader {
  constructor(letter, transport, { counts, announce, changed }) {
    Object.assign(this, { letter, counts, announce, changed });
    this.source = null;
    this.cursor = null;
    this.isRunning = false;
    this.timer = null;
    this.element = this.card();
    this.showTransport(transport);
    this.showState('stopped');
  }

  card() {
    const title = `reader-${this.letter}`;
    const fields = this.fields = {
      state: element('span', { class: 'state' }),
      about: element('p', { class: 'about' }),
      time: element('span', { class: 'time' }, '--:--:--'),
      beads: element('div', { class: 'beads', 'aria-hidden': 'true' }),
      id: element('dd', { class: 'id' }, '–'),
      delay: element('dd', {}, '–'),
      received: element('dd', {}, '0'),
      lost: element('dd', { class: 'zero' }, '0'),
      repeated: element('dd', { class: 'zero' }, '0'),
    };
    this.choice = element('select', { 'aria-label': `Transport of reader ${this.letter}` },
      ...Object.entries(transports).map(([value, { name }]) => element('option', { value }, name)));
    this.choice.addEventListener('change', () => this.switchTo(this.choice.value));
    this.onOff = button('Start', () => (this.isRunning ? this.stop() : this.start()));
    this.breaker = button('Break', () => this.break(), { disabled: true });
    const row = (name, value, wide) => element('div', { class: wide ? 'wide' : '' }, element('dt', {}, name), value);

    return element('article', { class: 'panel reader', 'aria-labelledby': title, 'data-reader': this.letter },
      element('header', {}, element('h3', { id: title }, `Reader ${this.letter}`), fields.state),
      this.choice, fields.about, fields.time, fields.beads,
      element('dl', {},
        row('Last event id', fields.id, true),
        row('Received', fields.received), row('Delay', fields.delay),
        row('Lost', fields.lost), row('Repeated', fields.repeated)),
      element('div', { class: 'bar' }, this.onOff, this.breaker));
  }

  start() {
    this.isRunning = true;
    this.connect();
    this.changed();
  }

  stop() {
    this.isRunning = false;
    this.disconnect();
    this.cursor = null; // what happens until it starts again is none of its business
    this.counts.restart(this.letter);
    this.showState('stopped');
    this.changed();
  }

  connect() {
    if (document.hidden) return this.showState('resting');
    const options = { transports: [this.transport], ...(token && { headers: authorization }) };
    if (this.cursor) options.lastEventId = this.cursor;
    const source = this.source = new PolluxEventSource(channelURL, options);
    source.addEventListener('date', (event) => this.took(event));
    source.addEventListener('pollux.gap', () => this.counts.restart(this.letter));
    source.addEventListener('open', () => this.showState('open'));
    source.addEventListener('error', () =>
      this.showState(source.readyState === PolluxEventSource.CLOSED ? 'refused' : 'reconnecting'));
    source.addEventListener('transportchange', () => this.showTransport(source.transport));
    this.showState('connecting');
  }

  disconnect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.cursor = this.source?.lastEventId || this.cursor;
    this.source?.close();
    this.source = null;
  }

  /** The request is aborted in the middle; after a while a new one goes on from the cursor. */
  break() {
    if (!this.source) return;
    this.disconnect();
    this.brokenAt = this.counts.of(this.letter);
    this.showState('broken');
    this.timer = setTimeout(() => this.connect(), breakTime);
  }

  /** While the page is hidden: a page that nobody looks at leaves the connections to the one that is looked at. */
  rest() {
    if (!this.isRunning) return;
    this.disconnect();
    this.showState('resting');
  }

  wake() {
    if (this.isRunning && !this.source) this.connect();
  }

  switchTo(transport) {
    try {
      this.source?.use(transport);
      this.showTransport(transport);
    } catch {
      this.showTransport(this.transport);
      this.announce(`This browser has no ${transports[transport].name}.`);
    }
  }

  /** To the next transport that the browser has and that needs no leave of the server. */
  switchOn() {
    const names = Object.keys(transports).filter((name) => name !== 'jsonp');
    this.switchTo(names[(names.indexOf(this.transport) + 1) % names.length]);
  }

  took(event) {
    this.cursor = event.lastEventId;
    this.counts.received(this.letter, event.lastEventId);
    this.fields.id.textContent = event.lastEventId;
    this.showDate(new Date(contentOf(event)?.date));
    this.showState('open');
    if (this.brokenAt) this.tellRecovery();
    this.changed();
  }

  showDate(date) {
    if (Number.isNaN(date.getTime())) return; // the channel is everybody's
    const delay = Date.now() - date.getTime();
    this.fields.time.textContent = date.toISOString().slice(11, 19);
    this.fields.delay.textContent = formatSpan(delay);
    this.addBead(delay);
  }

  tellRecovery() {
    const { lost, repeated } = this.counts.of(this.letter);
    const { lost: lostBefore, repeated: repeatedBefore } = this.brokenAt;
    this.brokenAt = null;
    this.announce(`Reader ${this.letter} is back: lost ${lost - lostBefore}, repeated ${repeated - repeatedBefore}.`);
  }

  /** A bead for each event: its colour is the kind of transport, its height the delay. */
  addBead(delay) {
    const height = Math.min(1, Math.log10(Math.max(1, delay)) / 4); // 10 s is the highest
    this.fields.beads.append(element('i', {
      class: transports[this.transport].family, style: `height: ${Math.round(15 + height * 85)}%`,
    }));
    while (this.fields.beads.childElementCount > beads) this.fields.beads.firstElementChild.remove();
  }

  showTransport(transport) {
    const { family, about } = transports[transport];
    this.transport = this.choice.value = transport;
    this.fields.about.textContent = about;
    this.element.classList.toggle('stream', family === 'stream');
    this.element.classList.toggle('poll', family === 'poll');
  }

  showState(state) {
    if (this.fields.state.dataset.state === state) return;
    this.fields.state.dataset.state = state;
    this.fields.state.textContent = state === 'broken' ? `broken for ${breakTime / 1_000} s` : state;
    this.onOff.textContent = this.isRunning ? 'Stop' : 'Start';
    this.breaker.disabled = !this.isRunning || state === 'broken';
  }

  showCounts() {
    const { received, lost, repeated } = this.counts.of(this.letter);
    this.fields.received.textContent = formatCount(received);
    showZero(this.fields.lost, lost);
    showZero(this.fields.repeated, repeated);
  }

  allowStart(isAllowed) {
    this.showCounts();
    this.onOff.disabled = !this.isRunning && !isAllowed;
    this.onOff.title = this.onOff.disabled ? 'HTTP/1.1 allows six connections: stop another reader first.' : '';
  }
}

/** A count that had better stay 0. */
export function showZero(field, count) {
  field.textContent = formatCount(count);
  field.className = count === 0 ? 'zero' : 'nonzero';
}
