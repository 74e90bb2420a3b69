"""`Public/eventsource.js` with Pollux: every transport reads one log, and it gets through where a road spoils streams."""

import itertools
import json
import random
import re
import threading
import time

import pytest

from event_sources import (
    GONE, LOST, OPEN, SCRIPT, TRANSPORTS, events, log_of, logged, message, open_page, opens, read,
)
from harness import channel_path, events_path
from scripted_server import Answer, Road
from wire import eventually


@pytest.fixture(scope="module")
def configuration(pages):
    return {"publicFolder": str(pages), "poll": {"jsonp": True}}


@pytest.fixture
def server(module_server):
    return module_server


@pytest.fixture
def road(server):
    road = Road(server.address)
    yield road
    road.close()


LESS = {"native": "", "fetch": "delete window.EventSource;", "xhr": "delete window.EventSource; delete window.fetch;",
        "poll-sse": "delete window.EventSource; delete window.fetch; window.ActiveXObject = ACTIVEX; delete window.XMLHttpRequest;"}
ACTIVEX = """(xhr => function (name) {
  if (name !== 'Microsoft.XMLHTTP') throw new Error('no such object: ' + name);
  const real = new xhr();
  Object.assign(this, {readyState: 0, onreadystatechange: null,
    open: (...all) => real.open(...all), send: body => real.send(body), abort: () => real.abort(),
    setRequestHeader: (...all) => real.setRequestHeader(...all), getResponseHeader: name => real.getResponseHeader(name)});
  const late = name => Object.defineProperty(this, name, {get() { if (real.readyState < 4) throw new Error('not yet'); return real[name]; }});
  late('status'); late('responseText');
  real.onreadystatechange = () => { this.readyState = real.readyState; this.onreadystatechange(); };
})(XMLHttpRequest)"""


@pytest.mark.parametrize("expected", LESS)
def test_each_engine_gets_the_best_that_it_can(driver, server, channel, expected):
    """`poll-sse` where XMLHttpRequest shows nothing before the end, which the script has to find out."""
    open_page(driver, server.url("/"), LESS[expected].replace("ACTIVEX", ACTIVEX))
    read(driver, server.url(channel_path(channel)), {"patience": 1000})
    opens(driver)
    ids = [server.publish(channel, str(number)) for number in range(3)]
    assert events(driver, 3) == [(str(number), id) for number, id in enumerate(ids)]
    assert driver.execute_script("return source.transport") == expected
    driver.get("about:blank")


TEXTS = ["plain", "", " blank first", "two\nlines", "grüße 🎺", '{"json": "\\u0000 \\" \\\\"}', "\u2028 \u2029 \t \x7f", "x" * 50_000]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_transport_brings_the_same_events(reader, server, channel, transport):
    read(reader, server.url(channel_path(channel)), {"transports": [transport]}, ["größe", "pollux.heartbeat"])
    opens(reader)
    ids = [server.publish(channel, text, type) for text in TEXTS for type in (None, "größe")]
    expected = [(type or "message", text, id) for (text, type), id in zip(itertools.product(TEXTS, (None, "größe")), ids)]
    events(reader, len(expected))
    assert log_of(reader) == [OPEN, *expected]
    assert reader.execute_script("return [source.transport, source.lastEventId]") == [transport, ids[-1]]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_transport_brings_several_channels_in_envelopes(foreign, server, channel, transport):
    read(foreign, server.url(events_path(channel, channel + "-b") + "&envelope=json"), {"transports": [transport]})
    opens(foreign)
    sent = [(channel, "message", 'a "quoted"\n\t text'), (channel + "-b", "price", "12"), (channel, "größe", "🎺\u2028")]
    ids = [server.publish(name, text, type) for name, type, text in sent]
    found = events(foreign, 3)
    assert [id for _, id in found] == ids
    assert [json.loads(data) for data, _ in found] == [{"channel": name, "event": type, "data": text} for name, type, text in sent]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_transport_goes_on_from_a_cursor_and_tells_gaps(foreign, server, channel, transport):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    read(foreign, server.url(channel_path(channel)), {"transports": [transport], "lastEventId": ids[0]})
    assert events(foreign, 2) == [("1", ids[1]), ("2", ids[2])]
    foreign.execute_script("source.close(); log.length = 0")
    read(foreign, server.url(channel_path(channel) + "?since=earliest"), {"transports": [transport], "lastEventId": "other-7"})
    assert events(foreign, 4)[1:] == [(str(number), id) for number, id in enumerate(ids)]
    type, data, _ = log_of(foreign)[1]
    assert type == "pollux.gap" and json.loads(data) == {"reason": "epoch", "after": "other-7", "resumedAt": ids[0]}


