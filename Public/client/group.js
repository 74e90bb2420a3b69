// A group: the channels that one reader reads, its cursor, and how it reads them: by a stream, or by polls in turn with other
// groups. What comes is told on as messages, in which `after` and `id` mean: between these two ids there was nothing.
//
//   {kind: 'group', group, channels, after, id}            what it reads now, and how far it is: at `id`, which `after` is too
//   {kind: 'event', group, after, id, channel, type, data}  an event
//   {kind: 'passed', group, after, id}                      there was nothing
//   {kind: 'check', group, after: null, id: null}           something may be missing (a gap, or a refusal): the reader of
//                                                           each channel asks for itself, and learns what is true for it

import '../eventsource.js';
import { PolluxError } from './request.js';
import { PostedSource } from './posted.js';

const refusedDelay = 30_000; // milliseconds until a stream is tried again that was refused for good
// What every browser, server and proxy takes: the least of them, old browsers and proxies, stop at 2,048.
const longestURL = 2_000;

export class Group {
  channels = [];
  state = 'connecting';
  isStream = false;
  cursor; // the last id that the reader has had; null when it is not known

  #id;
  #client;
  #source = null;
  #isPosted = false; // a URL was refused, whatever its length
  #timer = null;
  #reading = new AbortController(); // ends with what is read now

  /**
   * `client`: what the groups of a client have in common: `url` of `/events`, `session`, `options` of a PolluxEventSource,
   * `requests`, `polls`, and `room`, which `overfull()` says to be less than was thought. `tell(message)` hears the messages,
   * `fail(error)` what the server refuses, and `changed()` that `state` or `transport` are others.
   */
  constructor(id, cursor, client) {
    this.#id = id;
    this.cursor = cursor;
    this.#client = client;
  }

  get transport() {
    return this.isStream ? this.#source?.transport ?? null : 'poll';
  }

  /** Reads these channels from now on, from the cursor. */
  read(channels, isStream) {
    this.channels = channels;
    this.isStream = isStream;
    this.#connect();
  }

  /** What it reads, for those who come late. */
  tellChannels() {
    this.#tell({ kind: 'group', channels: this.channels, after: this.cursor, id: this.cursor });
  }

  /** Tries again now, if the connection is broken. */
  retry() {
    if (this.#source && this.state === 'reconnecting') this.#connect();
  }

  /** Asks once for what there is. Resolves to whether there was anything. */
  async poll() {
    const { signal } = this.#reading;
    try {
      const answer = await this.#client.polls.askFor(this.channels, this.cursor, signal, () => this.#setState('reconnecting'));
      this.#takeAnswer(answer);
      this.#setState('open');
      return answer.events.length > 0;
    } catch (error) {
      if (!signal.aborted) this.#refused(error);
      return false;
    }
  }

  close() {
    this.#stop();
  }

  /** Its channels are read by other groups now, or by nobody. */
  dissolve() {
    this.close();
    this.channels = [];
    this.tellChannels();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#reading.abort();
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#stop();
    this.#reading = new AbortController();
    this.#source = this.isStream ? this.#newSource() : null;
    this.tellChannels();
    this.#client.changed();
  }

  #newSource() {
    const { url, session, options, requests } = this.#client;
    const query = this.channels.map((name) => `channel=${encodeURIComponent(name)}`).join('&');
    const address = `${url}?${query}&envelope=json&session=${session}`;
    const source = requests.hasBearer || address.length > longestURL || this.#isPosted
      ? new PostedSource(url, this.channels, { session, requests, transports: options.transports, lastEventId: this.cursor })
      : new PolluxEventSource(address, { ...options, lastEventId: this.cursor });
    source.onopen = () => {
      this.#setState('open');
      if (this.cursor === null) this.#lose(); // it begins now, wherever the readers of its channels are
    };
    source.onmessage = (message) => this.#take(message);
    source.addEventListener('pollux.gap', () => this.#lose());
    source.addEventListener('transportchange', () => this.#client.changed());
    source.onerror = () => {
      this.#setState('reconnecting');
      if (source.readyState === 2) this.#findReason();
    };
    return source;
  }

  #take(message) {
    const { channel, event = 'message', data } = JSON.parse(message.data);
    this.#pass(message.lastEventId, { kind: 'event', channel, type: event, data });
  }

  #takeAnswer({ events, next, gap }) {
    if (gap || this.cursor === null) this.#lose();
    for (const { id, channel, event, data } of events) this.#pass(id, { kind: 'event', channel, type: event, data });
    this.#pass(next, { kind: 'passed' });
  }

  #pass(id, message) {
    const after = this.cursor;
    this.cursor = id;
    this.#tell({ ...message, after, id });
  }

  #lose() {
    this.cursor = null;
    this.#tell({ kind: 'check', after: null, id: null });
  }

  /** A source does not tell why it was refused. A poll for the same channels does, if they are the reason. */
  async #findReason() {
    const { signal } = this.#reading;
    try {
      await this.#client.polls.askFor(this.channels, null, signal);
      this.#isPosted = true;
      this.#waitAndConnect();
    } catch (error) {
      if (!signal.aborted) this.#refused(error);
    }
  }

  #refused(error) {
    const isProblem = error instanceof PolluxError;
    if (isProblem && this.#client.room.learn(error, this.channels)) return this.#client.overfull();
    this.#setState('reconnecting');
    if (isProblem) this.#client.fail(error);
    this.#waitAndConnect();
  }

  #waitAndConnect() {
    this.#tell({ kind: 'check', after: null, id: null });
    if (this.isStream) this.#timer = setTimeout(() => this.#connect(), refusedDelay);
  }

  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.#client.changed();
  }

  #tell(message) {
    this.#client.tell({ ...message, group: this.#id });
  }
}
