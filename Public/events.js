// What the page knows of the wire (docs/protocol.md), as pure functions: they touch neither the document nor the
// network nor the clock, and run in Node as they are. `readers.js` holds the network, `page.js` the document.
//
// An event is `{id, channel, type, data}`, whatever transport brought it. A gap is `{reason, after, resumedAt}`.
// A problem is `{title, detail}`.

// Where to read and write

export const channelURL = (channel) => `channels/${encodeURIComponent(channel)}`;

/** The event stream of one channel. `cursor` is the last event id the reader has, or null. */
export const streamURL = (channel, { cursor, since } = {}) =>
  channelURL(channel) + query({ ...startingPoint(cursor, since) });

/** The event stream of one channel in envelopes, so that one listener hears events of every type. */
export const envelopeURL = (channel, { cursor, since } = {}) =>
  'events' + query({ channel, envelope: 'json', ...startingPoint(cursor, since) });

/** One long poll. `wait` is how long the server may hold it, in seconds. */
export const pollURL = (channel, { cursor, since, wait } = {}) =>
  channelURL(channel) + query({ transport: 'poll', ...startingPoint(cursor, since), wait });

export const publishURL = (channel, type) => channelURL(channel) + query({ event: type || null });

/** `since` says where to start without a cursor; with one it has nothing to say. */
const startingPoint = (cursor, since) => (cursor ? { after: cursor } : { since });

function query(parameters) {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length ? '?' + pairs.join('&') : '';
}

/** Why the server would refuse this channel name, as a problem, or null. */
export function channelNameProblem(name) {
  const refused = (detail) => ({ title: 'This cannot be a channel name', detail });
  if (name === '') return refused('It is empty. Give it at least one character.');
  // The browser would take them for steps in the path and never send them.
  if (name === '.' || name === '..') return refused('A name may not be “.” or “..”.');
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return refused('It holds a control character.');
  if (/\p{Surrogate}/u.test(name)) return refused('It holds half of a character.');
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > 256) return refused(`It has ${bytes} bytes of UTF-8; at most 256 are allowed.`);
  return null;
}

// What was read

/** An event from a `MessageEvent` of the event stream of `channel`. */
export const eventOfMessage = (channel, message) =>
  ({ id: message.lastEventId, channel, type: message.type, data: message.data });

/** An event from a `MessageEvent` with an envelope. */
export function eventOfEnvelope(message) {
  const { channel, event = 'message', data } = JSON.parse(message.data);
  return { id: message.lastEventId, channel, type: event, data };
}

/** The answer of a poll: `{events, next, gap}`. Throws when the text is none. */
export function parsePollAnswer(text) {
  const { events, next, gap } = JSON.parse(text);
  return {
    events: events.map(({ id, channel, event = 'message', data }) => ({ id, channel, type: event, data })),
    next,
    gap: gap ?? null,
  };
}

export const parseGap = (text) => JSON.parse(text);

const reasons = {
  trimmed: 'events after it are no longer kept',
  epoch: 'it is of another epoch of the ledger',
  unknown: 'the server does not know it',
};

export function describeGap({ reason, after, resumedAt }) {
  const goesOn = resumedAt ? `Reading goes on with ${resumedAt}.` : 'Reading goes on with the next event.';
  return `The cursor ${after} no longer holds: ${reasons[reason] ?? reason}. ${goesOn}`;
}

/** The problem in an answer that is no success; `status` 0 means that there was no answer. */
export function parseProblem(status, text) {
  if (status === 0) return { title: 'No answer', detail: 'The server could not be reached.' };
  const unnamed = { title: `The server answered ${status}`, detail: '' };
  try {
    const { title, detail } = JSON.parse(text);
    return { title: title || unnamed.title, detail: detail || '' };
  } catch {
    return unnamed; // not problem+json: something between us and the server answered
  }
}

/** The date in an event of the channel `date`, or null when there is none in it. */
export function dateOf(event) {
  try {
    const date = new Date(JSON.parse(event.data).date);
    return Number.isNaN(date.getTime()) ? null : date;
  } catch {
    return null;
  }
}

