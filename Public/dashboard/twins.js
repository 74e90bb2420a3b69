// The twins: the same channel by every transport, side by side. Whatever happens to their readers, what these lose or get
// twice is counted.

import { element } from '../widgets/dom.js';
import { Reader, breakTime, button, channelURL, showZero, transports } from './reader.js';
import { authorization, isElsewhere } from './server.js';
import { Counts } from './counts.js';
import { counted } from './texts.js';

// What all readers together may hold of the six connections that a browser opens to one server over HTTP/1.1: one is the
// page's own stream, and one has to be free to write and to ask.
const mostConnections = 4;
const auditInterval = 10_000;

const isMultiplexed = ['h2', 'h3'].includes(performance.getEntriesByType('navigation')[0]?.nextHopProtocol) && !isElsewhere;
const mostRunning = isMultiplexed ? Infinity : mostConnections;
const atFirst = isMultiplexed ? ['native', 'fetch', 'xhr', 'poll-sse', 'poll'] : ['native', 'fetch', 'poll'];

/** Builds the panel into `place`; `announce(text)` says what is not to be missed. */
export function showTwins(place, announce) {
  const counts = new Counts();
  const summary = new Summary(counts);
  const readers = Object.keys(transports).map((transport, index) =>
    new Reader(String.fromCharCode(65 + index), transport, { counts, announce, changed: () => changed() }));

  function changed() {
    const running = readers.filter((reader) => reader.isRunning);
    for (const reader of readers) reader.allowStart(running.length < mostRunning);
    summary.show(running);
  }

  const all = (what) => () => readers.filter((reader) => reader.isRunning).forEach(what);
  place.replaceChildren(
    element('div', { class: 'bar' },
      button('Switch all in mid-stream', all((reader) => reader.switchOn())),
      button(`Break all for ${breakTime / 1_000} s`, all((reader) => reader.break()))),
    summary.element,
    element('div', { class: 'readers' }, ...readers.map((reader) => reader.element)));

  for (const reader of readers) if (atFirst.includes(reader.transport)) reader.start();
  audit(counts, () => readers.some((reader) => reader.isRunning), changed);

  document.addEventListener('visibilitychange', () => {
    for (const reader of readers) document.hidden ? reader.rest() : reader.wake();
  });
  changed();
}

/** Asks the server now and then for what it keeps: so an event that no reader got is missed too. */
function audit(counts, isNeeded, changed) {
  let cursor = null;
  setInterval(async () => {
    if (document.hidden || !isNeeded()) return;
    try {
      const after = cursor ? `&after=${cursor}` : '';
      const answer = await fetch(`${channelURL}?transport=poll&wait=0${after}`, { cache: 'no-store', headers: authorization, signal: AbortSignal.timeout(auditInterval) });
      const { events, next } = await answer.json();
      cursor = next;
      counts.learn(events.map(({ id }) => id));
      changed();
    } catch {
      // The readers tell of a server that is away.
    }
  }, auditInterval);
}

/** All readers together, in a line. */
class Summary {
  constructor(counts) {
    this.counts = counts;
    this.sign = element('span', { class: 'sign', 'aria-hidden': 'true' });
    this.lost = element('output', { 'data-total': 'lost', class: 'zero' }, '0');
    this.repeated = element('output', { 'data-total': 'repeated', class: 'zero' }, '0');
    this.verdict = element('p', { class: 'verdict' });
    this.element = element('div', { class: 'summary' }, this.sign,
      element('p', { class: 'count' }, this.lost, ' lost'),
      element('p', { class: 'count' }, this.repeated, ' repeated'),
      this.verdict);
    // An output would be read out whenever it changes.
    for (const output of [this.lost, this.repeated]) output.setAttribute('aria-live', 'off');
  }

  show(running) {
    const { received, lost, repeated } = this.counts.total;
    showZero(this.lost, lost);
    showZero(this.repeated, repeated);
    const newest = new Set(running.map(({ cursor }) => cursor));
    const isTogether = running.length > 1 && newest.size === 1 && !newest.has(null);
    this.element.dataset.twins = running.length < 2 ? 'waiting' : isTogether ? 'together' : 'apart';
    const comparison = running.length < 2 ? '' : isTogether ? 'All show the same event.' : 'One of them is about to catch up.';
    this.verdict.textContent = `${counted(received, 'event')} read; ${counted(running.length, 'reader')} at work. ${comparison}`;
    if (isTogether) this.pulse([...newest][0]);
  }

  pulse(id) {
    if (id === this.pulsed || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.pulsed = id;
    this.sign.animate([{ boxShadow: '0 0 0 0 var(--together)' }, { boxShadow: '0 0 0 .8rem transparent' }], 700);
  }
}
