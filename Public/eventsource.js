// PolluxEventSource: EventSource (WHATWG HTML 9.2) for every browser, in ES3, which the oldest engine can read.
//
//   new PolluxEventSource(url, {withCredentials, headers, transports, server, patience, heartbeat, lastEventId})
//
// It takes the best transport that gets through. With Pollux all of them read one log with one cursor, the last event ID, so it
// can change in mid-stream and neither lose nor repeat an event. Other servers are asked for streams only.

// On a server that renders pages, loading this file does nothing.
if (typeof self !== 'undefined') (function (global) {
if (global.PolluxEventSource) return;

var CONNECTING = 0, OPEN = 1, CLOSED = 2;
var Native = global.EventSource, page = global.document, serial = 0;



// The parser (9.2.6). Text may be cut anywhere, between CR and LF too. `to.block` hears of each empty line; an unfinished end
// is dropped.

function parser(id, to) {
  var rest = '', type = '', data = '', isFirst = true, wasCR = false;

  function read(line) {
    var field = /^([^:]*):? ?([\s\S]*)$/.exec(line), name = field[1], value = field[2];
    if (!line) dispatch();
    else if (name === 'event') type = value;
    else if (name === 'data') data += value + '\n';
    else if (name === 'id' && value.indexOf('\0') < 0) id = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) to.retry(+value);
    else if (!name && value === 'refused') to.excuse(); // a comment of Pollux
  }

  function dispatch() {
    var name = type || 'message', text = data ? data.slice(0, -1) : null;
    type = data = '';
    to.block(id, name, text);
  }

  return function (text) {
    var lines, i;
    if (!text) return;
    if (isFirst && text.charAt(0) === '\uFEFF' || wasCR && text.charAt(0) === '\n') text = text.slice(1);
    isFirst = false;
    wasCR = text.slice(-1) === '\r';
    lines = (rest + text.replace(/\r\n?/g, '\n')).split('\n');
    rest = lines.pop();
    for (i = 0; i < lines.length; i += 1) read(lines[i]);
  };
}

// What old engines lack

function parseJSON(text) {
  if (global.JSON) try { return global.JSON.parse(text); } catch (cut) { return null; }
  // RFC 4627, section 6: outside of its strings there is nothing that could be a program
  return !/[^,:{}\[\]0-9.\-+Eaeflnr-u \n\r\t]/.test(text.replace(/"(\\.|[^"\\])*"/g, ''))
    && new Function('return ' + text.replace(/[\u2028\u2029]/g, escaped))();
}

function toJSON(object, names) {
  for (var i = 0, members = [], value; i < names.length; i += 1) {
    value = object[names[i]];
    if (typeof value === 'string') value = '"' + value.replace(/["\\\u0000-\u001f]/g, escaped) + '"';
    members.push('"' + names[i] + '":' + value);
  }
  return '{' + members.join(',') + '}';
}

function escaped(c) { return '\\u' + ('000' + c.charCodeAt(0).toString(16)).slice(-4); }

function newEvent(type, members) {
  try { return new global[members ? 'MessageEvent' : 'Event'](type, members); } catch (old) {}
  members = members || {};
  members.type = type;
  return members;
}

function newXHR() { return global.XMLHttpRequest ? new global.XMLHttpRequest() : new global.ActiveXObject('Microsoft.XMLHTTP'); }

function hasCORS() { try { return 'withCredentials' in newXHR(); } catch (none) { return false; } }

function token() { return Math.random().toString(36).slice(2); }

function indexOf(list, item) {
  for (var i = list.length - 1; i >= 0 && list[i] !== item && list[i].callback !== item;) i -= 1;
  return i;
}

// Times

// A time from outside, in ms: at most a day. A timer takes what is beyond 2^31, or no number, for no time at all.
// No sum or multiple in this file makes that of a day.
function bounded(ms, otherwise) {
  ms = +ms;
  return ms > 0 ? Math.min(ms, 86400000) : otherwise;
}

// The least pause before what brought nothing new is asked for again.
var least = 500;

// Of `Retry-After` (RFC 9110, 10.2.3): seconds or a date.
function delayOf(field) {
  return bounded(/^\s*[0-9]+\s*$/.test(field) ? field * 1000 : new Date(field) - new Date(), 0);
}

// URLs

function resolve(url) {
  var href = '', authority;
  try { href = hasURL() ? new global.URL(url, page ? page.baseURI : global.location.href).href : hrefOf(url); } catch (problem) {}
  authority = /^https?:\/\/(?:[^\/?#@]*@)?([^\/?#]*)/i.exec(href);
  // Not every engine refuses a host or a port that is none.
  if (!/^[a-z][\w.+\-]*:/i.test(href) || authority && !/^(\[[0-9a-f:.]+\]|[^\s%<>\\^|\[\]:@]+)(:[0-9]*)?$/i.test(authority[1])) {
    throw syntaxError('Not a URL: ' + url);
  }
  return href;
}

function hrefOf(url) {
  var link = page.createElement('a');
  link.href = url;
  return link.cloneNode(false).href; // only there by Internet Explorer
}

function hasURL() { try { return new global.URL('http://a'); } catch (old) { return false; } }

function syntaxError(text) {
  try { return new global.DOMException(text, 'SyntaxError'); } catch (old) { return new SyntaxError(text); }
}

function originOf(url) { return (/^[\w.+\-]+:\/\/[^\/?#]*/.exec(url) || [''])[0]; }

function withQuery(url, query) {
  var name, names;
  url = url.replace(/#.*/, '');
  for (name in query) {
    names = name === 'lastEventId' ? '(?:evs_)?last[-_]?event[-_]?id|after' : name;
    url = url.replace(new RegExp('([?&])(?:' + names + ')=[^&]*', 'gi'), '$1');
    url += (url.indexOf('?') < 0 ? '?' : '&') + name + '=' + encodeURIComponent(query[name]);
  }
  return url;
}

// Requests. Each calls `to.head(status, type, url, retryAfter)`, which says whether to read on, `to.text(piece)`, and `to.end()`,
// `to.fail()`, or `to.stop()` when not the script has ended it (`window.stop()`). It returns a function that cancels it.

function byFetch(request, to) {
  var controller = new global.AbortController(), reader;
  var decoder = new global.TextDecoder('utf-8', {ignoreBOM: true}); // which leaves the BOM to the parser

  function read() { reader.read().then(arrived, to.fail); }

  function arrived(part) {
    if (part.done) return to.end();
    to.text(decoder.decode(part.value, {stream: true}));
    read();
  }

  global.fetch(request.url, {
    headers: request.headers, credentials: request.withCredentials ? 'include' : 'same-origin',
    mode: request.mode || 'cors', cache: 'no-store', signal: controller.signal
  }).then(function (answer) {
    if (!to.head(answer.status, answer.headers.get('Content-Type'), answer.url, answer.headers.get('Retry-After'))) return;
    reader = answer.body.getReader();
    read();
  }, to.fail);
  return function () { controller.abort(); };
}

function byXHR(request, to) {
  var xhr = newXHR(), hasHead = false, read = growing(to), tellsEnd = 'onload' in xhr, name;

  function get(name) { try { return xhr[name]; } catch (early) { return ''; } }

  function head(status) {
    var later = status === 429 || status === 503 ? xhr.getResponseHeader('Retry-After') : '';
    hasHead = true;
    return to.head(status === 1223 ? 204 : status, xhr.getResponseHeader('Content-Type'), xhr.responseURL, later); // 1223: IE
  }

  xhr.open('GET', request.url, true);
  xhr.onreadystatechange = function () {
    var status = get('status');
    if (xhr.readyState < 2 || status && !hasHead && !head(status)) return;
    read(get('responseText') || '');
    if (xhr.readyState === 4 && !tellsEnd) to[status ? 'end' : 'fail']();
  };
  if (tellsEnd) {
    xhr.onload = to.end;
    xhr.onerror = to.fail;
    xhr.onabort = to.stop;
  }
  if (request.withCredentials) xhr.withCredentials = true;
  for (name in request.headers) xhr.setRequestHeader(name, request.headers[name]);
  if (xhr.overrideMimeType) xhr.overrideMimeType(request.headers.Accept + '; charset=utf-8'); // old WebKit tells this as the type
  xhr.send(null);
  return function () {
    xhr.onreadystatechange = function () {};
    if (tellsEnd) xhr.onload = xhr.onerror = xhr.onabort = null;
    xhr.abort();
  };
}

function byXDR(request, to) {
  var xdr = new global.XDomainRequest(), hasHead = false, read = growing(to);

  function arrived() {
    if (!hasHead && !to.head(200, xdr.contentType)) return;
    hasHead = true;
    read(xdr.responseText || '');
  }

  xdr.open('GET', request.url);
  xdr.onprogress = arrived; // without one IE 9 gives up
  xdr.onload = function () {
    arrived();
    to.end();
  };
  xdr.onerror = xdr.ontimeout = to.fail;
  xdr.send();
  return function () { xdr.abort(); };
}

// Of a text that grows it passes the new part on. An empty one is a sign of life, too.
function growing(to) {
  var length = 0;
  return function (text) {
    var from = length;
    length = text.length;
    to.text(text.slice(from));
  };
}

function byScript(request, to) {
  var name = 'polluxAnswer' + (serial += 1), script = page.createElement('script');
  function forget() {
    try { delete global[name]; } catch (old) { global[name] = undefined; }
  }
  global[name] = function (answer) {
    forget();
    to.answer(answer);
  };
  script.onload = script.onerror = to.fail; // it is over, where the answer came
  script.onreadystatechange = function () { if (/loaded|complete/.test(script.readyState)) to.fail(); };
  script.charset = 'utf-8';
  script.src = withQuery(request.url, {callback: name});
  page.getElementsByTagName('head')[0].appendChild(script);
  return function () {
    script.onload = script.onerror = script.onreadystatechange = null;
    script.parentNode.removeChild(script);
    if (global[name]) global[name] = forget; // the answer may still come
  };
}

// The browser's own hears only types it is told of, hides the status, reconnects by itself. For Pollux each connection
// has a new one, whose URL has the cursor; for others it is let be, since their cursor goes into a header.

function byNative(request, to) {
  var source = new Native(request.url, {withCredentials: request.withCredentials});

  function isMessage(event) { return typeof event.data === 'string'; }

  function heard(event) { if (isMessage(event)) to.block(event.lastEventId || request.cursor, event.type, event.data, event.origin); }

  to.listen = function (type) { source.addEventListener(type, heard, false); };
  source.onopen = function (event) { if (!isMessage(event)) to.head(200, 'text/event-stream'); };
  source.onerror = function (event) {
    if (!isMessage(event)) to[source.readyState === CLOSED ? 'refuse' : request.isPollux ? 'fail' : 'pause']();
  };
  return function () {
    source.onopen = source.onerror = null;
    source.close();
  };
}

// Transports, best first. `send` makes a request, Pollux calls it `name`.

var order = 'native fetch xhr poll-sse poll xdr jsonp'.split(' ');
var transports = {
  'native': {send: byNative, name: 'sse'},
  fetch: {send: byFetch, name: 'sse'},
  xhr: {send: byXHR, name: 'sse', budget: 262144}, // for it keeps all that it received
  'poll-sse': {send: byXHR, name: 'poll-sse', polls: true},
  poll: {send: byXHR, name: 'poll', polls: true, isJSON: true},
  xdr: {send: byXDR, name: 'poll-sse', polls: true},
  jsonp: {send: byScript, name: 'jsonp', polls: true, isJSON: true}
};

function canUse(name, source, options) {
  var isPlain = !options.headers;
  if (!transports[name] || transports[name].polls && !source._isPollux) return false;
  if (name === 'native') return Native && isPlain && (source._isPollux || !source.lastEventId);
  if (name === 'fetch') return global.fetch && global.AbortController && global.TextDecoder && 'body' in global.Response.prototype;
  if (name === 'xdr') return global.XDomainRequest && isPlain && !source.withCredentials;
  if (name === 'jsonp') return page && isPlain;
  return global.XMLHttpRequest || global.ActiveXObject;
}

// What got through where the best did not, by origin, for all pages and an hour: networks change.

var memory = {};

function remembered(url, transport) {
  var key = 'pollux ' + originOf(url), store = memory, note;
  try { store = global.localStorage || memory; } catch (forbidden) {}
  note = (store[key] || '').split(' ');
  if (Math.abs(new Date() - note[1]) < 3600000 && (!transport || transport === note[0])) return note[0];
  try { if (transport) store[key] = transport + ' ' + (+new Date()); } catch (full) {}
  return '';
}

// What `next` decides by.

function factsOf(source, options) {
  var names = options.transports || order, offered = [], most = +(/[?&]limit=([0-9]+)/i.exec(source.url) || [])[1] || 500, i;
  for (i = 0; i < names.length; i += 1) {
    // A script tells little of what goes wrong: it is for engines that can ask other origins no better.
    if (canUse(names[i], source, options) && (names !== order || names[i] !== 'jsonp' || !hasCORS())) offered.push(names[i]);
  }
  i = indexOf(offered, remembered(source.url));
  return {
    session: token(), isPollux: source._isPollux, isHTTP: /^https?:/i.test(source.url), hasFetch: canUse('fetch', source, options),
    patience: bounded(options.patience, 6000), silence: bounded(options.heartbeat * 1000, 15000) / 1000, // ms, s
    offered: offered, transport: offered[Math.max(i, 0)] || '',
    best: i > 0 ? offered[0] : '', // passed over for what was remembered
    isNews: false, // that this transport is used
    doubted: '', fallback: '', // a stream that failed twice, and the poll that got through then
    failures: 0, retry: 1000, notBefore: 0, // ms: from the stream, and from the last `Retry-After`
    limit: most, most: most, // the events of one poll
    opaque: 0, proof: 3 // opaque answers in a row, and how many prove a want of CORS; 0: none do
  };
}

// What follows from what happened to a connection:
//   opened   something came
//   again    the answer ended well: the next
//   final    the server says no, or the page was stopped: CLOSED
//   refused  somebody says no, perhaps not the server: the next transport, CLOSED after the last
//   mute     nothing came in time, so streams are held back: polls
//   dead     nothing comes any more, and
//   fault    what else may pass: again, later
//   lost     no answer came, or none that CORS lets a page read; no browser says which. To a request without CORS
//   opaque   one came that nobody can read, or
//   silent   none did
// It returns the facts that change, and what to do: turn to `state` by an error event; go on by `transport`, after `pause` ms and
// by chance up to `spread` times more. Or it `asks` without CORS, or `notes` the transport.

function next(cause, facts) {
  var here = facts.transport, polls = transports[here].polls, now = {}, other;

  function following(onlyPolls) {
    var i = indexOf(facts.offered, here);
    do i += 1; while (onlyPolls && facts.offered[i] && !transports[facts.offered[i]].polls);
    return facts.offered[i];
  }

  function best() {
    now.best = '';
    return facts.best;
  }

  function go(transport) {
    now.transport = transport;
    if (transport !== here) now.isNews = true;
    return now;
  }

  if (cause === 'opened') {
    best();
    now.failures = 0;
    if (polls && facts.doubted) return now; // the stream has its trial first
    now.doubted = now.fallback = '';
    now.notes = facts.isNews && here !== facts.offered[0];
    now.isNews = false; // else it would be noted anew for ever
    return now;
  }

  // Perhaps an outage has just ended, so the doubted stream has a trial.
  if (cause === 'again') {
    if (facts.age < facts.patience / 4) now.limit = Math.min(facts.limit * 2, facts.most);
    if (facts.age < least && facts.isIdle) now.pause = least;
    if (facts.doubted) now.fallback = here;
    return go(facts.doubted || here);
  }

  // One opaque answer proves little: the server may be back, or a proxy without CORS in its place. It takes three in
  // a row from a server that was never read, or one after a no.
  if (cause === 'lost') {
    if (facts.proof && facts.hasFetch && /^(fetch|xhr|poll)/.test(here)) return {asks: true};
    cause = facts.proof === 1 ? 'final' : 'fault';
  } else if (cause === 'opaque' || cause === 'silent') {
    now.opaque = cause === 'opaque' ? facts.opaque + 1 : 0;
    cause = now.opaque < facts.proof ? 'fault' : 'final';
  }
  if (cause === 'final' || cause === 'fault' && !facts.isHTTP) return {state: CLOSED};
  if (cause === 'fault' && polls) now.limit = Math.ceil(facts.limit / 8); // too much for the line?
  if (cause === 'refused' && !facts.isPollux) now.proof = 1;

  // At once: a native source does not tell who refused it, another stream does, a third learns no more.
  if (facts.fallback && !polls) {
    now.doubted = now.fallback = '';
    other = facts.fallback;
  } else if (cause === 'mute') other = following(true);
  else if (cause === 'refused') other = following(facts.isPollux && /^(fetch|xhr)$/.test(here)) || best();
  if (other) return go(other);
  if (cause === 'refused') return {state: CLOSED};

  // Later. After a dead native source another stream, which also sees events that nobody listens for.
  now.state = CONNECTING;
  now.pause = Math.max(Math.min(facts.retry * Math.pow(2, Math.min(facts.failures, 4)), 60000), facts.retry, facts.notBefore);
  now.spread = here === 'native' ? 2 : 0.25; // more, for it hides when the server wants each of us back
  now.failures = facts.failures + 1;
  now.notBefore = 0;
  if (cause === 'dead') other = here === 'native' && following();
  else if (facts.failures) {
    other = best() || following(true);
    if (other && !polls) now.doubted = here;
  }
  return go(other || here);
}

function askWithoutCORS(source, hear) {
  var url = source._isPollux ? withQuery(source.url, {transport: 'poll', wait: 0, limit: 1}) : source.url;
  return byFetch({url: url, mode: 'no-cors', withCredentials: source.withCredentials}, {head: hear, fail: hear});
}

function needOfCORS(source, options, origin) {
  var fields = [], name;
  for (name in options.headers) fields.push(name);
  return origin + ' answers, but does not let this page read it. By CORS it has to allow the origin '
    + originOf(global.location.href) + (source.withCredentials ? ' with credentials' : '')
    + (fields.length ? ' and the fields ' + fields.join(', ') : '') + '.';
}

function requestOf(source, options, facts, wait) {
  var transport = transports[facts.transport], cursor = source.lastEventId, headers = {}, query = {}, name;
  for (name in options.headers) headers[name] = options.headers[name];
  headers.Accept = transport.isJSON ? 'application/json' : 'text/event-stream';
  if (facts.isPollux) {
    query = transport.polls ? {wait: wait} : {open: 'id', heartbeatForm: 'event', heartbeat: facts.silence};
    query.transport = transport.name;
    if (!/[?&]session=/i.test(source.url)) query.session = facts.session;
    if (transport.polls && facts.limit < facts.most) query.limit = facts.limit;
    // Chromium's cache makes a request wait for an equal one of another tab, which a poll may hold for long.
    if (!/^(native|fetch)$/.test(facts.transport)) query.r = token();
    if (transport.budget) query.budget = transport.budget;
    if (transport.budget && !('ontimeout' in newXHR())) query.padding = 'true'; // for engines that hold the first bytes back
    if (cursor) query.lastEventId = cursor; // a header would need a preflight
  } else if (cursor) {
    headers['Last-Event-ID'] = unescape(encodeURIComponent(cursor)); // UTF-8, a character each byte
  }
  return {
    url: withQuery(source.url, query), headers: headers, withCredentials: source.withCredentials,
    cursor: facts.isPollux ? cursor : '', isPollux: facts.isPollux
  };
}

// What a connection hears until it is dropped, perhaps by a listener of any event.

function guard(connection, ear) {
  return function () {
    if (!connection.isDropped) ear.apply(connection, arguments);
    return !connection.isDropped;
  };
}

function ends(cause) {
  return function () { this.over(cause); };
}

var ears = {
  head: function (status, type, url, retryAfter) {
    var isRight = (this.transport.isJSON ? /^\s*application\/json\s*(;|$)/i : /^\s*text\/event-stream\s*(;|$)/i).test(type);
    this.alive();
    if (url) this.origin = originOf(url);
    this.facts.proof = 0;
    if (status === 200 && isRight) {
      if (!this.facts.isPollux) this.opened();
    } else if (/^(408|425|429|[5-9]..)$/.test(status)) {
      this.facts.notBefore = delayOf(retryAfter);
      this.over('fault');
    } else { // Pollux says no by a problem; no transport has other credentials
      this.over(this.facts.isPollux && !/^(204|401)$/.test(status) && !/^application\/problem\+json/i.test(type) ? 'refused' : 'final',
        status === 204 ? '' : 'The server answered ' + status + ' with the type ' + type, status);
    }
  },

  text: function (piece) {
    this.alive();
    if (this.transport.isJSON) this.content += piece;
    else this.parse(piece);
  },

  block: function (id, type, data, origin) {
    this.source.lastEventId = id;
    this.saysWhen = false;
    this.opened(); // with Pollux only now: a proxy may let the head through and hold the rest
    if (this.isDropped) return;
    this.alive();
    if (data === null || this.facts.isPollux && type === 'pollux.heartbeat') return;
    fire(this.source, newEvent(type, {data: data, origin: origin || this.origin, lastEventId: id}));
  },

  retry: function (ms) {
    this.saysWhen = true;
    if (!this.transport.polls || this.isRefused) this.facts.retry = Math.max(bounded(ms, 0), least);
  },

  // The server has no room, and no status would have an EventSource come back.
  excuse: function () { this.isRefused = true; },

  answer: function (answer) {
    var hasEnvelope = /[?&]envelope=json(&|#|$)/i.test(this.source.url), event, i;
    if (!answer || !answer.events) return this.over('fault');
    if (answer.gap) this.block(this.source.lastEventId, 'pollux.gap', toJSON(answer.gap, ['reason', 'after', 'resumedAt']));
    for (i = 0; i < answer.events.length; i += 1) {
      event = answer.events[i];
      if (hasEnvelope) this.block(event.id, 'message', toJSON(event, ['channel', 'event', 'data']));
      else this.block(event.id, event.event, event.data);
    }
    this.block(answer.next, '', null);
    this.again();
  },

  end: function () {
    var transport = this.transport;
    if (transport.isJSON) return this.answer(parseJSON(this.content));
    if (this.isRefused) return this.over('fault');
    if (transport.polls) this.block(this.source.lastEventId, '', null);
    // Else a budget may be over. (A server that stops says when it wants us back.)
    else if (!this.facts.isPollux || !transport.budget || !this.isOpen || this.saysWhen) return this.over('fault');
    this.again();
  },

  again: ends('again'),
  fail: ends('lost'),
  stop: ends('final'),

  // A native source that was open reconnects by itself, unless the page was stopped.
  refuse: function () { this.over(this.isOpen ? 'final' : 'refused'); },

  pause: function () {
    this.isOpen = false;
    this.turn(CONNECTING, 'error');
  },

  // Of a request without CORS: the status or an error.
  asked: function (status) { this.over(status === 0 ? 'opaque' : 'silent'); }
};

// The engine of a source: one connection at a time, and the steps between them.

function engine(source, options) {
  var facts = factsOf(source, options), connection, timer, watch;

  function drop() {
    var mine = connection || {};
    connection = null;
    clearTimeout(timer);
    clearTimeout(watch);
    mine.isDropped = true;
    if (mine.cancel) mine.cancel();
  }

  function connect() {
    var name, mine = connection = {
      source: source, facts: facts, transport: transports[facts.transport], origin: originOf(source.url), content: '',
      since: new Date(), after: source.lastEventId, alive: alive, opened: opened, turn: turn, over: over
    };
    // The first poll is answered at once, to show that the way is open.
    mine.wait = mine.transport.polls && source.readyState !== OPEN ? 0 : facts.silence;
    for (name in ears) mine[name] = guard(mine, ears[name]);
    mine.parse = parser(mine.after, mine);
    alive();
    try {
      mine.cancel = mine.transport.send(requestOf(source, options, facts, mine.wait), mine);
    } catch (problem) { timer = setTimeout(mine.refuse, 0); }
    for (name in source._types) source._listen(name.slice(1));
  }

  // Waits for the next sign of life, which only Pollux owes. It limits a silence, never a whole answer.
  function alive() {
    var cause = connection.transport.polls ? 'fault' : connection.isOpen ? 'dead' : 'mute';
    var ms = facts.patience * Math.min(facts.failures + 1, 4) + (cause === 'mute' ? 0 : connection.wait * 1000);
    clearTimeout(watch);
    if (facts.isPollux) watch = setTimeout(function () { over(cause); }, ms);
  }

  function opened() {
    if (connection.isOpen) return;
    connection.isOpen = true;
    if (decide('opened').notes) remembered(source.url, source.transport);
    if (source.readyState !== OPEN) turn(OPEN, 'open'); // else it changed in mid-stream
  }

  function over(cause, message, status) {
    var mine = connection, step;
    facts.age = new Date() - mine.since;
    facts.isIdle = mine.wait > 0 && source.lastEventId === mine.after;
    step = decide(cause);
    if (step.asks) mine.cancel = askWithoutCORS(source, mine.asked);
    else goOn(step, cause === 'opaque' ? needOfCORS(source, options, mine.origin) : message, status);
  }

  function decide(cause) {
    var step = next(cause, facts), name;
    for (name in step) facts[name] = step[name];
    return step;
  }

  function goOn(step, message, status) {
    drop();
    if (step.state >= 0) turn(step.state, 'error', step.state === CLOSED && message, status);
    if (isFree() && source.transport !== step.transport) {
      source.transport = step.transport;
      fire(source, newEvent('transportchange'));
    }
    if (!isFree()) return;
    if (step.pause) timer = setTimeout(connect, step.pause * (1 + Math.random() * (step.spread || 0)));
    else connect();
  }

  // Unless a listener has closed the source, or used another transport.
  function isFree() { return !connection && source.readyState !== CLOSED; }

  function turn(state, type, message, status) {
    var event = newEvent(type);
    if (status) set(event, 'status', status);
    if (message) set(event, 'message', message);
    if (message && global.console) global.console.error('PolluxEventSource: ' + message);
    source.readyState = state;
    fire(source, event);
  }

  source.transport = facts.transport;
  source._drop = drop;
  source._listen = function (type) { if (connection && connection.listen) connection.listen(type); };
  source._use = function (transport) {
    if (!canUse(transport, source, options)) throw new TypeError('There is no such transport here: ' + transport);
    facts.transport = transport;
    facts.doubted = facts.fallback = '';
    facts.isNews = false;
    if (source.readyState !== CLOSED) goOn({transport: transport});
  };

  // Later, for whoever makes the source has yet to listen.
  timer = setTimeout(function () { goOn(facts.transport ? {transport: facts.transport} : {state: CLOSED}); }, 0);
}

// Listeners (DOM 2.7 to 2.9): by the browser's EventTarget, or ours where that cannot be constructed.

var hasTarget = hasEventTarget(), Target = hasTarget ? global.EventTarget.prototype : {
  addEventListener: function (type, callback, options) {
    var list = this._listeners['$' + type] = this._listeners['$' + type] || [], signal = options && options.signal;
    var listener = {callback: callback, once: options && options.once};
    if (!callback || signal && signal.aborted || indexOf(list, callback) >= 0) return;
    list.push(listener);
    if (signal) signal.addEventListener('abort', function () { remove(list, listener); });
  },

  removeEventListener: function (type, callback) { remove(this._listeners['$' + type] || [], callback); },

  dispatchEvent: function (event) {
    var list = this._listeners['$' + event.type] || [], listeners = list.slice(), i;
    set(event, 'target', this);
    set(event, 'currentTarget', this);
    if (/^(open|message|error)$/.test(event.type) && this['on' + event.type]) call(this, this['on' + event.type], event);
    for (i = 0; i < listeners.length; i += 1) {
      if (listeners[i].isRemoved) continue;
      if (listeners[i].once) remove(list, listeners[i]);
      call(this, listeners[i].callback, event);
    }
    return !event.defaultPrevented;
  }
};

function hasEventTarget() {
  try { return new global.EventTarget().dispatchEvent(newEvent('x')) && !!Object.setPrototypeOf; } catch (old) { return false; }
}

function remove(list, item) {
  var i = indexOf(list, item);
  if (i >= 0) list.splice(i, 1)[0].isRemoved = true;
}

// An error of one listener is reported and does not keep the event from others.
function call(source, callback, event) {
  try {
    if (callback.handleEvent) callback.handleEvent(event);
    else callback.call(source, event);
  } catch (problem) {
    setTimeout(function () { throw problem; }, 0);
  }
}

function fire(source, event) { return Target.dispatchEvent.call(source, event); }

function set(event, name, value) {
  try { Object.defineProperty(event, name, {value: value, configurable: true}); } catch (old) { event[name] = value; }
}

// `onopen` and its like are listeners, in the order in which they were first set (HTML 8.1.8.1).
function defineHandler(type) {
  Object.defineProperty(prototype, 'on' + type, {
    configurable: true, enumerable: true,
    get: function () { return this._handlers[type] || null; },
    set: function (callback) {
      var source = this, handlers = source._handlers, listener = handlers['$' + type];
      if (!listener) listener = handlers['$' + type] = function (event) { return handlers[type].call(source, event); };
      handlers[type] = typeof callback === 'function' ? callback : null;
      Target[handlers[type] ? 'addEventListener' : 'removeEventListener'].call(source, type, listener);
    }
  });
}

function PolluxEventSource(url, options) {
  if (!(this instanceof PolluxEventSource)) throw new TypeError('A constructor is called with new');
  if (!arguments.length) throw new TypeError('A URL is missing');
  // Only the constructor of EventTarget makes what its methods accept.
  var source = hasTarget ? Object.setPrototypeOf(new global.EventTarget(), Object.getPrototypeOf(this)) : this;
  options = options || {};
  source.url = resolve(String(url));
  source.withCredentials = !!options.withCredentials;
  source.readyState = CONNECTING;
  source.lastEventId = options.lastEventId || '';
  source._types = {$message: true, '$pollux.heartbeat': true};
  source._listeners = {};
  source._handlers = {};
  if (!hasTarget) source.onopen = source.onmessage = source.onerror = null;
  source._isPollux = options.server ? options.server === 'pollux'
    : /^[^?#]*\/(channels\/[^\/?#]+([?#]|$)|events\?([^#]*&)?channel=)/.test(source.url);
  engine(source, options);
  return source;
}

var listen = Target.addEventListener, prototype = PolluxEventSource.prototype = hasTarget ? Object.create(Target) : Target;
set(prototype, 'constructor', PolluxEventSource);
if (hasTarget) {
  defineHandler('open');
  defineHandler('message');
  defineHandler('error');
}

prototype.addEventListener = function (type, callback, options) {
  listen.call(this, type, callback, options);
  if (!callback || this._types['$' + type]) return;
  this._types['$' + type] = true;
  this._listen(String(type));
};

prototype.close = function () {
  this.readyState = CLOSED;
  this._drop();
};

// Goes on by this transport, from the cursor.
prototype.use = function (transport) { this._use(transport); };

PolluxEventSource.CONNECTING = prototype.CONNECTING = CONNECTING;
PolluxEventSource.OPEN = prototype.OPEN = OPEN;
PolluxEventSource.CLOSED = prototype.CLOSED = CLOSED;

global.PolluxEventSource = PolluxEventSource;
if (!Native) global.EventSource = PolluxEventSource;
})(self);
