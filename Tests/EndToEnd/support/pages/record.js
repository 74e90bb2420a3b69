// What a test sees of the page's event sources: all that each dispatched, with the transport and the time of it.

var readers = [];

function now() {
  return new Date().getTime();
}

function watch(url, options, types) {
  var reader = {begun: now(), seen: [], states: [], transports: []}, i;
  var source = reader.source = new PolluxEventSource(url, options);

  function record(event) {
    reader.seen.push({type: event.type, data: event.data, id: event.lastEventId, transport: source.transport, at: now()});
  }

  for (i = 0; i < types.length; i++) source.addEventListener(types[i], record);
  source.onopen = function () { reader.states.push('open'); };
  source.onerror = function () { reader.states.push(source.readyState === 2 ? 'closed' : 'connecting'); };
  source.addEventListener('transportchange', function () { reader.transports.push(source.transport); });
  return readers.push(reader) - 1;
}