def test_reading_needs_no_preflight(foreign, server, channel, road):
    for transport in TRANSPORTS:
        read(foreign, road.url(channel_path(channel)), {"transports": [transport], "lastEventId": server.head_id(channel_path(channel))})
        opens(foreign)
        foreign.execute_script("source.close()")
    assert None not in road.transports(), "no OPTIONS, which has no transport"


def sessions(road):
    """That of each request; None where there was none."""
    return [(re.findall(r"[?&]session=([^&]*)", target) or [None])[0] for target in road.asked]


def test_all_requests_of_a_source_name_one_session_and_another_source_names_another(foreign, server, channel, road):
    for count in (1, 2):
        read(foreign, road.url(channel_path(channel)), {"patience": 1000})
        opens(foreign)
        for number, transport in enumerate(TRANSPORTS):
            foreign.execute_script("source.use(arguments[0])", transport)
            server.publish(channel, transport)
            events(foreign, len(TRANSPORTS) * (count - 1) + number + 1)
        road.cut()
        server.publish(channel, "after a break")
        events(foreign, len(TRANSPORTS) * count + 1)
        foreign.execute_script("source.close(); log.pop()")
        found = sessions(road)
        assert len(set(found)) == count and len(found) > count * len(TRANSPORTS)
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", session) for session in found)


def test_a_session_of_the_page_is_kept(foreign, server, channel, road):
    read(foreign, road.url(channel_path(channel) + "?session=mine"), {"transports": ["poll"]})
    opens(foreign)
    server.publish(channel, "a")
    events(foreign, 1)
    assert set(sessions(road)) == {"mine"}


def test_a_road_that_lets_streams_through_is_read_natively(foreign, server, channel):
    read(foreign, server.url(channel_path(channel)), {"patience": 1000, "heartbeat": 1})
    opens(foreign)
    time.sleep(3.5)
    assert foreign.execute_script("return source.transport") == "native" and log_of(foreign) == [OPEN], "the heartbeats come, and are not shown"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_change_of_transport_in_mid_stream_loses_and_repeats_nothing(reader, server, channel, seed):
    """Fifty changes while somebody publishes, by a page that does not wait."""
    read(reader, server.url(channel_path(channel)))
    opens(reader)
    is_over = threading.Event()
    sent = []

    def publish():
        while not is_over.is_set():
            sent.append((str(len(sent)), server.publish(channel, str(len(sent)))))
            time.sleep(0.004)

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        names = random.Random(seed).choices(TRANSPORTS, k=50)
        used = reader.execute_async_script("""
            const [names, done] = arguments, used = [];
            const change = () => {
              if (!names.length) return done(used);
              source.use(names.shift());
              used.push(source.transport);
              setTimeout(change, 20 + Math.random() * 120);
            };
            change();
        """, names)
    finally:
        is_over.set()
        publisher.join()
    assert used == names
    assert events(reader, len(sent)) == sent
    assert len(sent) > 100
    assert not [entry for entry in log_of(reader) if entry[0] in ("error", "pollux.gap")], "it stayed open"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_change_by_a_listener_in_the_middle_of_a_batch_loses_and_repeats_nothing(foreign, server, channel, seed):
    read(foreign, server.url(channel_path(channel)))
    opens(foreign)
    names = random.Random(seed).choices(TRANSPORTS, k=25)
    foreign.execute_script("const names = arguments[0]; source.addEventListener('message', event => { if (event.data % 8 === 3) source.use(names.shift()); })", names)
    ids = server.publish_batch(channel, [(None, number) for number in range(200)])
    assert events(foreign, 200) == [(str(number), id) for number, id in enumerate(ids)]


def test_a_stream_by_xhr_ends_by_its_budget_and_nobody_notices(foreign, server, channel, road):
    read(foreign, road.url(channel_path(channel)), {"transports": ["xhr"]})
    opens(foreign)
    ids = [server.publish(channel, f"{number} " + "ü" * 15_000) for number in range(30)]
    assert [id for _, id in events(foreign, 30)] == ids
    assert [entry for entry in log_of(foreign) if len(entry) == 2] == [OPEN]
    assert len(road.asked) >= 3


