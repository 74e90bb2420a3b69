// Counts what readers of one channel lost or got twice. Pure.
//
// An event that anybody has seen is known: the readers among each other, and whoever asks the server for what it keeps. A
// reader that is past a known event without having had it lost it. What it got before its own first event is not its
// concern.

import { epochOf, positionOf } from '../client/ids.js';

const mostKnown = 1_000;

export class Counts {
  #epoch = null;
  #known = new Set(); // positions, of this epoch
  #readers = new Map();

  /** Notes an event that a reader got. */
  received(name, id) {
    this.learn([id]);
    const reader = this.#reader(name);
    const position = positionOf(id);
    reader.received += 1;
    if (reader.seen.has(position)) reader.repeated += 1;
    else if (reader.last === null || position > reader.last) reader.seen.add(position); // else it came out of order: it stays lost
    reader.first ??= position;
    reader.last = Math.max(reader.last ?? position, position);
  }

  /** Notes events that there are, whoever has them. */
  learn(ids) {
    for (const id of ids) {
      if (epochOf(id) !== this.#epoch) this.#begin(epochOf(id));
      this.#known.add(positionOf(id));
    }
    this.#forget();
  }

  /** A reader was told of a gap, or begins anew: what it lacks until its next event is no silent loss. */
  restart(name) {
    const reader = this.#reader(name);
    reader.lostBefore = this.#lost(reader);
    Object.assign(reader, nothingRead());
  }

  /** `{received, lost, repeated}` of a reader. */
  of(name) {
    const reader = this.#reader(name);
    return { received: reader.received, lost: this.#lost(reader), repeated: reader.repeated };
  }

  /** The same of all readers together. */
  get total() {
    return [...this.#readers.keys()].map((name) => this.of(name)).reduce((sum, one) => ({
      received: sum.received + one.received, lost: sum.lost + one.lost, repeated: sum.repeated + one.repeated,
    }), { received: 0, lost: 0, repeated: 0 });
  }

  #reader(name) {
    if (!this.#readers.has(name)) this.#readers.set(name, { received: 0, repeated: 0, lostBefore: 0, ...nothingRead() });
    return this.#readers.get(name);
  }

  #lost(reader) {
    return reader.lostBefore + [...this.#known].filter((position) => lacks(reader, position)).length;
  }

  /** Another life of the server: its positions have nothing to do with those before. */
  #begin(epoch) {
    this.#epoch = epoch;
    for (const name of this.#readers.keys()) this.restart(name);
    this.#known.clear();
  }

  /** The oldest known events are given up, and what they told is kept. */
  #forget() {
    if (this.#known.size <= mostKnown) return;
    const old = [...this.#known].sort((one, other) => one - other).slice(0, -mostKnown);
    for (const position of old) {
      for (const reader of this.#readers.values()) {
        if (lacks(reader, position)) reader.lostBefore += 1;
        reader.seen.delete(position);
      }
      this.#known.delete(position);
    }
  }
}

const nothingRead = () => ({ first: null, last: null, seen: new Set() });

const lacks = ({ first, last, seen }, position) =>
  first !== null && position > first && position < last && !seen.has(position);
