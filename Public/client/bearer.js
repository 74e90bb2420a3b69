// The token that requests carry (RFC 6750, 2.1). The page gives it, by a function that is asked when there is none, shortly
// before the end of the last one, and when a server has refused it. All tabs that share what they read have one between them:
// who needs one asks the others first, and only one asks at a time.
//
//   {kind: 'ask'}                  who has a token?
//   {kind: 'token', token, until}  this is one, to be replaced then (milliseconds since 1970)
//   {kind: 'refused', token}       the server does not take this one
//   {kind: 'ended', token}         a stream with this one ended: another is asked for, though it may be the same

import { PolluxError, TemporaryFault } from './request.js';

const margin = 30_000; // milliseconds before its end that a token is replaced, or a fifth of its time if that is less
const leastUse = 1_000; // milliseconds that a token is used, whatever this machine's clock makes of its end
const answerTime = 100; // milliseconds that other tabs have to answer
const longestAsk = 30_000; // milliseconds that the page's function may take

export class Bearer {
  #give;
  #name;
  #tell;
  #bus = null;
  #held = null; // {token, until}
  #refused = null; // the last token that was
  #asking = null; // the promise of the next token
  #hear = () => {};

  /**
   * `give()` is the page's function. `name` is what the tabs have in common that share the token, or null. `tell(error)`
   * hears of a fault of that function, which is asked again.
   */
  constructor(give, { name, tell }) {
    this.#give = give;
    this.#name = name && `${name} token`;
    this.#tell = tell;
    if (this.#name === null) return;
    this.#bus = new BroadcastChannel(this.#name);
    this.#bus.onmessage = ({ data }) => this.#receive(data);
  }

  /** The token as it is, for who cannot wait; null without one. */
  get token() {
    return this.#held?.token ?? null;
  }

  /** A token that has some time left. Rejects with a TemporaryFault, or a PolluxError where the page has none but a refused one. */
  async current() {
    while (!this.#isUsable()) await (this.#asking ??= this.#ask().finally(() => { this.#asking = null; }));
    return this.#held.token;
  }

  /** The server takes this token no more. */
  refuse(token) {
    this.#refused = token;
    this.#drop(token);
    this.#bus?.postMessage({ kind: 'refused', token });
  }

  /** The server ended what was read with this token. */
  end(token) {
    this.#drop(token);
    this.#bus?.postMessage({ kind: 'ended', token });
  }

  close() {
    this.#bus?.close();
    this.#bus = null;
  }

  #isUsable() {
    return this.#held !== null && Date.now() < this.#held.until;
  }

  async #ask() {
    if (this.#bus === null) return this.#askPage();
    try {
      await navigator.locks.request(this.#name, () => this.#askAll());
    } catch (error) {
      if (error.name !== 'SecurityError') throw error; // no locks here, as in a sandboxed frame
      await this.#askPage();
    }
  }

  async #askAll() {
    await this.#askTabs();
    if (this.#isUsable()) return;
    await this.#askPage();
    this.#tellToken();
  }

  #askTabs() {
    return new Promise((resolve) => {
      this.#hear = resolve;
      setTimeout(resolve, answerTime);
      this.#bus?.postMessage({ kind: 'ask' });
    });
  }

  async #askPage() {
    const token = await this.#given();
    if (typeof token !== 'string' || !/^[\w.~+/-]+=*$/.test(token)) {
      throw new PolluxError('The page gave no token', 'The function that is the option “token” has to return one, or a promise of one.', 401);
    }
    if (token === this.#refused) throw new PolluxError('The token was refused', 'The page’s function gave it once more.', 401);
    this.#held = { token, until: usableUntil(token, Date.now()) };
  }

  async #given() {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('It took too long')), longestAsk));
    try {
      return await Promise.race([this.#give(), late]);
    } catch (error) {
      this.#tell(new PolluxError('The page’s function for a token failed', String(error?.message ?? error)));
      throw new TemporaryFault();
    }
  }

  #tellToken() {
    this.#bus?.postMessage({ kind: 'token', ...this.#held });
  }

  #drop(token) {
    if (this.token === token) this.#held = null;
  }

  /** Every script of the origin can speak here. */
  #receive({ kind, token, until } = {}) {
    if (kind === 'ask' && this.#isUsable()) this.#tellToken();
    if (typeof token !== 'string') return;
    if (kind === 'refused') this.#refused = token;
    if (kind === 'refused' || kind === 'ended') this.#drop(token);
    if (kind !== 'token' || token === this.#refused) return;
    if (Date.now() < until) this.#held = { token, until: Math.min(until, endOf(token)) };
    this.#hear();
  }
}

/** When a token that came `now` is to be replaced, in milliseconds since 1970. */
function usableUntil(token, now) {
  const end = endOf(token);
  return Math.max(now + leastUse, end - Math.min(margin, Math.max(0, end - now) / 5));
}

/** The `exp` of a JWT (RFC 7519, 4.1.4), which only the server can verify; Infinity where there is none to be read. */
function endOf(token) {
  try {
    const { exp } = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    return typeof exp === 'number' ? exp * 1_000 : Infinity;
  } catch {
    return Infinity;
  }
}
