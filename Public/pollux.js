// The client of Pollux: channels to read and to publish on, over one connection for the whole browser. What it promises is
// in pollux.d.ts, for those who use it; the parts are
//
//   pollux-feed.js      a channel's cursor: nothing lost, nothing twice
//   pollux-stream.js    the event stream of the tab that leads
//   pollux-tabs.js      which tab leads
//   pollux-outbox.js    what is to be published
//   pollux-request.js   requests that are tried again

import { Feed } from './pollux-feed.js';
import { Outbox } from './pollux-outbox.js';
import { PolluxError } from './pollux-request.js';
import { SharedStream } from './pollux-stream.js';
import { Tabs, canShare, smallest } from './pollux-tabs.js';

export { PolluxError };

const mostBuffered = 1_000; // events, of an iteration that is slower than its channel

export class PolluxEvent extends Event {
  #type;
  #json;

  constructor(type, { id, channel, data, time }, heardAs = type) {
    super(heardAs);
    this.#type = type;
    this.id = id;
    this.channel = channel;
    this.data = data;
    this.time = time;
  }

  /** Its own type also for who listens to `*`, for which it has to be dispatched under that name. */
  get type() {
    return this.#type;
  }

  get json() {
    this.#json ??= JSON.parse(this.data);
    return this.#json;
  }
}

export class Channel extends EventTarget {
  #client;
  #since;
  #feed = null; // null while nobody listens
  #queues = new Set(); // of the iterations
  #end = null; // {error}, when reading is over; without an error when the channel was closed

  /** `client`: `openFeed(options, sink)`, `publish(letter)`, `changed()`, `forget(channel)`; see `Pollux`. */
  constructor(name, since, client) {
    super();
    this.name = name;
    this.#since = since;
    this.#client = client;
  }

  get lastEventId() {
    return this.#feed?.cursor ?? null;
  }

  async ready() {
    return this.#begun().started;
  }

  async last(count) {
    const events = await this.#begun().last(count);
    return events.map(({ type, ...content }) => new PolluxEvent(type, { channel: this.name, ...content }));
  }

  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    this.#read();
  }

  on(type, listener) {
    this.addEventListener(type, listener);
    return () => this.off(type, listener);
  }

  once(type, listener) {
    this.addEventListener(type, listener, { once: true });
    return () => this.off(type, listener);
  }

  off(type, listener) {
    this.removeEventListener(type, listener);
  }

  async publish(data, { type, key } = {}) {
    const isText = typeof data === 'string';
    const text = isText ? data : JSON.stringify(data);
    if (text === undefined) throw new TypeError(`There is no JSON for ${String(data)}`);
    const contentType = isText ? 'text/plain' : 'application/json';
    // A page that reads a channel wants to see what it publishes there itself: so that has to come after its start.
    const ready = this.#feed?.started.catch(() => {});
    return this.#client.publish({ type, text, contentType, key, ready });
  }

  [Symbol.asyncIterator]() {
    const queue = new EventQueue(() => this.#queues.delete(queue));
    this.#read();
    this.#queues.add(queue);
    if (this.#end) queue.end(this.#end.error);
    return queue;
  }

  close() {
    this.#feed?.close();
    this.#endIterations(null);
    this.#client.forget(this);
  }

  /** Begins to read, with the first who listens. */
  #read() {
    if (this.#feed || this.#end) return;
    this.#feed = this.#client.openFeed({ name: this.name, since: this.#since }, {
      event: (event) => this.#deliver(event),
      gap: (detail) => this.dispatchEvent(new CustomEvent('gap', { detail })),
      started: () => this.#client.changed(),
      failed: (error) => this.#fail(error),
    });
  }

  #begun() {
    this.#read();
    if (!this.#feed) throw new DOMException('The channel was closed', 'AbortError');
    return this.#feed;
  }

  #deliver({ id, type, data }) {
    const content = { id, channel: this.name, data };
    const event = new PolluxEvent(type, content);
    if (type !== '*') this.dispatchEvent(event);
    this.dispatchEvent(new PolluxEvent(type, content, '*'));
    for (const queue of this.#queues) queue.push(event);
  }

  #fail(error) {
    this.#client.changed();
    this.#endIterations(error);
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  #endIterations(error) {
    this.#end ??= { error };
    for (const queue of this.#queues) queue.end(error);
  }
}

/** The events of one iteration, which may come faster than they are taken. */
class EventQueue {
  #events = [];
  #takers = []; // of those who wait, while there are no events
  #end = null; // {error}, when there are no more to come
  #onEnd;

  constructor(onEnd) {
    this.#onEnd = onEnd;
  }

