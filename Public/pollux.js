// The client of Pollux: channels to read and to publish on, over as few connections as can be for the whole browser. What it
// promises is in pollux.d.ts, for those who use it; the parts are
//
//   client/channel.js         a channel as a page has it
//   client/channel-reader.js  its cursor: nothing lost, nothing twice
//   client/history.js         what was kept first, then what comes
//   client/polls.js           what readers of channels ask for themselves
//   client/groups.js          what the tab that leads reads for all: groups of channels
//   client/group.js           one of them: a selection, a cursor, and a stream or polls
//   client/posted.js          a reader whose channels do not fit into a URL
//   client/parser.js          its event streams
//   client/tabs.js            which tab leads
//   client/outbox.js          what is to be published
//   client/request.js         requests that are tried again
//   client/bearer.js          the token that they carry
//   client/selection.js       the channels of a reader, and how many there may be
//   client/ids.js             event ids
//   client/segment.js         texts as a segment of a channel's name
//   client/token.js           names of keys and sessions
//   client/time.js            times that come from outside

import { Bearer } from './client/bearer.js';
import { Channel, PolluxEvent } from './client/channel.js';
import { ChannelReader } from './client/channel-reader.js';
import { Groups } from './client/groups.js';
import { smallest } from './client/ids.js';
import { Outbox } from './client/outbox.js';
import { Polls } from './client/polls.js';
import { PolluxError, Requests, whenAwake } from './client/request.js';
import { segment } from './client/segment.js';
import { Room } from './client/selection.js';
import { Tabs, canShare } from './client/tabs.js';
import { bounded } from './client/time.js';
import { randomToken } from './client/token.js';

export { Channel, PolluxError, PolluxEvent };

const usualPatience = 15_000; // milliseconds of silence until an answer counts as lost
const patienceBounds = { least: 100, most: 600_000, otherwise: usualPatience };

// Tabs of one version share what they read. Another one, which the browser had kept, speaks otherwise.
const language = 2;

export class Pollux extends EventTarget {
  #group;
  #bearer; // null where no function gives a token
  #channels = new Map(); // by name
  #readers = new Map(); // of those that somebody listens to
  #shared; // what readers of channels and groups have in common
  #outbox;
  #tabs = null;
  #status = notConnected;
  #groups = new Map(); // of the tab that leads: what it reads, by the number of the group
  #told = new Set(); // what was said once
  #hasNews = false; // something came since the browser last said that it has no network
  #shown = ''; // what the last `statechange` was about
  #closed = new AbortController();

  constructor(url = new URL('.', import.meta.url), { token, tabs = true, transports, name = '', patience } = {}) {
    super();
    this.url = new URL(url, globalThis.document?.baseURI).href.replace(/\/*$/, '/');
    const asks = typeof token === 'function';
    const headers = token && !asks ? { Authorization: `Bearer ${token}` } : {};
    this.#group = tabs && canShare() ? `pollux ${language} ${this.url} ${asks ? 'asks' : fingerprint(token)} ${name}` : null;
    this.#bearer = asks ? new Bearer(token, { name: this.#group, tell: (error) => this.#fail(error) }) : null;
    const requests = new Requests({ url: this.url, headers, bearer: this.#bearer, patience: bounded(patience, patienceBounds), tell: (error) => this.#fail(error) });
    const room = new Room();
    const options = { server: 'pollux', transports, ...(token && !asks && { headers }) };
    const session = randomToken(); // by which the server knows that all polls for the same channels are those of one reader
    this.#shared = { url: this.url, requests, room, session, options, polls: new Polls({ url: this.url, requests, room, session }) };
    this.#outbox = new Outbox(requests, { isPlain: !token });
    this.#join();
    this.#followPage();
  }

  get state() {
    if (this.#closed.signal.aborted) return 'closed';
    const { state } = this.#status;
    // What the browser says of its network explains why nothing comes; what comes is the better witness.
    const isProven = state === 'open' && this.#hasNews;
    return globalThis.navigator?.onLine === false && !isProven ? 'offline' : state;
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

  segment(text) {
    return segment(text);
  }

  close() {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    for (const channel of [...this.#channels.values()]) channel.close();
    this.#outbox.close();
    this.#leave();
    this.#bearer?.close();
  }

  /** What a channel may ask of its client. */
  #clientOf(name) {
    if (/^\.?\.?$/.test(name)) throw new TypeError(`A channel cannot have the name “${name}”`); // a step in the path
    const url = `${this.url}channels/${encodeURIComponent(name)}`;
    return {
      openReader: (options, sink) => {
        const reader = new ChannelReader({ polls: this.#shared.polls, ...options }, sink);
        this.#readers.set(name, reader);
        return reader;
      },
      publish: (letter) => this.#outbox.add({ url, ...letter }),
      changed: () => this.#tabs.want(),
      forget: (channel) => {
        if (this.#channels.get(name) !== channel) return; // closed before, and a new one made
        this.#channels.delete(name);
        this.#readers.delete(name);
        this.#tabs.want();
      },
    };
  }

  // The tabs, and what comes from the one that leads

  #join() {
    this.#tabs = new Tabs({
      group: this.#group,
      openGroups: (tell) => new Groups({
        client: this.#shared,
        tell,
        fail: ({ title, detail, status }) => tell({ kind: 'problem', title, detail, status }),
      }),
      hear: (message) => this.#hear(message),
      wanted: () => this.#wanted(),
    });
  }

  #leave() {
    this.#tabs.leave();
    this.#showStatus(notConnected);
  }

