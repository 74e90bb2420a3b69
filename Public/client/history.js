// What a channel keeps first, and then what comes: each event once, and in order.

/**
 * Gives `deliver` the last `count` events that the server keeps of a channel, then those that come. Returns what ends it.
 *
 * The history is asked for at once, not when reading has begun. What comes meanwhile is held, and some of it may be in the history.
 */
export function withHistory(channel, count, deliver) {
  let held = null; // null when there is nothing to wait for
  const stop = channel.on('*', (event) => (held ? held.push(event) : deliver(event)));

  async function begin() {
    held = [];
    const kept = await channel.last(count).catch(() => []); // whoever reads the channel is told why
    const live = held;
    held = null;
    [...kept.filter(({ id }) => !live.some((event) => event.id === id)), ...live].forEach(deliver);
  }

  if (count > 0) begin();
  return stop;
}