  push(event) {
    if (this.#takers.length > 0) this.#takers.shift().resolve({ value: event, done: false });
    else if (this.#events.length < mostBuffered) this.#events.push(event);
    else this.end(new PolluxError('The iteration is too slow', `More than ${mostBuffered} events wait for it.`));
  }

  end(error) {
    if (this.#end) return;
    this.#end = { error };
    this.#onEnd();
    this.#takers.splice(0).forEach((taker) => this.#settle(taker));
  }

  next() {
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.#events.length > 0) resolve({ value: this.#events.shift(), done: false });
      else if (this.#end) this.#settle(taker);
      else this.#takers.push(taker);
    });
  }

  async return() {
    this.#events = [];
    this.end(null);
    return { value: undefined, done: true };
  }

  /** An error is told once; after it, the iteration is over. */
  #settle({ resolve, reject }) {
    const { error } = this.#end;
    this.#end.error = null;
    if (error) reject(error);
    else resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

export class Pollux extends EventTarget {
  #headers;
  #transports;
  #group;
  #channels = new Map(); // by name
  #feeds = new Map(); // of those that somebody listens to
  #outbox;
  #tabs = null;
  #status = notConnected;
  #shown = ''; // what the last `statechange` was about
  #closed = new AbortController();

  constructor(url = new URL('.', import.meta.url), { token, tabs = true, transports, name = '' } = {}) {
    super();
    this.url = new URL(url, globalThis.document?.baseURI).href.replace(/\/*$/, '/');
    this.#headers = token ? { Authorization: `Bearer ${token}` } : {};
    this.#transports = transports;
    this.#group = tabs && canShare() ? `pollux ${this.url} ${fingerprint(token)} ${name}` : null;
    this.#outbox = new Outbox(this.#headers);
    this.#join();
    this.#followPage();
  }

  get state() {
    if (this.#closed.signal.aborted) return 'closed';
    return navigator.onLine === false ? 'offline' : this.#status.state;
  }

  get role() {
    return this.#tabs?.role ?? 'alone';
  }

  get transport() {
    return this.#status.transport;
  }

  channel(name, { since = 'now' } = {}) {
    const channel = this.#channels.get(name) ?? new Channel(name, since, this.#clientOf(name));
    this.#channels.set(name, channel);
    if (this.#closed.signal.aborted) channel.close();
    return channel;
  }

  close() {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    for (const channel of [...this.#channels.values()]) channel.close();
    this.#outbox.close();
    this.#leave();
  }

  /** What a channel may ask of its client. */
  #clientOf(name) {
    if (/^\.?\.?$/.test(name)) throw new TypeError(`A channel cannot have the name “${name}”`); // a step in the path
    const url = `${this.url}channels/${encodeURIComponent(name)}`;
    return {
      openFeed: (options, sink) => {
        const feed = new Feed({ url, headers: this.#headers, ...options }, sink);
        this.#feeds.set(name, feed);
        return feed;
      },
      publish: (letter) => this.#outbox.add({ url, ...letter }),
      changed: () => this.#tabs.want(),
      forget: (channel) => {
        if (this.#channels.get(name) !== channel) return; // closed before, and a new one made
        this.#channels.delete(name);
        this.#feeds.delete(name);
        this.#tabs.want();
      },
    };
  }

  // The tabs, and what comes from their stream

  #join() {
    this.#tabs = new Tabs({
      group: this.#group,
      openStream: (tell) => new SharedStream(`${this.url}events`, this.#streamOptions(), tell),
      hear: (message) => this.#hear(message),
      wanted: () => this.#wanted(),
    });
  }

  #leave() {
    this.#tabs.leave();
    this.#status = notConnected;
    this.#showChange();
  }

  #streamOptions() {
    return { server: 'pollux', transports: this.#transports, ...(this.#headers.Authorization && { headers: this.#headers }) };
  }

  /** What this tab reads: the channels that have begun. */
  #wanted() {
    const feeds = [...this.#feeds.values()].filter((feed) => feed.cursor !== null && !feed.isClosed);
    return { channels: feeds.map((feed) => feed.name), cursor: smallest(feeds.map((feed) => feed.cursor)) };
  }

  #hear(message) {
    if (message.kind === 'stream') this.#showStatus(message);
    if (message.from !== this.#status.from) return; // a leader that is none any more
    if (message.kind === 'stream' && message.id === null) return; // just after a gap
    for (const name of this.#status.channels) this.#feeds.get(name)?.receive(message);
  }

  #showStatus(status) {
    this.#status = status;
    this.#showChange();
  }

  #showChange() {
    const shown = [this.state, this.role, this.transport].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.dispatchEvent(new Event('statechange'));
  }

  // The page and its network

  #followPage() {
    const listen = (type, listener) => globalThis.addEventListener(type, listener, { signal: this.#closed.signal });
    listen('offline', () => this.#showChange());
    listen('online', () => {
      this.#tabs.retry();
      this.#showChange();
    });
    listen('pagehide', () => {
      this.#outbox.handOver();
      this.#leave();
    });
    listen('pageshow', (event) => { if (event.persisted) this.#join(); });
  }
}

const notConnected = { from: null, state: 'connecting', transport: null, channels: [] };

/** Tells tokens apart in names that every script of the origin can read, without being one. (FNV-1a) */
function fingerprint(token = '') {
  let hash = 0x811c9dc5;
  for (const unit of token) hash = Math.imul(hash ^ unit.codePointAt(0), 0x01000193);
  return (hash >>> 0).toString(36);
}

globalThis.Pollux = Pollux;

export default Pollux;