@pytest.mark.parametrize("mode", ["hold", "hold body"])
def test_a_mute_road_is_polled_from_the_cursor(foreign, server, channel, road, note, mode):
    read(foreign, road.url(channel_path(channel)), {"patience": 1000})
    opens(foreign)
    sent = [("before", server.publish(channel, "before"))]
    events(foreign, 1)
    road.mode = mode
    began = time.monotonic()
    road.cut()
    sent += [(str(number), server.publish(channel, str(number))) for number in range(5)]
    assert events(foreign, 6) == sent
    note(f"polyfill: a road that turns mute ({mode}) is left after {time.monotonic() - began:.1f} s, with 1 s of patience")
    assert foreign.execute_script("return source.transport") == "poll-sse"
    sent.append(("after", server.publish(channel, "after")))
    assert events(foreign, 7) == sent
    assert road.transports()[:3] == ["sse", "sse", "poll-sse"]
    assert ("transportchange", 0) in log_of(foreign) and log_of(foreign).count(LOST) == 1


def test_what_got_through_is_remembered_for_the_origin_for_an_hour(foreign, server, channel, road):
    road.mode = "hold"
    for expected in (["sse", "poll-sse"], ["poll-sse"]):
        road.asked.clear()
        read(foreign, road.url(channel_path(channel)), {"patience": 500})
        opens(foreign)
        foreign.execute_script("source.close()")
        assert road.transports()[: len(expected)] == expected
    foreign.execute_script("for (const key in localStorage) if (/pollux/.test(key)) localStorage[key] = localStorage[key].replace(/\\d+$/, time => time - 3600000)")
    road.mode, _ = "pass", road.asked.clear()
    read(foreign, road.url(channel_path(channel)))
    opens(foreign)
    assert road.transports() == ["sse"]
    read(foreign, server.url(channel_path(channel)))
    assert foreign.execute_script("return source.transport") == "native", "another origin is another road"


def test_what_is_remembered_is_not_renewed_by_the_source_that_learnt_it(foreign, server, channel, road):
    """Each of its polls is a connection that got through, for as long as the page is open."""
    road.mode = "hold"
    read(foreign, road.url(channel_path(channel)), {"patience": 500})
    opens(foreign)
    foreign.execute_script("for (const key in localStorage) if (/pollux/.test(key)) localStorage[key] = localStorage[key].replace(/\\d+$/, time => time - 3600000)")
    note = foreign.execute_script("return JSON.stringify(localStorage)")
    assert "poll-sse" in note
    for number in range(3):
        server.publish(channel, str(number))
        events(foreign, number + 1)
    assert foreign.execute_script("return JSON.stringify(localStorage)") == note


@pytest.mark.parametrize("mode", ["refuse polls", "break polls"])
def test_what_is_remembered_and_gets_through_no_more_is_not_all_that_is_tried(foreign, server, channel, road, mode):
    """It was learnt on another road."""
    road.mode = mode
    foreign.execute_script("localStorage['pollux ' + arguments[0]] = 'poll ' + Date.now()", road.url())
    read(foreign, road.url(channel_path(channel)))
    opens(foreign)
    assert road.transports()[0] == "poll"
    assert foreign.execute_script("return source.transport") == "native" and GONE not in log_of(foreign)


def test_a_choice_by_hand_is_not_remembered(foreign, server, channel):
    read(foreign, server.url(channel_path(channel)))
    opens(foreign)
    foreign.execute_script("source.use('poll')")
    server.publish(channel, "a")
    events(foreign, 1)
    foreign.execute_script("source.close()")
    assert foreign.execute_script("return new PolluxEventSource(source.url).transport") == "native"


REFUSED = Answer((b": refused\nretry: 600\n",), "clean")


@pytest.mark.parametrize("transport", ["poll-sse", "xdr"])
def test_a_poll_for_which_the_server_has_no_room_is_repeated_when_it_says(foreign, scripted, transport):
    script = scripted.script(REFUSED, REFUSED, Answer((b"retry: 100\nid: 1-1\ndata: a\n\n",), "clean"), Answer(), path="/channels/full")
    read(foreign, script.url, {"transports": [transport]})
    assert logged(foreign, 4) == [LOST, LOST, OPEN, message("a", "1-1")]
    first, second, third, _ = (asked.at for asked in script.asked)
    assert second - first >= 0.6 and third - second >= 0.6


