// The channels of a page's widgets: one subscription of the client for all the widgets that read a channel.

import { PolluxEvent } from '../pollux.js';
import { fetchJSON, persist } from '../pollux-request.js';

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
    const ending = new AbortController();
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

    const channel = take(name);
    const stops = [
      channel.on('*', (event) => (waiting ? waiting.push(event) : deliver(event))),
      channel.on('gap', (gap) => gap instanceof PolluxEvent || tell(gap, ({ type }) => type === 'gap')),
      channel.on('error', (error) => error instanceof PolluxEvent || fail(error.detail)),
    ];
    if (waiting) {
      lastEvents(client(), name, history, ending.signal).then((before) => {
        if (ending.signal.aborted) return;
        const live = waiting;
        waiting = null;
        [...before, ...live.filter(({ id }) => !before.some((event) => event.id === id))].forEach(deliver);
      });
    }

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
        if (ending.signal.aborted) return;
        ending.abort();
        listeners.clear();
        for (const stop of stops) stop();
        give(name);
      },
    };
  }

  return { subscribe, publish };
}

/** The last events of a channel that the server keeps, the oldest first; none where it will not tell. */
async function lastEvents({ url }, name, count, signal) {
  const poll = `${url}channels/${encodeURIComponent(name)}?transport=poll&wait=0&since=-${count}`;
  try {
    const { events } = await persist(() => fetchJSON(poll, {}, signal), signal);
    return events.map(({ id, event, data, time }) => Object.assign(new PolluxEvent(event, { id, channel: name, data }), { time }));
  } catch {
    return [];
  }
}
