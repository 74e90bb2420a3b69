// A channel as a page has it: listeners, iterations, and publishing.

import { PolluxError } from './request.js';

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
  #reader = null; // null while nobody listens
  #queues = new Set(); // of the iterations
  #end = null; // {error}, when reading is over; without an error when the channel was closed

  /** `client`: `openReader(options, sink)`, `publish(letter)`, `changed()`, `forget(channel)`; see `Pollux`. */
  constructor(name, since, client) {
    super();
    this.name = name;
    this.#since = String(since);
    this.#client = client;
  }

  get lastEventId() {
    return this.#reader?.cursor ?? null;
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
    const ready = this.#reader?.started.catch(() => {});
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
    this.#reader?.close();
    this.#endIterations(null);
    this.#client.forget(this);
  }

  /** Begins to read, with the first who listens. */
  #read() {
    if (this.#reader || this.#end) return;
    this.#reader = this.#client.openReader({ name: this.name, since: this.#since }, {
      event: (event) => this.#deliver(event),
      gap: (detail) => this.dispatchEvent(new CustomEvent('gap', { detail })),
      started: () => this.#client.changed(),
      failed: (error) => this.#fail(error),
    });
  }

  #begun() {
    this.#read();
    if (!this.#reader) throw new DOMException('The channel was closed', 'AbortError');
    return this.#reader;
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
