// Requests that may be tried again. A fault is either final, a `PolluxError`, or temporary: the network, the time it
// takes, and the statuses that say so. `persist` tries until it is neither.

const patience = 15_000; // milliseconds until an answer counts as lost
const firstDelay = 500; // milliseconds; doubled after each failure
const longestDelay = 30_000;
const temporaryStatuses = [408, 425, 429]; // and every 5xx

/** What was refused, and why: the members of the server's problem (RFC 9457). `status` is 0 without an answer. */
export class PolluxError extends Error {
  constructor(title, detail = '', status = 0) {
    super(detail ? `${title}. ${detail}` : title);
    this.name = 'PolluxError';
    this.title = title;
    this.detail = detail;
    this.status = status;
  }
}

class TemporaryFault extends Error {
  /** `delay`: after how many milliseconds the server wants to be asked again, if it said so. */
  constructor(delay) {
    super('This may go well the next time.');
    this.delay = delay;
  }
}

/** The result of `attempt`, which is called until it throws no temporary fault. Rejects when `signal` aborts. */
export async function persist(attempt, signal) {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    // `false` means "definitely offline" (WHATWG HTML, navigator.onLine), so an attempt could only fail.
    if (navigator.onLine === false) await pause(Infinity, signal);
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TemporaryFault)) throw error;
      await pause(error.delay ?? retryDelay(failures), signal);
    }
  }
}

const retryDelay = (failures) => Math.min(longestDelay, firstDelay * 2 ** failures) * (0.5 + Math.random() / 2);

/** Waits so many milliseconds, or until the network is back. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const timer = milliseconds === Infinity ? undefined : setTimeout(() => end(resolve), milliseconds);
    const end = (settle) => {
      clearTimeout(timer);
      over.abort();
      settle(signal.reason);
    };
    addEventListener('online', () => end(resolve), { signal: over.signal });
    signal.addEventListener('abort', () => end(reject), { signal: over.signal });
  });
}

/** One attempt: the JSON that is answered. Throws a `TemporaryFault` or a `PolluxError`. */
export async function fetchJSON(url, options, signal) {
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, patience);
  signal.addEventListener('abort', abort);
  const request = new Request(url, { ...options, signal: limit.signal }); // throws what no retry would change
  try {
    const response = await fetch(request);
    if (!response.ok) throw await faultOf(response);
    return await response.json();
  } catch (error) {
    signal.throwIfAborted();
    // Also an answer that is no JSON: then it is not from the server, but from something in between.
    throw error instanceof PolluxError || error instanceof TemporaryFault ? error : new TemporaryFault();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function faultOf(response) {
  const { status } = response;
  if (status >= 500 || temporaryStatuses.includes(status)) return new TemporaryFault(retryAfter(response));
  const { title = `The server answered ${status}`, detail } = await problemOf(response);
  return new PolluxError(title, detail, status);
}

/** Milliseconds, or undefined: `Retry-After` may be missing, or a date, which no server of ours sends. */
function retryAfter(response) {
  const seconds = parseFloat(response.headers.get('Retry-After'));
  return seconds >= 0 ? seconds * 1_000 : undefined;
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return {}; // something between us and the server answered
  }
}
