// How things are written on the page, and what to try in a terminal. Pure.

export const formatCount = (count) => count.toLocaleString('en');

export const counted = (count, one, many = `${one}s`) => `${formatCount(count)} ${count === 1 ? one : many}`;

/** A span of milliseconds, in the unit that suits it. It may be negative: two machines, two clocks. */
export function formatSpan(milliseconds) {
  const size = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? '−' : '';
  if (size < 1_000) return `${sign}${Math.round(size)} ms`;
  if (size < 60_000) return `${sign}${(size / 1_000).toFixed(1)} s`;
  return `${sign}${Math.round(size / 60_000)} min`;
}

/** `base` is the server's address with a slash at its end; `hasToken` says that it is shown a token, which stays a variable. */
export function curlLines(base, channel, hasToken = false) {
  const at = (path) => shellQuoted(base + path);
  const here = `channels/${encodeURIComponent(channel)}`;
  const curl = hasToken ? 'curl -H "Authorization: Bearer $POLLUX_TOKEN"' : 'curl';
  const stream = `${curl} -N -H 'Accept: text/event-stream'`;
  const ofType = (type) => `${curl} -H 'Content-Type: ${type}'`;
  return [
    { what: 'Read the event stream', line: `${stream} ${at('channels/date')}` },
    { what: 'Read by long poll: waits for the next event', line: `${curl} ${at(`${here}?transport=poll`)}` },
    { what: 'Read two channels on one connection', line: `${stream} ${at(`events?channel=date&channel=${encodeURIComponent(channel)}`)}` },
    { what: 'Write text: it arrives in the chat above', line: `${ofType('text/plain')} -d 'Hello from a terminal' ${at(here)}` },
    { what: 'Write JSON, with a type', line: `${ofType('application/json')} -d '{"author":"curl","text":"Hello"}' ${at(`${here}?event=said`)}` },
    { what: 'Read the last three at once', line: `${curl} ${at(`${here}?transport=poll&since=-3&wait=0`)}` },
  ];
}

const shellQuoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
