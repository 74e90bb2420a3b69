// Types of pollux.js, and what it promises.

/** What an event is of. `message` is the type of those that were published without one. */
export type EventType = string;

/**
 * Where reading begins:
 *
 * - `now`: with what is published from now on.
 * - `earliest`: with all that the server keeps of the channel.
 * - `-10`, or another number: with the last ten.
 */
export type Since = 'now' | 'earliest' | `-${number}`;

/**
 * - `connecting`: there was no connection yet, or nothing is read.
 * - `open`: events arrive as they are published.
 * - `reconnecting`: the connection was lost, and is tried again. What is published meanwhile comes after it.
 * - `offline`: nothing comes, and the browser says that it has no network. It is tried all the same, and sooner once the
 *   browser says that it has one.
 * - `closed`: by `close()`, for good.
 */
export type State = 'connecting' | 'open' | 'reconnecting' | 'offline' | 'closed';

/**
 * - `leader`: this tab has the connection, for all tabs.
 * - `follower`: another tab has it.
 * - `alone`: this tab has one of its own.
 */
export type Role = 'leader' | 'follower' | 'alone';

/** How an event stream gets through; see eventsource.js. */
export type Transport = 'native' | 'fetch' | 'xhr' | 'poll-sse' | 'poll' | 'xdr' | 'jsonp';

export interface PolluxOptions {
  /**
   * Sent as `Authorization: Bearer …` with every request, and never in a URL; reading is then by `fetch` or XMLHttpRequest.
   * Default: none.
   *
   * A function gives a new one when asked: at the start, for the first request after a JWT's `exp` is near (30 s, or a fifth
   * of its time), after the server has ended a stream with `pollux.denied`, and after a 401. It is never asked twice at
   * once, tabs that share a connection have one token between them, and what is read goes on from its cursor, by `fetch` or
   * polls. Where it rejects it is asked again; where the server refuses the new token, too, or it gives the refused one
   * again, that is an error with the status 401.
   */
  token?: string | (() => string | Promise<string>);

  /**
   * Whether this tab shares a connection with the other tabs of the same origin, server, token and `name`.
   * Default: true. Without Web Locks (a page without TLS has none, except on localhost) or BroadcastChannel, it never does.
   */
  tabs?: boolean;

  /** The transports that the connection may take, best first. In a shared connection, those of the leader. Default: all. */
  transports?: Transport[];

  /** Keeps tabs apart that would share a connection otherwise. Default: empty. */
  name?: string;

  /**
   * Milliseconds of silence until an answer counts as lost, and is asked for again. An answer that goes on coming may take
   * as long as it likes, and what is sent is given time for its size. Between 100 and 600,000; default: 15,000.
   */
  patience?: number;
}

/**
 * A client of one Pollux server.
 *
 * The channels of a page are read over one connection, and all tabs of a browser share it: one of them leads. It may be
 * closed or crash at any moment; then another goes on. Each tab is given each event of its channels once, in order.
 *
 * A server allows so many channels on one connection (`limits.channels`, 256 by default). With more, there are several: up to
 * three over HTTP/1.1, so that others are free for what is published, and up to fifty over HTTP/2. What is beyond that is
 * polled, a connection's channels each second; `error` says so.
 *
 * What costs a request of its own: the beginning of channels (one for all that begin at the same time with `now`, or with
 * `earliest`; one for each that begins with the last few), what a tab has missed, and each publish.
 *
 * When the page goes to the back/forward cache, the connection is given up; when it comes back, reading goes on where
 * it was.
 */
export class Pollux extends EventTarget {
  /** `url`: the server's base. Default: where pollux.js came from. Throws a TypeError where it is no URL. */
  constructor(url?: string | URL, options?: PolluxOptions);

  /** The server's base, with a slash at its end. */
  readonly url: string;

  readonly state: State;
  readonly role: Role;

  /** What the connection is by, or null without one. */
  readonly transport: Transport | null;

  /**
   * The channel of this name, 1 to 256 bytes of UTF-8; the same object each time, until it is closed. Nothing is read
   * before somebody listens. `since` counts for the first call; default: `now`. Throws a TypeError for ``, `.` and `..`, a
   * URIError for half a character; other names that the server refuses are told by `error`. After `close()` it is closed.
   */
  channel(name: string, options?: { since?: Since }): Channel;

  /**
   * The text as one segment of a channel's name, as the server's rules write the value of a placeholder such as `{sub}`: all
   * bytes of its UTF-8 but letters, digits, `-` and `_` are percent-encoded (a dot is `%2E`). Throws a URIError for half a
   * character.
   */
  segment(text: string): string;

  /** Ends all reading, and this tab's part in the connection. What still waits to be published is rejected. */
  close(): void;