def with_room(server, target):
    """A stream that was not refused. The connection by which a new server is asked whether it is up may still count."""
    def attempt():
        stream = server.stream(target).opened()
        if b": refused" not in stream.raw:
            return stream
        stream.close()

    return eventually(attempt, 10, "a stream has room")


def test_a_full_server_is_not_asked_without_a_pause_and_come_back_to(foreign, pollux, channel):
    server = pollux({"limits": {"connections": 4}, "stream": {"retry": "1s", "retrySpread": "0s"}})
    streams = [with_room(server, channel_path(channel)) for _ in range(4)]
    road = Road(server.address)
    read(foreign, road.url(channel_path(channel)))
    eventually(lambda: "poll" in road.transports(), 30, "the stream has failed twice, and poll-sse once")
    assert log_of(foreign).count(OPEN) == 0 and len(road.asked) < 10, "nothing got through"
    assert foreign.execute_script("return localStorage.length") == 0
    for stream in streams:
        stream.close()
    opens(foreign, 60)
    id = server.publish(channel, "room")
    assert events(foreign, 1) == [("room", id)]
    assert GONE not in log_of(foreign)
    road.close()


def test_an_answer_by_a_script_leaves_no_name_behind(foreign, server, channel):
    read(foreign, server.url(channel_path(channel)), {"transports": ["jsonp"]})
    opens(foreign)
    for number in range(5):
        server.publish(channel, str(number))
        events(foreign, number + 1)
    assert foreign.execute_script("return Object.keys(window).filter(name => /^polluxAnswer/.test(name)).length") == 1


def test_a_reconnection_time_that_no_timer_has_is_not_none(foreign, scripted):
    script = scripted.script(Answer((b"retry: 2147483648\n\n",), "clean"))
    read(foreign, script.url, {"transports": ["fetch"]})
    assert logged(foreign, 2) == [OPEN, LOST]
    time.sleep(1)
    assert len(script.asked) == 1


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr"])
def test_a_stream_that_falls_silent_is_made_again(foreign, server, channel, road, transport):
    road.mode = "swallow"
    read(foreign, road.url(channel_path(channel)), {"transports": [transport], "patience": 500, "heartbeat": 1})
    opens(foreign)
    road.mode = "pass"
    id = server.publish(channel, "lost on the way")
    assert events(foreign, 1) == [("lost on the way", id)]
    assert [entry for entry in log_of(foreign) if len(entry) == 2] == [OPEN, LOST, OPEN]


@pytest.mark.parametrize("transports", [["native", "poll"], ["fetch", "poll"], ["xhr", "poll-sse"], None])
def test_a_road_that_refuses_streams_is_polled(foreign, server, channel, road, transports):
    """It says 403, but the server would say it in a problem."""
    road.mode = "refuse"
    read(foreign, road.url(channel_path(channel)), {"transports": transports} if transports else {})
    if transports == ["xhr", "poll-sse"]:
        assert logged(foreign, 2) == [("transportchange", 0), GONE], "all refuse"
        return
    opens(foreign)
    sent = [(str(number), server.publish(channel, str(number))) for number in range(3)]
    assert events(foreign, 3) == sent
    assert foreign.execute_script("return source.transport") == "poll"
    assert LOST not in log_of(foreign)


def test_a_road_on_which_only_streams_fail_is_polled_in_the_end(foreign, server, channel, road):
    road.mode = "break"
    read(foreign, road.url(channel_path(channel)), {"transports": ["fetch", "poll"]})
    opens(foreign, 30)
    sent = [(str(number), server.publish(channel, str(number))) for number in range(3)]
    assert events(foreign, 3) == sent
    eventually(lambda: road.transports().count("sse") == 3, 5, "the stream has had a trial after the first poll")
    server.publish(channel, "last")
    events(foreign, 4)
    assert foreign.execute_script("return source.transport") == "poll" and road.transports().count("sse") == 3


