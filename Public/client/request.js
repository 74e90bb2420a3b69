// Requests that may be tried again. A fault is either final, a `PolluxError`, or temporary: the network, silence, and the
// statuses that say so. `persist` tries until it is neither.
//
// Limits of time are limits of silence: an answer may take as long as it likes while it goes on coming. The browser does
// not tell how much of a request has been sent, so a large one is given time in advance.
//
// What the browser says of its network (`navigator.onLine`) decides nothing, for it knows only of interfaces, and not of
// the way to the server. Its events are a reason to try sooner.

import { retryAfter, spread } from './time.js';

const firstDelay = 500; // milliseconds; doubled after each failure
const longestDelay = 30_000;
const slowestLine = 2; // bytes a millisecond that a request is sent with at least
const temporaryStatuses = [408, 425, 429]; // and every 5xx
const doubtfulFailures = 3; // in a row, all without any answer, until the reason is looked for

/** What was refused, and why: the members of the server's problem (RFC 9457). `status` is 0 without an answer. */
export class PolluxError extends Error {
  constructor(title, detail = '', status = 0, { limit, most } = {}) {
    super(detail ? `${title}. ${detail}` : title);
    this.name = 'PolluxError';
    this.title = title;
    this.detail = detail;
    this.status = status;
    this.limit = limit;
    this.most = most;
  }
}

export class TemporaryFault extends Error {
  /**
   * `delay`: for how many milliseconds the server does not want to be asked. `isMute`: the browser told of a fault instead
   * of an answer. `isSilent`: nothing came for too long.
   */
  constructor({ delay = 0, isMute = false, isSilent = false } = {}) {
    super('This may go well the next time.');
    this.delay = delay;
    this.isMute = isMute;
    this.isSilent = isSilent;
  }
}

/** The requests of one client. */
export class Requests {
  #url;
  #headers;
  #bearer;
  #tell;
  #isDoubted = false;

  /**
   * To the server at `url`, with these header fields, the token that `bearer` gives, if any, and so many milliseconds of silence until an answer counts as
   * lost. `tell(error)` hears of what keeps this page from the server for good.
   */
  constructor({ url, headers, bearer = null, patience, tell }) {
    this.#url = url;
    this.#headers = headers;
    this.#bearer = bearer;
    this.patience = patience;
    this.#tell = tell;
  }

