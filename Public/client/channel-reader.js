// One channel as one tab reads it: a cursor, and two ways to move it on.
//
// Live, messages of the shared readers come in (groups.js). Each says which id came before it there, so a channel's reader
// knows whether it may take the message, has had it already, or missed something between its cursor and the message. What
// was missed is fetched by polls from the cursor, and so are a channel's start, its history and what a gap is about. Hence a
// reader may begin anywhere, in any tab, and nothing is lost or doubled.

import { covers, epochOf } from './ids.js';

export class ChannelReader {
  /** All events up to this id were delivered. Null until reading has begun. */
  cursor = null;
  /** Resolves when reading has begun: what is published from then on arrives. Rejects with what prevents it. */
  started;

  #since;
  #polls;
  #sink;
  #held = null; // the messages that came during a catch-up; null when there is none
  #closed = new AbortController();
  #tellStart;

  /** `polls` are those of the client. `sink`: `event(event)`, `gap(gap)`, `started()`, `failed(error)`; the last is final. */
  constructor({ name, since, polls }, sink) {
    this.name = name;
    this.#since = since;
    this.#polls = polls;
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
    const first = this.#ask({ since: `-${count}` }); // at once, for it takes as long as the start
    first.catch(() => {});
    await this.started;
    const end = this.cursor;
    const found = [];
    let answer = await first;
    found.push(...answer.events);
    while (!answer.isLast && !covers(answer.next, end)) {
      answer = await this.#ask({ cursor: answer.next });
      found.push(...answer.events);
    }
    const before = found.filter(({ id }) => epochOf(id) !== epochOf(end) || covers(end, id)).slice(-count); // or of a life before
    return before.map(({ id, event, data, time }) => ({ id, type: event, data, time }));
  }

  /**
   * `{after, id}`: a reader had nothing for this channel between these ids, and perhaps an event with `id`. Where both are
   * the same, it says how far the reader is; where both are null, that something may be missing.
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
        this.#held = []; // what came before this request is in its answer, for the server had it first
        answer = await this.#ask({ cursor: this.cursor, since: this.#since });
        this.#takeAnswer(answer);
      } while (!answer.isLast && !this.#held.some(({ kind }) => kind === 'event')); // events: the reader brings the rest
      const held = this.#held;
      this.#held = null;
      held.forEach((message) => this.receive(message));
    } catch (error) {
      this.#fail(error);
    }
  }

  #ask(from) {
    return this.#polls.ask({ name: this.name, ...from }, this.#closed.signal);
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
