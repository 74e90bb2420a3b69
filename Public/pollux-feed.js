// One channel as one tab reads it: a cursor, and two ways to move it on.
//
// Live, messages of the shared event stream come in (pollux-tabs.js). Each says which id came before it on the stream, so
// a feed knows whether it may take the message, has had it already, or missed something between its cursor and the
// message. What was missed is fetched by polls from the cursor, and so are a channel's start, its history and what a
// gap is about. Hence the stream may begin anywhere, in any tab, and nothing is lost or doubled.

import { fetchJSON, persist } from './pollux-request.js';

export class Feed {
  /** All events up to this id were delivered. Null until reading has begun. */
  cursor = null;
  /** Resolves when reading has begun: what is published from then on arrives. Rejects with what prevents it. */
  started;

  #url;
  #headers;
  #since;
  #sink;
  #held = null; // the messages that came during a catch-up; null when there is none
  #closed = new AbortController();
  #tellStart;

  /** The channel is at `url`. `sink`: `event(event)`, `gap(gap)`, `started()`, `failed(error)`; the last is final. */
  constructor({ name, url, headers, since }, sink) {
    this.name = name;
    this.#url = url;
    this.#headers = headers;
    this.#since = since;
    this.#sink = sink;
    this.started = new Promise((resolve, reject) => { this.#tellStart = { resolve, reject }; });
    this.started.catch(() => {}); // the sink hears of it too
    this.#catchUp();
  }

  get isClosed() {
    return this.#closed.signal.aborted;
  }

  close() {
    this.#closed.abort(new DOMException('The channel was closed', 'AbortError'));
  }

  /** Of the last events that the server keeps those up to the cursor of now, the oldest first: the sink is given the others. */
  async last(count) {
    const ask = () => persist(() => this.#ask(`since=-${count}`), this.#closed.signal);
    const first = ask(); // at once, for it takes as long as the start
    first.catch(() => {});
    await this.started;
    const end = this.cursor;
    const early = await first;
    const { events } = covers(early.next, end) ? early : await ask();
    return events.filter(({ id }) => covers(end, id)).map(({ id, event, data, time }) => ({ id, type: event, data, time }));
  }

  /**
   * `{after, id}`: the stream has nothing for this channel between these ids, and perhaps an event with `id`. Where
   * both are the same, it says how far the stream is; where both are null, that something may be missing.
   */
  receive(message) {
    if (this.isClosed) return;
    if (this.#held) this.#held.push(message);
    else if (covers(this.cursor, message.id)) return;
    else if (covers(this.cursor, message.after)) this.#take(message);
    else this.#catchUp();
  }

  #take(message) {
    this.cursor = message.id;
    if (message.channel === this.name) this.#sink.event(message);
  }

  async #catchUp() {
    this.#held = [];
    try {
      let answer;
      do {
        answer = await persist(() => this.#poll(), this.#closed.signal);
        this.#takeAnswer(answer);
      } while (answer.events.length > 0 && this.#held.length === 0);
      const held = this.#held;
      this.#held = null;
      held.forEach((message) => this.receive(message));
    } catch (error) {
      this.#fail(error);
    }
  }

  #poll() {
    this.#held = []; // what came before this request is in its answer, for the server had it first
    return this.#ask(this.cursor ? `lastEventId=${encodeURIComponent(this.cursor)}` : `since=${encodeURIComponent(this.#since)}`);
  }

  #ask(start) {
    return fetchJSON(`${this.#url}?transport=poll&wait=0&${start}`, { headers: this.#headers }, this.#closed.signal);
  }

  #takeAnswer({ events, next, gap }) {
    const isFirst = this.cursor === null;
    if (gap) this.#sink.gap(gap);
    for (const { id, event, data } of events) {
      if (this.isClosed) return; // by a listener of the one before
      this.cursor = id;
      this.#sink.event({ id, type: event, data });
    }
    this.cursor = next;
    if (!isFirst) return;
    this.#tellStart.resolve();
    this.#sink.started();
  }

  #fail(error) {
    this.#tellStart.reject(error);
    if (this.isClosed) return;
    this.close();
    this.#sink.failed(error);
  }
}

/** Whether a reader with this cursor has had all up to `id`. Ids of different epochs cannot be compared. */
export function covers(cursor, id) {
  if (!cursor || !id) return false;
  if (cursor === id) return true;
  const [own, other] = [cursor, id].map(parseId);
  return own.epoch === other.epoch && own.position >= other.position;
}

/** `<epoch>-<position>` */
function parseId(id) {
  const dash = id.lastIndexOf('-');
  return { epoch: id.slice(0, dash), position: Number(id.slice(dash + 1)) };
}
