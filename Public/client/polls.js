// Polls that are answered at once: the beginning of channels, and what they have missed. Many channels ask at the same time
// (all that a page begins with, all that a broken stream was for), so those whose cursors can be compared are asked for
// together, and each is given its part of the answer. Few requests are under way at once, for a browser has six connections for
// a server over HTTP/1.1; what is asked for meanwhile makes the next request.
//
// An answer is asked for in pieces that suit the line, so that what came is kept whatever becomes of the rest.

import { covers, epochOf, positionOf, smallest } from './ids.js';
import { PolluxError } from './request.js';
import { formOf, posted } from './selection.js';

const mostRequests = 2;
const piece = { first: 64, least: 1, most: 500 }; // events
const quick = 1_000; // milliseconds that a piece may take and the next be larger
const slow = 4_000; // or has to be smaller

export class Polls {
  #url;
  #requests;
  #room;
  #session;
  #waiting = []; // asks: {name, cursor, since, signal, resolve, reject, company}
  #underWay = 0;
  #piece = piece.first;

  /** `url` is the server's base. `room` says how many channels may be asked for together. `session` is the client's. */
  constructor({ url, requests, room, session }) {
    this.#url = url;
    this.#requests = requests;
    this.#room = room;
    this.#session = session;
  }

  /**
   * What the channel has after `cursor`, or without one from `since` on: `{events, next, gap, isLast}`, the events only up
   * to `next`. `isLast`: for now there is no more. Rejects with a PolluxError, or when `signal` aborts.
   */
  ask({ name, cursor, since }, signal) {
    const over = new AbortController(); // takes the listeners off a signal that may live for days
    const answer = new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
      this.#waiting.push({ name, cursor, since, signal, resolve, reject, company: Infinity });
      if (this.#waiting.length === 1) queueMicrotask(() => this.#next());
    });
    return answer.finally(() => over.abort());
  }

  /** What these channels have after `cursor`, in one request and as it is answered. */
  askFor(names, cursor, signal, failed) {
    const start = cursor ? { lastEventId: cursor } : { since: 'now' };
    return this.#requests.persist(() => this.#attempt(names, start, signal), signal, failed);
  }

  #next() {
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
    while (this.#underWay < mostRequests && this.#waiting.length > 0) {
      const together = this.#together();
      this.#waiting = this.#waiting.filter((ask) => !together.includes(ask));
      this.#answer(together);
    }
  }

  /** The first ask that waits, and those that can be asked for with it. */
  #together() {
    const [first] = this.#waiting;
    const asks = this.#waiting.filter((ask) => canJoin(first, ask)).slice(0, Math.min(first.company, this.#room.channels));
    const names = new Set(this.#room.fitting([...new Set(asks.map(({ name }) => name))]));
    return asks.filter(({ name }) => names.has(name));
  }

  async #answer(asks) {
    const names = [...new Set(asks.map(({ name }) => name))];
    try {
      const answer = await this.#request(names, asks);
      const reason = answer.gap?.reason;
      const isOfSome = ['trimmed', 'unknown'].includes(reason) && names.length > 1; // the end of a life is news to all: theirs was the same
      // Whose gap it is, they have to find out. Where events were trimmed, it may be that of one.
      if (isOfSome) this.#again(asks, reason === 'trimmed' ? Math.ceil(asks.length / 2) : 1);
      else for (const ask of asks) ask.resolve(partOf(answer, ask));
    } catch (error) {
      const isRefused = error instanceof PolluxError && names.length > 1;
      if (isRefused && error.limit) this.#room.learn(error, names);
      if (isRefused) this.#again(asks, Math.ceil(asks.length / 2)); // it may be for one of them
      else for (const ask of asks) ask.reject(error);
    }
  }

  /** These are asked for once more, in a smaller company. */
  #again(asks, company) {
    this.#waiting.unshift(...asks.map((ask) => ({ ...ask, company })));
    this.#next();
  }

  /** Ends early where nobody wants the answer any more. */
  async #request(names, asks) {
    const [{ since }] = asks;
    const cursor = smallest(asks.map((ask) => ask.cursor));
    const start = cursor ? { lastEventId: cursor } : { since };
    const unwanted = new AbortController();
    const over = new AbortController();
    let wanting = asks.length;
    const leave = () => { if ((wanting -= 1) === 0) unwanted.abort(); };
    for (const { signal } of asks) signal.addEventListener('abort', leave, { signal: over.signal });
    try {
      return await this.#requests.persist(() => this.#attempt(names, start, unwanted.signal), unwanted.signal);
    } finally {
      over.abort();
    }
  }

  /** One request, of which the next pieces learn. While it waits to be tried again, others have its place. */
  async #attempt(names, start, signal) {
    this.#underWay += 1;
    const begun = performance.now();
    const parameters = { transport: 'poll', wait: 0, ...start, limit: this.#piece, session: this.#session };
    try {
      const answer = await this.#fetch(names, parameters, signal);
      this.#suit(performance.now() - begun, answer.events.length);
      return answer;
    } catch (error) {
      this.#suit(Infinity);
      throw error;
    } finally {
      this.#underWay -= 1;
      queueMicrotask(() => this.#next());
    }
  }

  #fetch(names, parameters, signal) {
    return names.length === 1
      ? this.#requests.fetchJSON(`${this.#url}channels/${encodeURIComponent(names[0])}?${new URLSearchParams(parameters)}`, {}, signal)
      : this.#requests.fetchJSON(`${this.#url}events`, posted(formOf(names, parameters)), signal);
  }

  /** The size of the pieces, after one that took so long and had so many events. */
  #suit(milliseconds, events = this.#piece) {
    if (milliseconds > slow) this.#piece = Math.max(piece.least, Math.floor(Math.min(this.#piece, events) / 2));
    else if (milliseconds < quick && events >= this.#piece) this.#piece = Math.min(piece.most, this.#piece * 2);
  }
}

/** Those with cursors of one epoch, from the one that has had least; and those that begin now, or with all there is. */
function canJoin(one, other) {
  if (one === other) return true;
  if (one.company < 2 || other.company < 2) return false;
  if (one.cursor && other.cursor) return epochOf(one.cursor) === epochOf(other.cursor);
  return !one.cursor && !other.cursor && one.since === other.since && !one.since.startsWith('-'); // so many of each, not of all
}

/** The answer as this channel would have had it alone: another may have been behind. */
function partOf({ events, next, gap }, { name, cursor }) {
  // A cursor of the life that the answer ends in stands behind events of earlier lives, too: positions go on from life to life.
  const isOneLife = cursor && next && epochOf(cursor) === epochOf(next);
  const hasHad = (id) => (isOneLife ? positionOf(id) <= positionOf(cursor) : covers(cursor, id));
  const own = events.filter((event) => event.channel === name && !hasHad(event.id));
  return {
    events: own,
    next: covers(cursor, next) ? cursor : next,
    gap: gap && { ...gap, after: cursor, resumedAt: own[0]?.id ?? null },
    isLast: events.length === 0,
  };
}