/** A problem in one line. */
export const describeProblem = ({ title, detail }) => [`${title}.`, detail].join(' ').trim();

// When to try again

/** Milliseconds before attempt number `failures` + 1: doubled each time up to 30 s, `random` (0 to 1) spreads it. */
export const retryDelay = (failures, random) =>
  Math.min(30_000, 500 * 2 ** failures) * (0.5 + random / 2);

// The twins: what the event stream and the long poll have both shown

const mostWaiting = 2_000;

/** `last`: the newest event id each of them shows; `waiting`: what only one has shown; `matched`: how many both have. */
export const noTwins = { last: { stream: null, poll: null }, waiting: [], matched: 0, latest: null };

/** The twins after `transport` has shown `id` at the time `at` (milliseconds). */
export function shown(twins, transport, id, at) {
  const last = { ...twins.last, [transport]: id };
  const twin = twins.waiting.find((one) => one.id === id && one.transport !== transport);
  if (!twin) {
    return { ...twins, last, waiting: [...twins.waiting, { id, transport, at }].slice(-mostWaiting) };
  }
  return {
    last,
    waiting: twins.waiting.filter((one) => one !== twin),
    matched: twins.matched + 1,
    latest: { id, first: twin.transport, apart: at - twin.at },
  };
}

export const areTogether = ({ last }) => last.stream !== null && last.stream === last.poll;

export const transportNames = { stream: 'EventSource', poll: 'long poll' };

export function describeTwins(twins) {
  const { last, latest, matched } = twins;
  if (areTogether(twins) && latest) {
    const second = latest.first === 'stream' ? 'poll' : 'stream';
    return `Both show the same event. ${capitalised(transportNames[second])} had it ${formatSpan(latest.apart)} after `
      + `${transportNames[latest.first]}. In common so far: ${formatCount(matched)}.`;
  }
  if (last.stream && last.poll) return 'Not the same event just now: one of them has yet to catch up.';
  if (last.stream || last.poll) return `Only ${transportNames[last.stream ? 'stream' : 'poll']} has shown an event so far.`;
  return 'Waiting for the first event.';
}

// How it is written on the page

export const capitalised = (text) => text[0].toUpperCase() + text.slice(1);

export const formatCount = (count) => count.toLocaleString('en');

/** A span of milliseconds, in the unit that suits it. It may be negative: two machines, two clocks. */
export function formatSpan(milliseconds) {
  const size = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? '−' : '';
  if (size < 1) return 'under 1 ms';
  if (size < 1_000) return `${sign}${Math.round(size)} ms`;
  if (size < 60_000) return `${sign}${(size / 1_000).toFixed(1)} s`;
  return `${sign}${Math.round(size / 60_000)} min`;
}

/** Day and time of day in UTC. */
export function formatDate(date) {
  const [day, time] = date.toISOString().split('T');
  return { day, time: time.slice(0, 8) };
}

export const shortened = (text, most = 1_000) =>
  text.length > most ? `${text.slice(0, most)}… (${formatCount(text.length)} characters)` : text;

/** What to try in a terminal. `base` is the server's address without a slash at its end. */
export function curlLines(base, channel) {
  const at = (path) => shellQuoted(`${base}/${path}`);
  const here = channelURL(channel);
  const both = `events?channel=date&channel=${encodeURIComponent(channel)}`;
  const stream = "curl -N -H 'Accept: text/event-stream'";
  const ofType = (type) => `curl -H 'Content-Type: ${type}'`;
  return [
    { what: 'Read the event stream', line: `${stream} ${at(here)}` },
    { what: 'Read by long poll: waits for the next event', line: `curl ${at(`${here}?transport=poll`)}` },
    { what: 'Read the last three at once', line: `curl ${at(`${here}?transport=poll&since=-3&wait=0`)}` },
    { what: 'Write text', line: `${ofType('text/plain')} -d 'Hello, twins' ${at(here)}` },
    { what: 'Write JSON, with a type', line: `${ofType('application/json')} -d '{"eur":12}' ${at(`${here}?event=price`)}` },
    { what: 'Read two channels on one connection', line: `${stream} ${at(both)}` },
  ];
}

const shellQuoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
