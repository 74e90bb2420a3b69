// The event stream of the tab that leads, for all channels of all tabs. What comes is told on as messages, in which
// `after` and `id` mean: between these two ids the stream had nothing.
//
//   {kind: 'event', after, id, channel, type, data}          an event
//   {kind: 'stream', after, id, channels, state, transport}   how the stream stands: at `id`, which `after` is too
//   {kind: 'check', after: null, id: null}                    something may be missing (a gap, or a refused stream): each
//                                                             feed asks for itself, and learns what is true for it

import './eventsource.js';

const collectTime = 50; // milliseconds: wishes that come together make one connection
const refusedDelay = 30_000; // milliseconds until a stream is tried again that the server refused for good

export class SharedStream {
  #url;
  #options;
  #tell;
  #wanted = [];
  #channels = []; // what the source reads
  #source = null;
  #timer = null;
  #cursor = null; // the last id of the stream; null when it is not known
  #state = 'connecting';

  /** `url` is that of the server's `/events`, `options` are for the PolluxEventSource. */
  constructor(url, options, tell) {
    this.#url = url;
    this.#options = options;
    this.#tell = tell;
  }

  /** Reads these channels soon, and tells so. `cursor` is where to begin if it reads nothing yet. */
  read(channels, cursor) {
    this.#wanted = [...channels].sort();
    if (!this.#source) this.#cursor = cursor;
    this.#timer ??= setTimeout(() => this.#open(), collectTime);
  }

  /** Tries again now, if the connection is broken. */
  retry() {
    if (this.#source && this.#state !== 'open') this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #open() {
    this.#timer = null;
    if (JSON.stringify(this.#wanted) === JSON.stringify(this.#channels)) this.#tellStatus();
    else this.#connect();
  }

  #connect() {
    this.#source?.close();
    this.#channels = this.#wanted;
    this.#source = this.#channels.length > 0 ? this.#newSource() : null;
    if (!this.#source) this.#state = 'connecting';
    this.#tellStatus();
  }

  #newSource() {
    const query = this.#channels.map((name) => `channel=${encodeURIComponent(name)}`).join('&');
    const source = new PolluxEventSource(`${this.#url}?${query}&envelope=json`, { ...this.#options, lastEventId: this.#cursor });
    source.onopen = () => {
      this.#setState('open');
      if (this.#cursor === null) this.#lose(); // it begins now, wherever the feeds are
    };
    source.onmessage = (message) => this.#take(message);
    source.addEventListener('pollux.gap', () => this.#lose());
    source.addEventListener('transportchange', () => this.#tellStatus());
    source.onerror = () => {
      this.#setState('reconnecting');
      if (source.readyState === 2) this.#refused(source);
    };
    return source;
  }

  #take(message) {
    const { channel, event = 'message', data } = JSON.parse(message.data);
    const after = this.#cursor;
    this.#cursor = message.lastEventId;
    this.#tell({ kind: 'event', after, id: this.#cursor, channel, type: event, data });
  }

  #lose() {
    this.#cursor = null;
    this.#tell({ kind: 'check', after: null, id: null });
  }

  #refused(source) {
    this.#tell({ kind: 'check', after: null, id: null });
    setTimeout(() => { if (this.#source === source) this.#connect(); }, refusedDelay);
  }

  #setState(state) {
    this.#state = state;
    this.#tellStatus();
  }

  #tellStatus() {
    const transport = this.#source?.transport ?? null;
    this.#tell({ kind: 'stream', after: this.#cursor, id: this.#cursor, channels: this.#channels, state: this.#state, transport });
  }
}