  /** What this tab reads: the channels that have begun. */
  #wanted() {
    const readers = [...this.#readers.values()].filter((reader) => reader.cursor !== null && !reader.isClosed);
    return { channels: readers.map((reader) => reader.name), cursor: smallest(readers.map((reader) => reader.cursor)) };
  }

  #hear(message) {
    this.#hasNews = true;
    if (message.kind === 'status') this.#showStatus(message);
    if (message.from !== this.#status.from) return; // a leader that is none any more
    if (message.kind === 'problem') this.#fail(new PolluxError(message.title, message.detail, message.status));
    if (message.kind === 'group') this.#groups.set(message.group, message.channels);
    if (message.kind === 'group' && message.id === null) return; // just after a gap
    for (const name of this.#groups.get(message.group) ?? []) this.#readers.get(name)?.receive(message);
    this.#showChange();
  }

  #showStatus(status) {
    if (status.from !== this.#status.from) this.#groups.clear();
    this.#status = status;
    this.#showChange();
  }

  #showChange() {
    const shown = [this.state, this.role, this.transport].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.dispatchEvent(new Event('statechange'));
  }

  /** Says what a page's author should know, once. */
  #fail(error) {
    const told = JSON.stringify([error.title, error.detail, error.status]);
    if (this.#told.has(told)) return;
    this.#told.add(told);
    console.warn(`[Pollux] ${error.message}`);
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  // The page and its network

  // Browsers differ in what they tell of a page that goes and comes back. So each sign that it is here counts: a client
  // that has left joins again, and one that has not tries at once what is broken.
  #followPage() {
    const { signal } = this.#closed;
    const listen = (type, listener) => globalThis.addEventListener?.(type, listener, { signal });
    listen('offline', () => {
      this.#hasNews = false;
      this.#showChange();
    });
    listen('pagehide', () => {
      this.#outbox.handOver();
      this.#leave();
    });
    listen('visibilitychange', () => { if (!document.hidden) this.#wake(); });
    whenAwake(() => this.#wake(), signal);
  }

  #wake() {
    if (this.#tabs.hasLeft) this.#join();
    else this.#tabs.retry();
    this.#showChange();
  }
}

const notConnected = { from: null, state: 'connecting', transport: null };

/** Tells tokens apart in names that every script of the origin can read, without being one. (FNV-1a) */
function fingerprint(token = '') {
  let hash = 0x811c9dc5;
  for (const unit of token) hash = Math.imul(hash ^ unit.codePointAt(0), 0x01000193);
  return (hash >>> 0).toString(36);
}

if (globalThis.document) globalThis.Pollux = Pollux;

export default Pollux;
