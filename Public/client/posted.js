// A reader whose channels are too many or too long for a URL, or whose token may change: they go into the content of a POST. As far as groups use it, it
// is a PolluxEventSource: it reads one answer that does not end, and where that is held back on the way, by long polls.

import { eventStreamParser } from './parser.js';
import { TemporaryFault, pause } from './request.js';
import { formOf, posted } from './selection.js';
import { pauseOf, spread } from './time.js';

const heartbeat = 15; // seconds of silence until the server gives a sign
const patience = 6_000; // milliseconds until a stream without a first sign counts as held back, and one without a heartbeat as lost
const pollsFor = 300_000; // milliseconds until a stream is tried again
const leastRetry = 500; // milliseconds, whatever the server says, until what brought nothing new is asked for again
const pollWait = 25; // seconds
const streams = ['native', 'fetch', 'xhr'];
const polls = ['poll', 'poll-sse'];

export class PostedSource extends EventTarget {
  readyState = 0;
  transport;
  onopen = null;
  onmessage = null;
  onerror = null;

  #url;
  #names;
  #session;
  #requests;
  #token; // that the stream was asked for with
  #cursor;
  #retry = 1_000; // milliseconds until a stream that ended is asked for again
  #mayStream;
  #mayPoll;
  #pollsUntil = 0;
  #closed = new AbortController();

  /** `url` is that of `/events`, `session` the client's. `transports`: what may be used, of those of a PolluxEventSource. */
  constructor(url, names, { session, requests, transports = [...streams, ...polls], lastEventId }) {
    super();
    this.#url = url;
    this.#names = names;
    this.#session = session;
    this.#requests = requests;
    this.#cursor = lastEventId;
    this.#mayStream = transports.some((name) => streams.includes(name));
    this.#mayPoll = transports.some((name) => polls.includes(name));
    this.transport = this.#mayStream ? 'fetch' : 'poll';
    this.#run();
  }

  close() {
    this.#closed.abort();
    this.readyState = 2;
  }

  async #run() {
    const { signal } = this.#closed;
    try {
      for (;;) await this.#requests.persist(() => this.#read(), signal, () => this.#turn(0, 'error'));
    } catch {
      if (!signal.aborted) this.#turn(2, 'error'); // refused
    }
  }

  #read() {
    if (this.transport === 'poll' && this.#mayStream && performance.now() > this.#pollsUntil) this.#use('fetch');
    return this.transport === 'poll' ? this.#poll() : this.#stream();
  }

  /** Ends when a stream that had been open does. */
  async #stream() {
    let isEventStream = false;
    let isOpen = false;
    const decoder = new TextDecoder();
    const parse = eventStreamParser((block) => {
      isOpen = true;
      this.#take(block);
    });
    try {
      await this.#requests.read(this.#url, this.#form({ transport: 'sse', open: 'id', heartbeat, heartbeatForm: 'event' }), this.#closed.signal, {
        silence: () => patience + (isOpen ? heartbeat * 1_000 : 0),
        begun: (response, token) => {
          this.#token = token;
          isEventStream = /^text\/event-stream\b/i.test(response.headers.get('Content-Type'));
        },
        take: (bytes) => isEventStream && parse(decoder.decode(bytes, { stream: true })),
      });
      if (!isEventStream) throw new TemporaryFault({ isSilent: true }); // something in between answered
    } catch (error) {
      if (error.isSilent && !isOpen && this.#mayPoll) this.#usePolls(); // it is held back on the way, and would be again
      if (!(error instanceof TemporaryFault) || !isOpen) throw error;
    }
    this.#turn(0, 'error');
    await pause(spread(this.#retry), this.#closed.signal);
  }

  async #poll() {
    const wait = this.readyState === 1 ? pollWait : 0; // the first one shows that the way is open
    const [begun, before] = [performance.now(), this.#cursor];
    const { events, next, gap } = await this.#requests.fetchJSON(
      this.#url, this.#form({ transport: 'poll', wait }), this.#closed.signal, wait * 1_000);
    this.#turn(1, 'open');
    if (gap) this.#tell('pollux.gap', JSON.stringify(gap));
    for (const { id, channel, event, data } of events) {
      this.#cursor = id;
      this.#tell('message', JSON.stringify({ channel, event, data }));
    }
    const isIdle = wait > 0 && next === before;
    this.#cursor = next;
    if (isIdle && performance.now() - begun < leastRetry) await pause(leastRetry, this.#closed.signal);
  }

  #form(parameters) {
    return posted(formOf(this.#names, { envelope: 'json', session: this.#session, ...parameters, ...(this.#cursor && { lastEventId: this.#cursor }) }));
  }

  #take({ id, type, data, retry }) {
    if (retry !== undefined) {
      this.#retry = Math.max(leastRetry, pauseOf(retry));
      return;
    }
    if (id) this.#cursor = id;
    this.#turn(1, 'open');
    if (type === 'pollux.denied') this.#requests.endToken(this.#token);
    if (type !== 'pollux.heartbeat') this.#tell(type, data);
  }

  #usePolls() {
    this.#pollsUntil = performance.now() + pollsFor;
    this.#use('poll');
  }

  #use(transport) {
    this.transport = transport;
    this.dispatchEvent(new Event('transportchange'));
  }

  #turn(state, type) {
    if (this.#closed.signal.aborted || (state === 1 && this.readyState === 1)) return;
    this.readyState = state;
    this[`on${type}`]?.(new Event(type));
  }

  #tell(type, data) {
    if (this.#closed.signal.aborted) return; // by a listener of the one before
    const event = new MessageEvent(type, { data, lastEventId: this.#cursor });
    if (type === 'message') this.onmessage?.(event);
    this.dispatchEvent(event);
  }
}