  /**
   * What whoever runs the page or the server should know, each once, and also in the console. The client goes on:
   *
   * - `Some channels are polled`: there are more than connections suffice for.
   * - `The server answers, but not to this page`: most likely it needs other `cors.origins` or `cors.headers`.
   * - What the server says to a connection that it refuses.
   */
  addEventListener(type: 'error', listener: (event: CustomEvent<PolluxError>) => void, options?: boolean | AddEventListenerOptions): void;
  /** `state`, `role` or `transport` changed. */
  addEventListener(type: 'statechange', listener: (event: Event) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

export default Pollux;

/** A listener of a channel: by its type, or of `*`, which is every event, or of `gap` and `error`, which are about them. */
type Listener<Type extends string> =
  (event: Type extends 'gap' ? CustomEvent<Gap> | PolluxEvent
    : Type extends 'error' ? CustomEvent<PolluxError> | PolluxEvent : PolluxEvent) => void;

/**
 * A channel: events to listen to or to iterate, and to publish on.
 *
 * Reading begins with the first listener, iteration or `ready()`, and goes on until `close()`. The history that `since`
 * asks for goes to those who listen when it arrives: to all of the same turn, not to those who come later.
 *
 * Besides the events there are:
 *
 * - `gap`: events are missing, for the server keeps them no longer. What it still has follows.
 * - `error`: the server refuses to let this channel be read. That is the end of its reading; the other channels go on.
 *
 * Events may have been published with these types too; those are `PolluxEvent`s, without a `detail`.
 */
export class Channel extends EventTarget implements AsyncIterable<PolluxEvent> {
  private constructor();

  readonly name: string;

  /** The cursor: everything up to this event id was delivered. Null until reading has begun. */
  readonly lastEventId: string | null;

  /**
   * Resolves when reading has begun: what is published from then on arrives. Begins it, if nobody listens yet.
   * Rejects with a PolluxError where the server refuses it, with an AbortError if the channel is closed before.
   */
  ready(): Promise<void>;

  /**
   * Of the last `count` events that the server keeps those up to `lastEventId`, the oldest first, with their `time`; the
   * others are given to those who listen. Begins to read, as `ready()` does and with its rejections.
   */
  last(count: number): Promise<PolluxEvent[]>;

  /** Listens to the events of a type, or of every type with `*`. What it returns undoes it. */
  on<Type extends string>(type: Type, listener: Listener<Type>): () => void;

  /** Listens to the next one only. What it returns undoes it. */
  once<Type extends string>(type: Type, listener: Listener<Type>): () => void;

  off<Type extends string>(type: Type, listener: Listener<Type>): void;

  /**
   * Publishes a string as text, and everything else as JSON. At most 64 KiB with its type.
   *
   * It is kept once, however often it has to be sent: it has an idempotency key, and is repeated with it, with growing
   * pauses of up to 30 s, while there is no network, no answer in time (`patience`, and half a second for each KB), or an
   * answer that is temporary (408, 425, 429, 5xx). What a client publishes is sent one after the other, and so kept in its order. A page that reads the channel
   * is given what it publishes, too.
   *
   * What still waits when the page is left is handed to the browser, which sends it without an order, and without
   * telling the outcome: by `navigator.sendBeacon`, as text; what was sent before, or needs a token, by `fetch` with
   * `keepalive`.
   *
   * Rejects with a PolluxError: with the `status` of the server's refusal (another 4xx); with 0 after nine minutes without
   * an answer (the server forgets keys after ten, and it may have been kept), after `close()`, and where the page was left
   * and came back. With a TypeError where there is no JSON for `data`.
   */
  publish(data: unknown, options?: PublishOptions): Promise<Published>;

  /**
   * Iterates over the events from now on, until the channel or the client is closed. Up to 1,000 events wait for an
   * iteration that is slower than its channel; with one more, it ends with a PolluxError, after those. It ends with a
   * PolluxError, too, if the channel cannot be read. Gaps are told to listeners only.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<PolluxEvent>;

  /** Ends its reading and its iterations. `channel()` makes a new one of this name. */
  close(): void;
}

export interface PublishOptions {
  /** At most 128 bytes, not beginning with `pollux.`. Default: `message`. */
  type?: EventType;

  /**
   * The idempotency key, 1 to 128 printable ASCII characters, for who wants to repeat a publish across pages: a second
   * one on the channel with the same key within ten minutes is answered like the first, and kept once.
   * Default: random.
   */
  key?: string;
}

/** What the server says of an event that it has kept. */
export interface Published {
  id: string;
  channel: string;
  /** Milliseconds since 1970, by the server's clock. */
  time: number;
}

/** An event of a channel. */
export class PolluxEvent extends Event {
  /** For events that come by another way, such as a poll of one's own. */
  constructor(type: EventType, content: { id: string; channel: string; data: string; time?: number });

  readonly type: EventType;

  /** Its event id; ids of a server grow. */
  readonly id: string;

  /** The name of its channel. */
  readonly channel: string;

  readonly data: string;

  /** When it was published, in milliseconds since 1970 by the server's clock; only those that `last` gives have it. */
  readonly time: number | undefined;

  /** The data, parsed. Throws a SyntaxError where it is no JSON. */
  readonly json: any;
}

/** Events that are missing. */
export interface Gap {
  /**
   * `trimmed`: kept no longer; `lost`: the server was set back, and lost the events behind this place; `epoch`: of a server
   * with another past; `unknown`: the server does not know the cursor.
   */
  reason: 'trimmed' | 'lost' | 'epoch' | 'unknown';

  /** The last event id before it. */
  after: string;

  /** The id of the first event after it, or null if none is known yet. */
  resumedAt: string | null;
}

/** What could not be done, and why: the members of the server's problem (RFC 9457). */
export class PolluxError extends Error {
  constructor(title: string, detail?: string, status?: number, exceeded?: { limit?: string; most?: number });

  /** What happened, in a few words. */
  readonly title: string;

  /** What it is about, and what would do; or empty. */
  readonly detail: string;

  /** The status of the server's answer, or 0 where there was none. */
  readonly status: number;

  /** The setting of the server that was exceeded, such as `limits.channels`, and the most that it allows; where it says so. */
  readonly limit: string | undefined;
  readonly most: number | undefined;
}

declare global {
  /** For scripts that are no modules. */
  var Pollux: typeof import('./pollux.js').Pollux;

  /** Of eventsource.js, which pollux.js brings along. */
  var PolluxEventSource: any;
}
