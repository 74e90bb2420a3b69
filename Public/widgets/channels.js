// The channels of a page's widgets: one subscription of the client for all the widgets that read a channel.

import { PolluxEvent } from '../client/channel.js';
import { withHistory } from '../client/history.js';

/** Channels of the page's client, each of which is open while somebody uses it. */
export class SharedChannels {
  #client;
  #used = new Map(); // name -> {channel, users}

  /** `client` is a function that gives the page's client. */
  constructor(client) {
    this.#client = client;
  }

  /** The channel, to be given back. */
  take(name) {
    const entry = this.#used.get(name) ?? { channel: this.#client().channel(name), users: 0 };
    entry.users += 1;
    this.#used.set(name, entry);
    return entry.channel;
  }

  giveBack(name) {
    const entry = this.#used.get(name);
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#used.delete(name);
    entry.channel.close();
  }

  async publish(name, data, options) {
    const channel = this.take(name);
    try {
      return await channel.publish(data, options);
    } finally {
      this.giveBack(name);
    }
  }
}

/** A widget's view of a channel. */
export class Subscription {
  #channels;
  #guarded;
  #fail;
  #listeners = new Set(); // {type, listener, isOnce}
  #stops;
  #isOver = false; // closed, or its failure was told

  /**
   * `history`: so many of the events that are kept come first. Of the widget: `guarded` is put around its listeners, and gives
   * the same for the same; `fail` is told why the channel cannot be read.
   */
  constructor(channels, name, { history = 0 } = {}, { guarded, fail }) {
    this.name = name;
    this.#channels = channels;
    this.#guarded = guarded;
    this.#fail = fail;
    const channel = channels.take(name);
    this.#stops = [
      withHistory(channel, history, (event) => this.#tell(event, ['*', event.type])),
      channel.on('gap', (gap) => gap instanceof PolluxEvent || this.#tell(gap, ['gap'])),
      channel.on('error', (error) => error instanceof PolluxEvent || this.#failOnce(error.detail)),
      () => channels.giveBack(name),
    ];
    channel.ready().catch((error) => this.#failOnce(error)); // of a channel that was refused before, only this tells
  }

  on(type, listener) {
    return this.#add({ type, listener: this.#guarded(listener), isOnce: false });
  }

  once(type, listener) {
    return this.#add({ type, listener: this.#guarded(listener), isOnce: true });
  }

  off(type, listener) {
    for (const each of this.#listeners) {
      if (each.type === type && each.listener === this.#guarded(listener)) this.#listeners.delete(each);
    }
  }

  publish(data, options) {
    return this.#channels.publish(this.name, data, options);
  }

  close() {
    this.#isOver = true;
    this.#listeners.clear();
    for (const stop of this.#stops.splice(0)) stop();
  }

  #add(entry) {
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #tell(event, types) {
    for (const each of [...this.#listeners].filter(({ type }) => types.includes(type))) {
      if (each.isOnce) this.#listeners.delete(each);
      each.listener(event);
    }
  }

  #failOnce(error) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fail(error);
  }
}
