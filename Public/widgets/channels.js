// The channels of a page's widgets: one subscription of the client for all the widgets that read a channel.

import { PolluxEvent } from '../pollux-channel.js';

/** `client` is a function that gives the page's client. */
export function sharedChannels(client) {
  const used = new Map(); // name -> {channel, users}

  function take(name) {
    const entry = used.get(name) ?? { channel: client().channel(name), users: 0 };
    entry.users += 1;
    used.set(name, entry);
    return entry.channel;
  }

  function give(name) {
    const entry = used.get(name);
    entry.users -= 1;
    if (entry.users > 0) return;
    used.delete(name);
    entry.channel.close();
  }

  async function publish(name, data, options) {
    const channel = take(name);
    try {
      return await channel.publish(data, options);
    } finally {
      give(name);
    }
  }

  /**
   * A widget's view of a channel. `history`: so many of the events that are kept come first. Of the widget: `guarded` is
   * put around its listeners, and `fail` is told why the channel cannot be read.
   */
  function subscribe(name, { history = 0 } = {}, { guarded, fail }) {
    const listeners = new Set(); // {type, listener, isOnce}
    let isClosed = false;
    let hasFailed = false;
    let waiting = history > 0 ? [] : null; // live events, until those before them are here

    function tell(event, isFor) {
      for (const each of [...listeners].filter(isFor)) {
        if (each.isOnce) listeners.delete(each);
        each.listener(event);
      }
    }

    const deliver = (event) => tell(event, ({ type }) => type === '*' || type === event.type);

    function add(entry) {
      listeners.add(entry);
      return () => listeners.delete(entry);
    }

    function failOnce(error) {
      if (isClosed || hasFailed) return;
      hasFailed = true;
      fail(error);
    }

    // Of a channel that was refused before this widget came, only `ready` tells.
    async function begin() {
      const kept = waiting && channel.last(history).catch(() => []); // asked for at once, not after the beginning
      try {
        await channel.ready();
      } catch (error) {
        return failOnce(error);
      }
      if (!waiting) return;
      const before = await kept;
      const live = waiting;
      waiting = null;
      [...before.filter(({ id }) => !live.some((event) => event.id === id)), ...live].forEach(deliver);
    }

    const channel = take(name);
    const stops = [
      channel.on('*', (event) => (waiting ? waiting.push(event) : deliver(event))),
      channel.on('gap', (gap) => gap instanceof PolluxEvent || tell(gap, ({ type }) => type === 'gap')),
      channel.on('error', (error) => error instanceof PolluxEvent || failOnce(error.detail)),
    ];
    begin();

    return {
      name,
      on: (type, listener) => add({ type, listener: guarded(listener), isOnce: false }),
      once: (type, listener) => add({ type, listener: guarded(listener), isOnce: true }),
      off(type, listener) {
        for (const each of listeners) {
          if (each.type === type && each.listener === guarded(listener)) listeners.delete(each);
        }
      },
      publish: (data, options) => publish(name, data, options),
      close() {
        if (isClosed) return;
        isClosed = true;
        listeners.clear();
        for (const stop of stops) stop();
        give(name);
      },
    };
  }

  return { subscribe, publish };
}
