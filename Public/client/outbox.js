// What is to be published, in the order in which it was said. One request at a time, for two at once may overtake
// each other; each has an idempotency key and is repeated with it until it is answered, so that it is kept once.

import { PolluxError } from './request.js';
import { randomToken } from './token.js';

// The server forgets keys after 10 minutes (`idempotency.window`); a repeat after that might be kept twice.
const keyLifetime = 9 * 60_000; // milliseconds

export class Outbox {
  #letters = []; // the first is the one on its way
  #isSending = false;
  #closed = new AbortController();
  #requests;
  #isPlain;

  /** `isPlain`: its requests have no header fields that a beacon could not have. */
  constructor(requests, { isPlain }) {
    this.#requests = requests;
    this.#isPlain = isPlain;
  }

  /**
   * Publishes text. Resolves to the server's answer, `{id, channel, time}`.
   * `ready` is a promise to wait for first, if any: for a channel that begins to be read, and is to read this too.
   */
  add({ url, type, text, contentType, key = randomToken(), ready }) {
    if (type) url += `?event=${encodeURIComponent(type)}`;
    return new Promise((resolve, reject) => {
      this.#letters.push({ url, text, contentType, key, ready, resolve, reject, firstAttempt: null, isHandedOver: false });
      this.#send();
    });
  }

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#letters.length > 0) {
      const letter = this.#letters[0];
      await this.#deliver(letter).then(letter.resolve, letter.reject);
      this.#letters.shift();
    }
    this.#isSending = false;
  }

  async #deliver(letter) {
    await letter.ready;
    return this.#requests.persist(() => this.#attempt(letter), this.#closed.signal);
  }

  async #attempt(letter) {
    // Where the browser says that there is no network, something harmless is sent first, to find out: a letter that was
    // sent once has only so much time.
    if (navigator.onLine === false) await this.#requests.probe(this.#closed.signal);
    if (letter.isHandedOver) throw outcomeUnknown('The page was left, and the browser took it over.');
    letter.firstAttempt ??= moment();
    if (since(letter.firstAttempt) > keyLifetime) throw outcomeUnknown('No answer came for nine minutes, and a repeat might be kept twice.');
    return this.#requests.fetchJSON(letter.url, requestOf(letter), this.#closed.signal);
  }

  /**
   * At the end of the page: the browser is to send what waits. It keeps no order then, and tells no outcome. The page
   * may come back from the back/forward cache; `#attempt` then finds what was handed over.
   */
  handOver() {
    for (const letter of this.#letters.filter((one) => !one.isHandedOver)) {
      // A beacon has no header fields, so it cannot repeat what may have arrived. (Where fetch knows no `keepalive`,
      // that letter may be lost; better than doubled.)
      if (letter.firstAttempt !== null || !this.#isPlain) this.#repeatAtLast(letter);
      else letter.isHandedOver = navigator.sendBeacon(letter.url, letter.text);
    }
  }

  #repeatAtLast(letter) {
    letter.firstAttempt ??= moment();
    fetch(letter.url, this.#requests.options({ ...requestOf(letter), keepalive: true })).catch(() => {}); // nobody is left to be told
  }

  /** Ends it. What waits is rejected. */
  close() {
    this.#closed.abort(new PolluxError('The client was closed'));
  }
}

const requestOf = ({ text, contentType, key }) =>
  ({ method: 'POST', headers: { 'Content-Type': contentType, 'Idempotency-Key': key }, body: text });

// A clock can be set, and the time of a page may stand still while the machine sleeps. The longer of both is on the safe side.

const moment = () => [Date.now(), performance.now()];

const since = ([clock, time]) => Math.max(Date.now() - clock, performance.now() - time);

const outcomeUnknown = (detail) => new PolluxError('It is not known whether this was published', detail);
