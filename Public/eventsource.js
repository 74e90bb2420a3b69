// PolluxEventSource: EventSource (WHATWG HTML 9.2) for every browser, in ES3, which the oldest engine can read.
//
//   new PolluxEventSource(url, {withCredentials, headers, transports, server, patience, heartbeat, lastEventId})
//
// It takes the best transport that gets through. With Pollux all of them read one log with one cursor, the last event ID, so
// it can change in mid-stream and neither lose nor repeat an event. Other servers are asked for streams only.

// Where there is no window and no worker (a page that is rendered on a server), loading this file does nothing.
if (typeof self !== 'undefined') (function (global) {
if (global.PolluxEventSource) return;

var CONNECTING = 0, OPEN = 1, CLOSED = 2;
var Native = global.EventSource, page = global.document, serial = 0;

function noop() {}

// The parser (9.2.6). Text may be cut anywhere, between CR and LF too. `block` hears of each empty line; what is unfinished
// at the end is dropped.

function parser(id, block, retry, excuse) {
  var rest = '', type = '', data = '', isFirst = true, wasCR = false;

  function read(line) {
    var field = /^([^:]*):? ?([\s\S]*)$/.exec(line), name = field[1], value = field[2];
    if (!line) dispatch();
    else if (name === 'event') type = value;
    else if (name === 'data') data += value + '\n';
    else if (name === 'id' && value.indexOf('\0') < 0) id = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) retry(+value);
    else if (!name && value === 'refused') excuse(); // a comment of Pollux
  }

  function dispatch() {
    var name = type || 'message', text = data ? data.slice(0, -1) : null;
    type = data = '';
    block(id, name, text);
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

function indexOf(list, item) {
  for (var i = list.length - 1; i >= 0 && list[i] !== item && list[i].callback !== item;) i -= 1;
  return i;
}

// Times

// A time from outside (an option, a field, something stored), in milliseconds: at most a day. A timer counts to 2^31, and takes
// what is more, or no number, for no time at all. No sum or multiple in this file makes that of a day.
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

function hasURL() { try { return !!new global.URL('http://a'); } catch (old) { return false; } }

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

// Wires: a request each. They call `to.head(status, type, url, retryAfter)`, which says whether to read on, `to.text(piece)`,
// and `to.end()`, `to.fail()`, or `to.stop()` when somebody else than the script has ended the request (`window.stop()`).
// They return a function that cancels the request.

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
    xhr.onreadystatechange = noop;
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

// The browser's own hears only types that it is told of, hides the status, and reconnects by itself. For Pollux each
// connection has a new one, with the cursor in its URL, which it does not know as its last event ID until an event has one;
// for others it is let be, since their cursor goes into a header.

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

// Transports, best first

var order = ['native', 'fetch', 'xhr', 'poll-sse', 'poll', 'xdr', 'jsonp'];
var ways = {
  'native': {wire: byNative, name: 'sse'},
  'fetch': {wire: byFetch, name: 'sse'},
  'xhr': {wire: byXHR, name: 'sse', budget: 262144}, // for it keeps all that it received
  'poll-sse': {wire: byXHR, name: 'poll-sse', polls: true},
  'poll': {wire: byXHR, name: 'poll', polls: true, isJSON: true},
  'xdr': {wire: byXDR, name: 'poll-sse', polls: true},
  'jsonp': {wire: byScript, name: 'jsonp', polls: true, isJSON: true}
};

function canUse(name, source, options) {
  var isPlain = !options.headers, hasXHR = !!(global.XMLHttpRequest || global.ActiveXObject);
  if (!ways[name] || ways[name].polls && !source._isPollux) return false;
  if (name === 'native') return !!Native && isPlain && (source._isPollux || !source.lastEventId);
  if (name === 'fetch') return !!global.fetch && !!global.AbortController && !!global.TextDecoder && 'body' in global.Response.prototype;
  if (name === 'xdr') return !!global.XDomainRequest && isPlain && !source.withCredentials;
  if (name === 'jsonp') return !!page && isPlain;
  return hasXHR;
}

// What got through where the best did not, by the server's origin and for all pages. For an hour: roads change.

var memory = {};

function remembered(url, transport) {
  var key = 'pollux ' + originOf(url), store = memory, note;
  try { store = global.localStorage || memory; } catch (forbidden) {}
  note = (store[key] || '').split(' ');
  if (Math.abs(new Date() - note[1]) < 3600000 && (!transport || transport === note[0])) return note[0];
  try { if (transport) store[key] = transport + ' ' + (+new Date()); } catch (full) {}
  return '';
}

// The choice of the transport. After a second failure a poll is tried. If that gets through, perhaps an outage has just ended:
// the stream has a trial, and only if it fails again is the road to blame.

function choiceFor(source, options) {
  var offered = [], names = options.transports || order, passedOver = '', i; // the best, if another one is remembered
  var doubted = '', fallback = '', isNews = false; // a stream, and the poll that got through; whether to note that

  function polls() { return ways[source.transport].polls; }

  function following(onlyPolls) {
    var i = indexOf(offered, source.transport) + 1;
    while (onlyPolls && i < offered.length && !ways[offered[i]].polls) i += 1;
    return offered[i];
  }

  // What was remembered fails here: the best that was passed over for it.
  function forget() {
    var best = passedOver;
    passedOver = '';
    return best;
  }

  for (i = 0; i < names.length; i += 1) {
    // A script tells little of what goes wrong: by default it is for engines that can ask other origins no better.
    if (canUse(names[i], source, options) && (names !== order || names[i] !== 'jsonp' || !hasCORS())) offered.push(names[i]);
  }
  i = indexOf(offered, remembered(source.url));
  source.transport = offered[Math.max(i, 0)] || '';
  if (i > 0) passedOver = offered[0];

  return {
    take: function (transport, isByHand) {
      source.transport = transport;
      isNews = !isByHand;
      if (isByHand) doubted = fallback = '';
    },

    proven: function () {
      passedOver = '';
      if (!polls()) doubted = fallback = '';
      if (isNews && !doubted && source.transport !== offered[0]) remembered(source.url, source.transport);
      isNews = isNews && doubted; // else it would be remembered anew for ever
    },

    // The stream that is to have its trial now, if any.
    trial: function () {
      if (doubted) fallback = source.transport;
      return doubted;
    },

    // What goes on at once, if anything. A native source does not tell who refused it. Another stream does, and a third would
    // learn nothing new.
    atOnce: function (cause) {
      var poll = !polls() && fallback;
      if (poll) doubted = fallback = '';
      if (poll || cause === 'mute') return poll || following(true);
      return cause === 'refused' && (following(source._isPollux && /^(fetch|xhr)$/.test(source.transport)) || forget());
    },

    // What is tried later. After a dead native source, another stream, which also sees events that nobody listens for.
    later: function (cause, failures) {
      var next;
      if (cause === 'dead') return source.transport === 'native' && following();
      next = failures && (forget() || following(true));
      if (next && !polls()) doubted = source.transport;
      return next;
    }
  };
}

// A browser does not say whether a server of another origin was out of reach, or answered and does not let the page read. A
// request without CORS tells: its answer cannot be read either, but it comes. `hear` is told whether it did.

function askWithoutCORS(source, hear) {
  return byFetch({
    url: source._isPollux ? withQuery(source.url, {transport: 'poll', wait: 0, limit: 1}) : source.url,
    headers: {}, mode: 'no-cors', withCredentials: source.withCredentials
  }, {
    head: function (status) { return hear(!status); },
    fail: function () { hear(false); }
  });
}

function needOfCORS(source, options, origin) {
  var fields = [], name;
  for (name in options.headers) fields.push(name);
  return origin + ' answers, but does not let this page read it. By CORS it has to allow the origin '
    + originOf(global.location.href) + (source.withCredentials ? ' with credentials' : '')
    + (fields.length ? ' and the fields ' + fields.join(', ') : '') + '.';
}

// The engine of a source: one connection at a time. Why it fails, and what follows:
//   final    the server says no, or the page was stopped: CLOSED
//   refused  somebody says no, perhaps not the server: the next transport, CLOSED after the last
//   mute     nothing came in time, so the road holds streams back: polls
//   dead     nothing comes any more, and
//   fault    what else may pass: again, later
// A listener may close the source or change the transport, so after each event the connection may be another.

function engine(source, options) {
  var isPollux = source._isPollux, hasEnvelope = /[?&]envelope=json(&|#|$)/i.test(source.url);
  var patience = bounded(options.patience, 6000), silence = bounded(options.heartbeat * 1000, 15000) / 1000; // ms, s
  var retry = 1000, notBefore = 0; // ms: from the stream, and from the last `Retry-After`
  var most = +(/[?&]limit=([0-9]+)/i.exec(source.url) || [])[1] || 500, limit = most; // the events of one poll
  var connection, timer, watch, failures = 0;
  var choice = choiceFor(source, options), doubt = {refusals: 0}; // of CORS, until something was read

  function drop() {
    var cancel = connection && connection.cancel;
    connection = null;
    clearTimeout(timer);
    clearTimeout(watch);
    if (cancel) cancel();
  }

  function connect() {
    var way = ways[source.transport], to = {}, name;
    drop();
    connection = {way: way, to: to, origin: originOf(source.url), text: '', since: +new Date(), after: source.lastEventId};
    // The first poll is answered at once, to show that the road is open.
    connection.wait = way.polls && source.readyState !== OPEN ? 0 : silence;
    for (name in ears) to[name] = guard(connection, ears[name]);
    connection.parse = parser(source.lastEventId, to.block, to.retry, to.excuse);
    attend();
    try { connection.cancel = way.wire(request(way), to); } catch (problem) { timer = setTimeout(to.refuse, 0); }
    for (name in source._types) source._listen(name.slice(1));
  }

  // What was dropped may still call, and is not heard.
  function guard(mine, ear) {
    return function (a, b, c, d) {
      if (connection === mine) ear(a, b, c, d);
      return connection === mine;
    };
  }

  function request(way) {
    var cursor = source.lastEventId, headers = {}, query = {}, name;
    for (name in options.headers) headers[name] = options.headers[name];
    headers.Accept = way.isJSON ? 'application/json' : 'text/event-stream';
    if (isPollux) {
      query = way.polls ? {wait: connection.wait} : {open: 'id', heartbeatForm: 'event', heartbeat: silence};
      query.transport = way.name;
      if (way.polls && limit < most) query.limit = limit;
      // Chromium's cache makes a request wait for an equal one of another tab, which a poll may hold for long.
      if (way.wire !== byNative && way.wire !== byFetch) query.r = Math.random().toString(36).slice(2);
      if (way.budget) query.budget = way.budget;
      if (way.budget && !('ontimeout' in newXHR())) query.padding = 'true'; // for engines that hold the first bytes back
      if (cursor) query.lastEventId = cursor; // a header would need a preflight
    } else if (cursor) {
      headers['Last-Event-ID'] = unescape(encodeURIComponent(cursor)); // UTF-8, a character each byte
    }
    return {
      url: withQuery(source.url, query), headers: headers, withCredentials: source.withCredentials,
      cursor: isPollux ? cursor : '', isPollux: isPollux
    };
  }

  var ears = {
    head: function (status, type, url, retryAfter) {
      var isRight = (connection.way.isJSON ? /^\s*application\/json\s*(;|$)/i : /^\s*text\/event-stream\s*(;|$)/i).test(type);
      attend();
      if (url) connection.origin = originOf(url);
      connection.hasHead = true;
      doubt = {isOver: true};
      if (status === 200 && isRight) {
        if (!isPollux) opened();
      } else if (/^(408|425|429|[5-9]..)$/.test(status)) {
        notBefore = delayOf(retryAfter);
        fail('fault');
      } else { // Pollux says no by a problem: anything else the road has put in its place
        fail(isPollux && status !== 204 && !/^application\/problem\+json/i.test(type) ? 'refused' : 'final',
          status === 204 ? '' : 'The server answered ' + status + ' with the type ' + type);
      }
    },

    text: function (piece) {
      attend();
      if (connection.way.isJSON) connection.text += piece;
      else connection.parse(piece);
    },

    block: function (id, type, data, origin) {
      var mine = connection;
      source.lastEventId = id;
      mine.saysWhen = false;
      opened(); // with Pollux only now: a road may let the head through and hold the rest
      if (connection !== mine) return;
      attend();
      if (data === null || isPollux && type === 'pollux.heartbeat') return;
      fire(source, newEvent(type, {data: data, origin: origin || mine.origin, lastEventId: id}));
    },

    retry: function (ms) {
      connection.saysWhen = true;
      if (!connection.way.polls || connection.isRefused) retry = Math.max(bounded(ms, 0), least);
    },

    // The server has no room, and no status would have an EventSource come back.
    excuse: function () { connection.isRefused = true; },

    answer: function (answer) {
      var to = connection.to, event, i;
      if (!answer || !answer.events) return fail('fault');
      if (answer.gap) to.block(source.lastEventId, 'pollux.gap', toJSON(answer.gap, ['reason', 'after', 'resumedAt']));
      for (i = 0; i < answer.events.length; i += 1) {
        event = answer.events[i];
        if (hasEnvelope) to.block(event.id, 'message', toJSON(event, ['channel', 'event', 'data']));
        else to.block(event.id, event.event, event.data);
      }
      to.block(answer.next, '', null);
      to.again();
    },

    end: function () {
      var to = connection.to, way = connection.way;
      if (way.isJSON) return to.answer(parseJSON(connection.text));
      if (connection.isRefused) return fail('fault');
      if (way.polls) to.block(source.lastEventId, '', null);
      // Else a budget may be over. (A server that stops says when it wants us back.)
      else if (!isPollux || !way.budget || !connection.isOpen || connection.saysWhen) return fail('fault');
      to.again();
    },

    again: function () {
      var age = new Date() - connection.since;
      if (age < patience / 4) limit = Math.min(limit * 2, most);
      change(choice.trial(), age < least && connection.wait && source.lastEventId === connection.after && least);
    },

    fail: function () {
      var isRequest = connection.way.wire === byFetch || connection.way.wire === byXHR;
      if (isRequest && !connection.hasHead && !doubt.isOver && canUse('fetch', source, options)) {
        connection.cancel = askWithoutCORS(source, guard(connection, heardWithoutCORS));
      } else fail(doubt.saidNo ? 'final' : 'fault');
    },

    // A native source that was open reconnects by itself, whatever happens, unless the page was stopped.
    refuse: function () { fail(connection.isOpen ? 'final' : 'refused'); },

    stop: function () { fail('final'); },

    pause: function () {
      connection.isOpen = false;
      turn(CONNECTING, 'error');
    }
  };

  function opened() {
    if (connection.isOpen) return;
    connection.isOpen = true;
    failures = 0;
    choice.proven();
    if (source.readyState !== OPEN) turn(OPEN, 'open'); // else it changed in mid-stream
  }

  function turn(state, type, message) {
    var event = newEvent(type);
    if (message) set(event, 'message', message);
    source.readyState = state;
    fire(source, event);
  }

  // One such answer proves little: the server may have come back in between, or a proxy that does not know CORS stands in
  // for it. So it takes three in a row, from a server that was never read.
  function heardWithoutCORS(isOpaque) {
    doubt.refusals = isOpaque ? doubt.refusals + 1 : 0;
    if (isOpaque && (doubt.saidNo || doubt.refusals > 2)) fail('final', needOfCORS(source, options, connection.origin));
    else fail('fault');
  }

  // Waits for the next sign of life. Other servers than Pollux owe none. It limits a silence, never a whole answer, which may be
  // large and the line slow; but of some polls nothing is seen before their end, so one that fails is repeated for fewer events.
  function attend() {
    var cause = connection.way.polls ? 'fault' : connection.isOpen ? 'dead' : 'mute';
    var ms = patience * Math.min(failures + 1, 4) + (cause === 'mute' ? 0 : connection.wait * 1000);
    clearTimeout(watch);
    if (isPollux) watch = setTimeout(function () { fail(cause); }, ms);
  }

  function fail(cause, message) {
    var next;
    if (cause === 'fault' && connection.way.polls) limit = Math.ceil(limit / 8);
    if (cause === 'fault' && !/^https?:/i.test(source.url)) cause = 'final';
    drop();
    if (cause === 'refused' && !isPollux) doubt = {saidNo: true}; // perhaps for want of CORS
    next = choice.atOnce(cause);
    if (cause === 'final' || cause === 'refused' && !next) close(message);
    else if (next) change(next);
    else postpone(choice.later(cause, failures));
  }

  function close(message) {
    if (message && global.console) global.console.error('PolluxEventSource: ' + message);
    turn(CLOSED, 'error', message);
  }

  function postpone(next) {
    var delay = Math.min(retry * Math.pow(2, Math.min(failures, 4)), 60000);
    var spread = source.transport === 'native' ? 2 : 0.25; // more, for it hides when the server wants each of us back
    turn(CONNECTING, 'error');
    if (connection || source.readyState === CLOSED) return;
    failures += 1;
    timer = setTimeout(connect, Math.max(delay, retry, notBefore) * (1 + Math.random() * spread));
    notBefore = 0;
    rename(next);
  }

  function rename(transport) {
    if (!transport || transport === source.transport) return;
    choice.take(transport);
    fire(source, newEvent('transportchange'));
  }

  function change(transport, pause) {
    drop();
    rename(transport);
    if (source.readyState === CLOSED || connection) return;
    if (pause) timer = setTimeout(connect, pause);
    else connect();
  }

  source._drop = drop;
  source._listen = function (type) { if (connection && connection.to.listen) connection.to.listen(type); };
  source._use = function (transport) {
    if (!canUse(transport, source, options)) throw new TypeError('There is no such transport here: ' + transport);
    if (source.readyState !== CLOSED) change(transport);
    choice.take(source.transport, true);
  };

  // Later, for whoever makes the source has yet to listen.
  timer = setTimeout(source.transport ? connect : close, 0);
}

// Listeners (DOM 2.7 to 2.9): by the browser's EventTarget, or by one of ours where that cannot be constructed.

var hasTarget = hasEventTarget(), Target = hasTarget ? global.EventTarget.prototype : {
  addEventListener: function (type, callback, options) {
    var list = this._listeners['$' + type] = this._listeners['$' + type] || [], signal = options && options.signal;
    var listener = {callback: callback, once: !!options && !!options.once};
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

var prototype = PolluxEventSource.prototype;
if (hasTarget) {
  prototype = PolluxEventSource.prototype = Object.create(Target);
  set(prototype, 'constructor', PolluxEventSource);
  defineHandler('open');
  defineHandler('message');
  defineHandler('error');
} else {
  prototype.removeEventListener = Target.removeEventListener;
  prototype.dispatchEvent = Target.dispatchEvent;
}

prototype.addEventListener = function (type, callback, options) {
  Target.addEventListener.call(this, type, callback, options);
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
