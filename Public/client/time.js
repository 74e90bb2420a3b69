// Times that somebody else has a say in: a server's `Retry-After` and `retry:`, an option of the page. Each is bounded here,
// where it enters, for nothing outside may stop this client for good, or have it ask without a pause: a timer has 31 bits, and
// what is beyond them fires at once.

const mostDelay = 300_000; // milliseconds; a server that is back sooner than it thought is found within this time

/** `value` in milliseconds as a number between `least` and `most`; `otherwise` where it is no number. */
export function bounded(value, { least, most, otherwise }) {
  const number = typeof value === 'number' || typeof value === 'string' ? parseFloat(value) : NaN;
  return Number.isNaN(number) ? otherwise : Math.min(most, Math.max(least, number));
}

/** The pause that somebody asks for, in milliseconds; none where `value` is no number. */
export const pauseOf = (value) => bounded(value, { least: 0, most: mostDelay, otherwise: 0 });

/** `Retry-After` (RFC 9110, 10.2.3), seconds or a date, as a pause in milliseconds; 0 where it is missing or neither. */
export function retryAfter(value) {
  if (value === null) return 0;
  return pauseOf(/^\s*[\d.]+\s*$/.test(value) ? parseFloat(value) * 1_000 : Date.parse(value) - Date.now());
}

/** A pause and up to a quarter more, so that those who were sent away at once do not come back at once. */
export const spread = (milliseconds) => milliseconds * (1 + Math.random() / 4);
