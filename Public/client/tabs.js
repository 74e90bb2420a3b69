// The tabs of one browser that read from one server share what they read. The tab that holds a Web Lock leads: it has the
// connections, and tells what comes by a BroadcastChannel. When it dies, however that may be, the browser gives the lock
// to the next. A tab that missed something in that moment fetches it by itself (channel-reader.js), so there is nothing to
// hand over, and no state that two tabs have to agree on.
//
// Besides the messages of groups (groups.js) there are two, and each says in `from` which tab it is from:
//
//   {kind: 'who'}                      a new leader asks what is wanted
//   {kind: 'want', channels, cursor}   what a tab reads, and from where on. The leader answers `status`, and each `group`
//
// A leader may sleep instead of dying (a frozen page, a debugger). A follower that hears nothing asks; if there is no
// answer, it takes the lock by force.

import { smallest } from './ids.js';

const collectTime = 20; // milliseconds: wishes that come together are told together
const listenTime = 10_000; // milliseconds of silence until a follower asks, and as many until it takes the lead

/** Web Locks are for secure contexts only: a page without TLS has none, except on localhost. */
export const canShare = () => Boolean(navigator.locks && globalThis.BroadcastChannel);

/** A tab's part in it, from when it is made until it leaves. */
export class Tabs {
  #id = Math.random().toString(36).slice(2);
  #group;
  #openGroups;
  #hear;
  #wanted;
  #isPresent = false; // its own lock is held, by which the leader learns of its end
  #bus = null;
  #wish = null; // the timer of what is to be told
  #left = new AbortController();
  #untilLeft = new Promise((resolve) => this.#left.signal.addEventListener('abort', resolve));

  // To be leader
  #standing = new AbortController();
  #usesForce = false;
  #silence = 0;
  #watch = null;

  // Of the leader
  #groups = null;
  #leading = null;
  #wants = new Map(); // by tab

  /**
   * `group`: the name that tabs have in common which share what they read, or null to share with none.
   * `openGroups(tell)` makes its `Groups`. `hear(message)` is given what these tell, in whatever tab they are. `wanted()` tells
   * what this tab reads just now, `{channels, cursor}`.
   */
  constructor({ group, openGroups, hear, wanted }) {
    this.#group = group;
    this.#openGroups = openGroups;
    this.#hear = hear;
    this.#wanted = wanted;
    if (group === null) this.#lead();
    else this.#join();
  }

  get role() {
    if (this.#group === null) return 'alone';
    return this.#groups ? 'leader' : 'follower';
  }

  /** What this tab reads is something else now. */
  want() {
    this.#wish ??= setTimeout(() => {
      this.#wish = null;
      this.#tellWant();
    }, collectTime);
  }

  get hasLeft() {
    return this.#left.signal.aborted;
  }

  /** There is a reason to try at once. */
  retry() {
    this.#groups?.retry();
  }

  leave() {
    clearTimeout(this.#wish);
    this.#left.abort();
    this.#standing.abort();
    clearInterval(this.#watch);
    this.#bus?.close();
    this.#bus = null;
    this.#resign();
  }

  #join() {
    this.#bus = new BroadcastChannel(this.#group);
    this.#bus.onmessage = ({ data }) => this.#receive(data);
    this.#watch = setInterval(() => this.#listen(), listenTime);
    this.#bePresent();
    this.#stand();
  }

  #bePresent() {
    navigator.locks.request(this.#lockOf(this.#id), { signal: this.#left.signal }, () => {
      this.#isPresent = true;
      this.#tellWant();
      return this.#untilLeft;
    }).catch(() => {}); // `stand` has the same fault, and sees to it
  }

  #lockOf(id) {
    return `${this.#group} ${id}`;
  }

  #post(message) {
    this.#bus?.postMessage({ ...message, from: this.#id });
  }

  #tellWant() {
    if (this.#groups) this.#note({ ...this.#wanted(), from: this.#id });
    else if (this.#isPresent) this.#post({ kind: 'want', ...this.#wanted() });
  }

  #receive(message) {
    if (!isMessage(message)) return;
    if (message.kind === 'want') {
      if (this.#groups) this.#note(message);
      return;
    }
    this.#silence = 0;
    if (message.kind === 'who') this.#tellWant();
    else if (!this.#groups) this.#hear(message);
  }

  // Who leads

  async #stand() {
    while (!this.#left.signal.aborted) {
      this.#standing = new AbortController();
      const options = this.#usesForce ? { steal: true } : { signal: this.#standing.signal };
      this.#usesForce = false;
      try {
        await navigator.locks.request(this.#group, options, () => this.#lead());
      } catch (error) {
        // An AbortError says that this tab left, is about to use force, or was robbed of the lead. All else: no locks
        // here, as in a sandboxed frame.
        if (error.name !== 'AbortError') return this.#beAlone();
      }
      this.#resign();
      this.#tellWant(); // to the leader that comes after
    }
  }

  /** Called at intervals. */
  #listen() {
    if (this.#groups) return;
    this.#silence += 1;
    if (this.#silence === 2) this.#tellWant();
    if (this.#silence < 3) return;
    this.#silence = 0;
    this.#usesForce = true;
    this.#standing.abort();
  }

  #beAlone() {
    if (this.#left.signal.aborted) return;
    this.#bus.close();
    this.#bus = null;
    clearInterval(this.#watch);
    this.#group = null;
    this.#lead();
  }

  #lead() {
    this.#leading = new AbortController();
    this.#wants.clear();
    this.#groups = this.#openGroups((message) => this.#tell(message));
    this.#post({ kind: 'who' });
    this.#tellWant();
    return this.#untilLeft;
  }

  #resign() {
    this.#leading?.abort();
    this.#groups?.close();
    this.#groups = null;
  }

  // What the leader does

  #tell(message) {
    this.#post(message);
    this.#hear({ ...message, from: this.#id });
  }

  #note({ from, channels, cursor }) {
    if (from !== this.#id && !this.#wants.has(from)) this.#forgetWhenGone(from);
    this.#wants.set(from, { channels, cursor });
    this.#readWanted();
  }

  #forgetWhenGone(id) {
    navigator.locks.request(this.#lockOf(id), { signal: this.#leading.signal }, () => {
      this.#wants.delete(id);
      this.#readWanted();
    }).catch(() => {}); // no longer the leader
  }

  #readWanted() {
    const wants = [...this.#wants.values()];
    this.#groups?.read(new Set(wants.flatMap((want) => want.channels)), smallest(wants.map((want) => want.cursor)));
  }
}

/** Every script of the origin can speak on the channel. */
function isMessage(message) {
  const { kind, from, channels = [], cursor = null } = message ?? {};
  return [kind, from].every((value) => typeof value === 'string') && (cursor === null || typeof cursor === 'string')
    && Array.isArray(channels) && channels.every((name) => typeof name === 'string');
}
