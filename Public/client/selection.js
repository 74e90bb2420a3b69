// The channels of one reader, as they are asked for at `/events`, and how many there may be.

const unknown = { channels: 256, bytes: 512 * 1024 }; // until the server says otherwise: its defaults, and half of one
const tooMuch = [400, 413, 414, 431]; // what servers and proxies answer to more than they take

/** The form of a request for these channels. */
export const formOf = (names, parameters) =>
  new URLSearchParams([...names.map((name) => ['channel', name]), ...Object.entries(parameters)]).toString();

/** What `fetch` needs to send that form. Without a field of one's own: it needs no preflight. */
export const posted = (form) => ({ method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: form });

/** How much a reader may ask for, which is learned from refusals. */
export class Room {
  #most = { ...unknown };

  /** So many of these names, from the first on, as one reader may have; one always may. */
  fitting(names) {
    let [count, bytes] = [0, 0];
    for (const name of names.slice(0, this.#most.channels)) {
      bytes += sizeOf(name);
      if (count > 0 && bytes > this.#most.bytes) break;
      count += 1;
    }
    return names.slice(0, count);
  }

  get channels() {
    return this.#most.channels;
  }

  /**
   * A reader of these names was refused. Whether fewer of them may do. The server names its limit; an older one, or a
   * proxy, does not: then half as many are tried.
   */
  learn({ status, limit, most }, names) {
    if (!tooMuch.includes(status) || names.length < 2) return false;
    const before = this.fitting(names).length;
    if (limit === 'limits.channels' && most >= 1) this.#most.channels = Math.floor(most);
    if (limit === 'limits.bodySize' && most >= 1) this.#most.bytes = Math.floor(most / 2); // the rest of the form has to fit in, too
    if (this.fitting(names).length >= before) this.#most.channels = Math.ceil(before / 2);
    return true;
  }
}

const sizeOf = (name) => encodeURIComponent(name).length + '&channel='.length;