def test_an_outage_does_not_make_polls_of_streams(foreign, server, channel, road):
    read(foreign, road.url(channel_path(channel)), {"transports": ["fetch", "poll"]})
    opens(foreign)
    road.mode = "unavailable"
    road.cut()
    sent = [(str(number), server.publish(channel, str(number))) for number in range(3)]
    eventually(lambda: foreign.execute_script("return source.transport") == "poll", 20, "a poll is tried")
    road.mode = "pass"
    assert events(foreign, 3, 30) == sent
    eventually(lambda: foreign.execute_script("return source.transport") == "fetch", 10, "the stream is tried again")
    sent.append(("after", server.publish(channel, "after")))
    assert events(foreign, 4) == sent
    assert GONE not in log_of(foreign)


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr", "poll-sse", "poll"])
def test_a_server_that_is_unavailable_for_a_while_is_come_back_to(foreign, server, channel, road, transport):
    read(foreign, road.url(channel_path(channel)), {"transports": ["native", "fetch"] if transport == "native" else [transport]})
    opens(foreign)
    road.mode = "unavailable"
    road.cut()
    id = server.publish(channel, "meanwhile")
    eventually(lambda: LOST in log_of(foreign), 10)
    time.sleep(1)
    road.mode = "pass"
    assert events(foreign, 1, 30) == [("meanwhile", id)]
    assert GONE not in log_of(foreign)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("way", ["kill", "stop"])
def test_every_transport_survives_a_restart(foreign, pollux, configuration, transport, way):
    server = pollux(configuration)
    read(foreign, server.url("/channels/x"), {"transports": [transport]})
    opens(foreign)
    old = [server.publish("x", f"old {number}") for number in range(2)]
    events(foreign, 2)
    getattr(server, way)()
    server.start()
    new = [server.publish("x", f"new {number}") for number in range(2)]
    found = events(foreign, 5, 45)
    assert [id for _, id in found[:2]] == old and [id for _, id in found[3:]] == new
    assert json.loads(found[2][0]) == {"reason": "epoch", "after": old[1], "resumedAt": new[0]}
    assert GONE not in log_of(foreign)


# What the oldest engines lack is taken away in a frame, since the driver itself needs it in the page.

ANCIENT = """
    const frame = document.createElement('iframe'), [url, options] = arguments;
    document.body.append(frame);
    const old = frame.contentWindow;
    for (const name of ['EventSource', 'fetch', 'JSON', 'URL', 'TextDecoder', 'AbortController', 'Promise', 'Event', 'EventTarget', 'MessageEvent', 'DOMException', 'localStorage', 'addEventListener', 'Map', 'Set'])
      Object.defineProperty(old, name, {value: undefined, configurable: true});
    old.Object.defineProperty = () => { throw new TypeError('only for elements'); };
    delete old.Function.prototype.bind;
    for (const name of ['indexOf', 'forEach', 'map', 'filter', 'some', 'every']) delete old.Array.prototype[name];
    delete old.String.prototype.trim;
    delete old.Date.now;
    old.ActiveXObject = ACTIVEX;
    old.XMLHttpRequest = undefined;
    old.eval(SCRIPT);
    window.source = new old.EventSource(url, options);
    for (const type of ['open', 'error', 'message', 'größe', 'transportchange']) source.addEventListener(type, note);
"""


def ancient():
    return ANCIENT.replace("ACTIVEX", ACTIVEX).replace("SCRIPT", json.dumps(SCRIPT.read_text("utf-8")))


@pytest.mark.parametrize("transports, expected", [(None, "poll-sse"), (["poll"], "poll"), (["jsonp"], "jsonp")])
def test_an_engine_that_lacks_nearly_everything_gets_through(driver, server, channel, transports, expected):
    open_page(driver, server.url("/"))
    options = {"patience": 1000, **({"transports": transports} if transports else {})}
    driver.execute_script(ancient(), server.url(channel_path(channel)), options)
    opens(driver)
    assert driver.execute_script("return source.transport") == expected
    ids = [server.publish(channel, text, type) for text in TEXTS for type in (None, "größe")]
    found = events(driver, len(ids))
    assert found == [(text, id) for (text, _), id in zip(itertools.product(TEXTS, (None, "größe")), ids)]
    driver.execute_script("source.close()")
    assert GONE not in log_of(driver) and LOST not in log_of(driver)


def test_json_of_another_is_not_run_as_a_program(driver, scripted):
    """In an engine without JSON."""
    open_page(driver, scripted.url("/"))
    script = scripted.script(Answer((b'{"events":[],"next":"1-1","gap":(top.hacked=1)}',), "clean", type="application/json"), path="/channels/evil")
    driver.execute_script(ancient(), script.url, {"transports": ["poll"]})
    assert logged(driver, 1) == [LOST]
    assert driver.execute_script("return window.hacked") is None