  /**
   * The result of `attempt`, which is called until it throws no temporary fault; `failed` hears of each. Rejects when
   * `signal` aborts.
   */
  async persist(attempt, signal, failed = () => {}) {
    let mute = 0;
    for (let failures = 0; ; failures += 1) {
      signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof TemporaryFault)) throw error;
        failed();
        mute = error.isMute ? mute + 1 : 0;
        if (mute === doubtfulFailures) this.#doubt();
        await pause(Math.max(retryDelay(failures), spread(error.delay)), signal);
      }
    }
  }

  /** What `fetch` is given for a request of this client. */
  options({ headers, ...others }, token = this.#bearer?.token) {
    // `no-store`, for a cache lets a request wait for the answer to an equal one, that of another tab.
    return { cache: 'no-store', ...others, headers: { ...this.#headers, ...(token && { Authorization: `Bearer ${token}` }), ...headers } };
  }

  /**
   * One attempt: the JSON that is answered, with an `id` of its own or as the `next` cursor. The server itself may be silent
   * for `wait` milliseconds.
   */
  async fetchJSON(url, options, signal, wait = 0) {
    let text = '';
    const decoder = new TextDecoder();
    await this.read(url, options, signal, { wait, take: (bytes) => { text += decoder.decode(bytes, { stream: true }); } });
    const answer = parsed(text);
    if (typeof (answer?.id ?? answer?.next) !== 'string') throw new TemporaryFault(); // it is from something in between
    return answer;
  }

  /**
   * One attempt, and where a token is refused another with the next one: `begun(response, token)` hears of a good answer, and `take(bytes)` of each piece of it as it comes. Throws a
   * `TemporaryFault` or a `PolluxError`. `silence()` is how long the answer may be silent once it has begun, in place of
   * the patience; `wait` how much longer it may take until it begins.
   */
  async read(url, options, signal, how) {
    if (!this.#bearer) return this.#read(url, options, signal, how);
    return await this.#readByToken(url, options, signal, how, () => this.#readByToken(url, options, signal, how));
  }

  /** Whether requests have a token that changes. */
  get hasBearer() {
    return this.#bearer !== null;
  }

  /** The server ended what was read with this token. */
  endToken(token) {
    this.#bearer?.end(token);
  }

  async #readByToken(url, options, signal, how, again = null) {
    const token = await this.#bearer.current();
    signal.throwIfAborted();
    try {
      return await this.#read(url, options, signal, how, token);
    } catch (error) {
      if (error.status !== 401) throw error;
      this.#bearer.refuse(token);
      if (!again) throw error;
    }
    return again();
  }

  async #read(url, options, signal, { wait = 0, silence = () => this.patience, begun = () => {}, take }, token) {
    const watch = new Watch(signal);
    const request = new Request(url, { ...this.options(options, token), signal: watch.signal }); // throws what no retry would change
    try {
      watch.allow(this.patience + wait + (options.body?.length ?? 0) / slowestLine);
      const response = await fetch(request).catch((error) => { throw error instanceof TypeError ? new TemporaryFault({ isMute: true }) : error; });
      watch.allow(silence());
      if (!response.ok) throw await faultOf(response);
      begun(response, token);
      const reader = response.body?.getReader(); // none where an answer cannot have content
      for (let piece; reader && !(piece = await reader.read()).done;) {
        watch.allow(silence());
        take(piece.value);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof PolluxError || error instanceof TemporaryFault ? error : new TemporaryFault({ isSilent: watch.isOver });
    } finally {
      watch.end();
    }
  }

  /** Throws a temporary fault if the server cannot be reached. */
  async probe(signal) {
    try {
      await this.read(`${this.#url}healthz`, {}, signal, { take: () => {} });
    } catch (error) {
      if (!(error instanceof PolluxError)) throw error; // any answer will do
    }
  }

  /**
   * A page is not told why another origin gives it nothing: the network and a server without CORS look the same. A
   * request whose answer the page may not see tells them apart. That is no proof (a proxy answers in the place of a
   * server that restarts, and knows nothing of CORS), so it is told, and the trying goes on.
   */
  async #doubt() {
    if (this.#isDoubted || !globalThis.location || new URL(this.#url).origin === location.origin) return;
    this.#isDoubted = true;
    try {
      await fetch(`${this.#url}healthz`, { mode: 'no-cors', cache: 'no-store' });
    } catch {
      this.#isDoubted = false; // it is the network
      return;
    }
    this.#tell(new PolluxError('The server answers, but not to this page', `${this.#url} has to name the origin of the page, `
      + `${location.origin}, in cors.origins, and in cors.headers each field that scripts of the page add to requests.`));
  }
}

/** Aborts a request that is silent for too long, or when `signal` aborts. */
class Watch {
  #controller = new AbortController();
  #outer;
  #timer;
  isOver = false; // the time was
  #abort = () => this.#controller.abort();

  constructor(signal) {
    this.#outer = signal;
    signal.addEventListener('abort', this.#abort);
  }

  get signal() {
    return this.#controller.signal;
  }

  /** So many milliseconds from now. */
  allow(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#abort();
    }, milliseconds);
  }

  /** Also of an answer that nobody wants to read on. */
  end() {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
    this.#abort();
  }
}

const retryDelay = (failures) => Math.min(longestDelay, firstDelay * 2 ** failures) * (0.5 + Math.random() / 2);

const awakening = ['online', 'pageshow', 'resume'];

/** Calls `act` when there is a reason to try at once: the network is back, or the page, until `signal` aborts. */
export function whenAwake(act, signal) {
  // `resume` is the document's, and does not bubble.
  for (const type of awakening) globalThis.addEventListener?.(type, act, { signal, capture: true });
}

/** Waits so many milliseconds, or until there is a reason to try at once. */
export function pause(milliseconds, signal) {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const timer = setTimeout(() => end(resolve), milliseconds);
    const end = (settle) => {
      clearTimeout(timer);
      over.abort();
      settle(signal.reason);
    };
    whenAwake(() => end(resolve), over.signal);
    signal.addEventListener('abort', () => end(reject), { signal: over.signal });
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function faultOf(response) {
  const { status } = response;
  if (status >= 500 || temporaryStatuses.includes(status)) {
    return new TemporaryFault({ delay: retryAfter(response.headers.get('Retry-After')) });
  }
  const { title, detail, limit, most } = await problemOf(response);
  return new PolluxError(title ?? `The server answered ${status}`, detail, status, { limit, most });
}

/** The members of a problem that are of the right type. */
async function problemOf(response) {
  try {
    const members = Object.entries(await response.json());
    return Object.fromEntries(members.filter(([name, value]) => typeof value === (name === 'most' ? 'number' : 'string')));
  } catch {
    return {}; // something between us and the server answered
  }
}
