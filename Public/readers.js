// The two readers of the page, and its publisher: all of its network.
//
// A reader keeps the cursor, so that it can be closed and opened again without losing or repeating an event. It tells
// `on.state(state, problem)` with `connecting`, `open` or `reconnecting`, `on.event(event)` and `on.gap(gap)`.
// `urlFor({cursor, wait})` says where to read on.

import { parseGap, parsePollAnswer, parseProblem, retryDelay } from './events.js';

/**
 * Reads by native EventSource: the messages of these `types`, made events by `eventOf`.
 *
 * EventSource does not tell the id its stream began with, so there is no cursor before the first event: until then a
 * reader that is opened again begins anew. (EventSource itself does know the id, and reconnects with it.)
 */
export function eventSourceReader(urlFor, types, eventOf, on) {
  let source = null;
  let timer = null;
  let cursor = null;
  let failures = 0;

  function connect() {
    source = new EventSource(urlFor({ cursor }));
    source.onopen = opened;
    source.onerror = broken;
    for (const type of types) source.addEventListener(type, arrived);
    source.addEventListener('pollux.gap', (message) => on.gap(parseGap(message.data)));
  }

  function opened() {
    failures = 0;
    on.state('open');
  }

  function arrived(message) {
    cursor = message.lastEventId;
    on.event(eventOf(message));
  }

  // After a lost connection EventSource comes back by itself. After an answer that is no event stream (a proxy's 502,
  // say) it gives up for good and does not tell why: then a new one goes on from the cursor.
  function broken() {
    const gaveUp = source.readyState === EventSource.CLOSED;
    on.state('reconnecting', gaveUp
      ? { title: 'The answer was no event stream', detail: 'Trying again.' }
      : { title: 'The connection was lost', detail: 'EventSource connects again by itself.' });
    if (gaveUp) timer = setTimeout(connect, retryDelay(failures++, Math.random()));
  }

  return {
    open() {
      on.state('connecting');
      connect();
    },
    close() {
      clearTimeout(timer);
      source?.close();
    },
  };
}

/** Reads by long poll, with a plain XMLHttpRequest. */
export function longPollReader(urlFor, on) {
  const hold = 25; // seconds: what the server does by default
  const patience = 10; // seconds more before a request that is silent counts as lost
  let request = null;
  let timer = null;
  let cursor = null;
  let failures = 0;
  let isOpen = false;

  // The first poll, and the first after a failure, is to be answered at once: it tells that the server is there, and it
  // fetches the cursor. A poll without a cursor that breaks while it is held would lose what is published meanwhile.
  function poll() {
    const wait = isOpen ? hold : 0;
    request = new XMLHttpRequest();
    request.open('GET', urlFor({ cursor, wait }));
    request.timeout = (wait + patience) * 1_000;
    request.onload = answered;
    request.onerror = failed;
    request.ontimeout = failed;
    request.send();
  }

  function answered() {
    let answer;
    try {
      if (request.status !== 200) return failed();
      answer = parsePollAnswer(request.responseText);
    } catch {
      return failed();
    }
    failures = 0;
    if (!isOpen) on.state('open');
    isOpen = true;
    cursor = answer.next;
    if (answer.gap) on.gap(answer.gap);
    answer.events.forEach(on.event);
    if (isOpen) poll(); // not if closed by what was just called
  }

  function failed() {
    isOpen = false;
    const delay = retryDelay(failures++, Math.random());
    on.state('reconnecting', parseProblem(request.status, request.responseText));
    timer = setTimeout(poll, delay);
  }

  return {
    open() {
      on.state('connecting');
      poll();
    },
    close() {
      isOpen = false;
      clearTimeout(timer);
      request?.abort();
    },
  };
}

/** Publishes text. Resolves to `{event}` (its id, channel and time) or to `{problem}`; never rejects. */
export async function publish(url, text) {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' }, // a simple request: no preflight, from whatever origin
      body: text,
      signal: AbortSignal.timeout(15_000),
    });
    return answer.ok
      ? { event: await answer.json() }
      : { problem: parseProblem(answer.status, await answer.text()) };
  } catch {
    const detail = 'The server could not be reached, or its answer was lost. If the event was kept, it arrives below.';
    return { problem: { title: 'No answer', detail } };
  }
}
