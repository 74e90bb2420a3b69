// What the tab that leads reads, for all tabs: groups of channels, as few as the server's limits allow. A browser has six
// connections for a server over HTTP/1.1, and some have to be left for polls and for what is published: so only a few groups are
// streams, and the others are polled, one after the other. Over HTTP/2 streams cost next to nothing.
//
// A channel stays in its group while it is read, so that one that comes or goes concerns no other group.

import { Group } from './group.js';
import { PolluxError } from './request.js';

const collectTime = 50; // milliseconds: wishes that come together make one connection
const mostStreams = 3; // over HTTP/1.1, or where it is not known
const mostMultiplexed = 50; // half of what servers allow on a connection
const turnPause = 1_000; // milliseconds between the polls of two groups
const busyPause = 200; // after one that brought something: there may be more

export class Groups {
  #client;
  #tell;
  #groups = [];
  #wanted = [];
  #cursor = null; // where a group begins when there is no other
  #count = 0;
  #timer = null;
  #turnTimer = null;
  #turn = 0;
  #status = null; // as it was last told
  #hasWarned = false;

  /**
   * `client`: `url` of the server, `session`, `options`, `requests`, `polls`, `room`; see `Group`. `tell(message)` hears its
   * messages, and `{kind: 'status', state, transport}`, how all of them stand; `fail(error)` what a page should know.
   */
  constructor({ client, tell, fail }) {
    this.#client = { ...client, url: `${client.url}events`, tell, fail, changed: () => this.#tellChange(), overfull: () => this.#arrange() };
    this.#tell = tell;
  }

  /** Reads these channels soon, and tells so. `cursor` is where to begin if it reads nothing yet. */
  read(channels, cursor) {
    this.#wanted = [...channels];
    this.#cursor = cursor;
    this.#timer ??= setTimeout(() => this.#begin(), collectTime);
  }

  /** Tries again now what is broken. */
  retry() {
    for (const group of this.#groups) group.retry();
  }

  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#turnTimer);
    for (const group of this.#groups.splice(0)) group.close();
  }

  #begin() {
    this.#timer = null;
    this.#tellStatus(); // also who leads
    const told = new Set(this.#groups);
    for (const group of this.#arrange()) told.delete(group);
    for (const group of told) if (this.#groups.includes(group)) group.tellChannels();
  }

  /** Puts the wanted channels into groups. Returns those that are read anew. */
  #arrange() {
    const members = this.#distribute();
    const groups = [...members.keys()];
    const most = this.#mostStreams();
    for (const group of this.#groups) if (!members.has(group)) group.dissolve();
    this.#groups = groups;
    const changed = groups.filter((group, index) => {
      const isStream = index < most;
      const channels = members.get(group);
      if (isStream === group.isStream && sameNames(channels, group.channels)) return false;
      group.read(channels, isStream);
      return true;
    });
    if (groups.length > most) this.#warn(groups.length, most);
    this.#takeTurns();
    this.#tellChange();
    return changed;
  }

  /** The groups that there are to be, and the channels of each. */
  #distribute() {
    const { room } = this.#client;
    const wanted = new Set(this.#wanted);
    const members = new Map(this.#groups.map((group) => [group, room.fitting(group.channels.filter((name) => wanted.has(name)))]));
    for (const name of [...members.values()].flat()) wanted.delete(name);
    let rest = [...wanted];
    const cursor = this.#groups[0]?.cursor ?? this.#cursor;
    for (const [group, channels] of members) {
      const filled = room.fitting([...channels, ...rest]);
      rest = rest.slice(filled.length - channels.length);
      members.set(group, filled);
    }
    while (rest.length > 0) {
      const filled = room.fitting(rest);
      rest = rest.slice(filled.length);
      members.set(new Group(this.#count += 1, cursor, this.#client), filled);
    }
    for (const [group, channels] of members) if (channels.length === 0) members.delete(group);
    return members;
  }

  /** What the browser says of the protocol; for another origin it may say nothing. */
  #mostStreams() {
    const ofServer = performance.getEntriesByType('resource').filter(({ name }) => name.startsWith(this.#client.url.slice(0, -'events'.length)));
    return ['h2', 'h3'].includes(ofServer.at(-1)?.nextHopProtocol) ? mostMultiplexed : mostStreams;
  }

  #takeTurns(pause = turnPause) {
    const polled = this.#groups.filter((group) => !group.isStream);
    if (polled.length === 0) return;
    this.#turnTimer ??= setTimeout(async () => {
      const isBusy = await polled[(this.#turn += 1) % polled.length].poll();
      this.#turnTimer = null;
      this.#takeTurns(isBusy ? busyPause : turnPause);
    }, pause);
  }

  #warn(count, most) {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#client.fail(new PolluxError('Some channels are polled', `${this.#wanted.length} channels make ${count} readers of at most `
      + `${this.#client.room.channels} (limits.channels), and this browser has connections for ${most} streams. What is published on the `
      + 'others arrives some seconds late. A server with a higher limits.channels would do, or one that is reached by HTTP/2.'));
  }

  #stand() {
    const states = this.#groups.map(({ state }) => state);
    const state = ['reconnecting', 'connecting'].find((one) => states.includes(one)) ?? (states.length > 0 ? 'open' : 'connecting');
    return { state, transport: this.#groups[0]?.transport ?? null };
  }

  #tellChange() {
    if (JSON.stringify(this.#stand()) !== JSON.stringify(this.#status)) this.#tellStatus();
  }

  #tellStatus() {
    this.#status = this.#stand();
    this.#tell({ kind: 'status', ...this.#status });
  }
}

const sameNames = (some, others) => some.length === others.length && some.every((name, index) => name === others[index]);
