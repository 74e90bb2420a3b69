"""The scripts of 2013 get every event exactly once, over any number of connections."""

import json
import re
import threading

import pytest

from harness import channel_path, is_valid_id
from polyfills import (
    PAGE, Amvtek, Remy, XMLHttpRequest, Yaffle, amvtek_request, remy_request, xdomain_request, yaffle_request,
)
from wire import STREAM, EventStreamParser, eventually

CONFIGURATION = {"retention": {"*": {"events": 100000, "age": "1h", "bytes": "256MB"}}}


@pytest.fixture
def server(module_server):
    return module_server


class Feed(threading.Thread):
    """Publishes numbered events while a script reads; JSON data, so that no script trims anything off."""

    def __init__(self, server, channel, count, size=0):
        super().__init__(daemon=True)
        self.server, self.channel, self.count, self.size = server, channel, count, size
        self.expected = []
        self.failed = None
        self.start()

    def run(self):
        try:
            with self.server.connect() as connection:
                for number in range(self.count):
                    data = json.dumps({"n": number, "name": "grün ✓", "fill": "x" * self.size}, separators=(",", ":"),
                                      ensure_ascii=False)
                    type = ("message", "price", "tick")[number % 3]
                    answer = connection.call(
                        "POST", channel_path(self.channel) + ("" if type == "message" else f"?event={type}"),
                        {"Content-Type": "application/json"}, data.encode("utf-8"),
                    )
                    assert answer.status == 201, answer
                    self.expected.append((type, data, answer.json()["id"]))
        except Exception as problem:  # noqa: BLE001, told by the test
            self.failed = problem

    def assert_seen_by(self, script):
        self.join(30)
        assert self.failed is None and not self.is_alive(), self.failed
        assert [(each.type, each.data, each.last_event_id) for each in script.messages] == self.expected


def opening(server, request):
    """The first bytes of a stream: what comes with the head, before any event."""
    xhr = XMLHttpRequest(server.address, request)
    text = ""
    while "retry:" not in text or not text.endswith("\n"):
        piece = xhr.progress()
        assert piece is not None, f"ended after {text!r}"
        text += piece
    xhr.abort()
    return xhr, text


# remy/polyfills


def test_remy_gets_every_event_once_though_the_network_breaks_at_random(server, channel, dice):
    script = Remy(server, channel_path(channel), server.head_id(channel_path(channel)))
    feed = Feed(server, channel, 300)
    script.read(300, cut=lambda: dice.random() < 0.15)
    feed.assert_seen_by(script)
    assert script.connections > 3


def test_remy_reads_a_backlog_that_is_sent_in_large_chunks(server, channel):
    cursor = server.head_id(channel_path(channel))
    feed = Feed(server, channel, 500, size=200)
    feed.join(30)
    script = Remy(server, channel_path(channel), cursor)
    script.read(500)
    feed.assert_seen_by(script)


def test_remy_polls_by_itself_when_the_address_asks_for_poll_sse(server, channel):
    path = channel_path(channel)
    script = Remy(server, path + "?transport=poll-sse&limit=7", server.head_id(path))
    feed = Feed(server, channel, 200)
    script.read(200)
    feed.assert_seen_by(script)
    assert script.connections > 10
    assert script.interval < 1000, "retry: is small, so that the poll is repeated soon"


def test_remy_started_without_a_cursor_loses_nothing_when_its_first_connection_breaks(server, channel):
    path = channel_path(channel)
    script = Remy(server, path)
    request = script.open()
    while script.last_event_id is None:
        script.take(request.progress())
    request.abort()
    assert script.messages == [] and is_valid_id(script.last_event_id)
    feed = Feed(server, channel, 5)
    feed.join(10)
    script.read(5)
    feed.assert_seen_by(script)


def test_remy_understands_the_answer_to_a_wrong_address_as_no_event(server):
    xhr = XMLHttpRequest(server.address, remy_request(server, "/channels/a/b"))
    script = Remy(server, "/channels/a/b")
    text = ""
    while (piece := xhr.progress()) is not None:
        text += piece
    script.take(text + "\n\n")
    assert xhr.status == 404 and not xhr.content_type.startswith(STREAM) and script.messages == []


@pytest.mark.slow
def test_an_old_polyfill_is_let_go_in_good_order_before_it_gives_up_itself(old_polyfill_streams):
    _, capped, other = old_polyfill_streams
    eventually(lambda: capped.ended_after is not None, 60, "the end of remy's stream")
    assert not capped.request.dropped, "a clean end"
    assert 20 <= capped.ended_after <= 45.5, f"ended after {capped.ended_after:.1f} s"
    parser = EventStreamParser()
    parser.feed(capped.text.encode("utf-8"))
    assert parser.at_rest and parser.retries
    assert other.ended_after is None, "with evs_* it is a newer script, and stays"


# amvtek/EventSource


@pytest.mark.parametrize("xdomain", [False, True], ids=["XMLHttpRequest", "XDomainRequest"])
def test_amvtek_gets_every_event_once_within_its_byte_budget(server, channel, dice, xdomain):
    script = Amvtek(server, channel_path(channel), server.head_id(channel_path(channel)), xdomain, resplit=dice)
    feed = Feed(server, channel, 400, size=2000)
    script.read(400)
    feed.assert_seen_by(script)
    assert script.connections >= 3
    assert script.largest <= 262144, "beyond its limit the script breaks the connection"


def test_amvtek_reads_a_backlog_within_its_byte_budget(server, channel):
    cursor = server.head_id(channel_path(channel))
    feed = Feed(server, channel, 300, size=3000)
    feed.join(30)
    script = Amvtek(server, channel_path(channel), cursor)
    script.read(300)
    feed.assert_seen_by(script)
    assert script.largest <= 262144


def test_amvtek_over_xdomain_needs_no_header_at_all(server, channel):
    path = channel_path(channel)
    first = server.publish(channel, "first")
    second = server.publish(channel, "second")
    target = f"{path}?evs_preamble=2056&evs_last_event_id={first}"
    xhr = XMLHttpRequest(server.address, xdomain_request(server, target))
    assert xhr.content_type == STREAM
    parser, events = EventStreamParser(), []
    while not events:
        events = parser.feed(xhr.progress().encode("utf-8"))
    assert [tuple(each) for each in events] == [(second, "message", "second")]
    xhr.abort()


def test_an_empty_evs_last_event_id_is_none(server, channel):
    server.publish(channel, "before")
    _, text = opening(
        server, xdomain_request(server, channel_path(channel) + "?evs_preamble=2056&evs_last_event_id=")
    )
    assert "before" not in text and "pollux.gap" not in text


@pytest.mark.parametrize("asked, least, most", [
    ("evs_preamble=2056", 2056, 2056 + 64),
    ("evs_preamble=100", 100, 164),
    ("evs_preamble=8192", 8192, 8192 + 64),
    ("evs_preamble=100000", 8192, 8192 + 64),
    ("padding=true", 2048, 2048 + 64),
])
def test_a_preamble_is_a_comment_of_the_size_that_was_asked_for(server, channel, asked, least, most):
    xhr, text = opening(server, xdomain_request(server, f"{channel_path(channel)}?{asked}&heartbeat=0"))
    assert xhr.content_type == STREAM, "a preamble means an event stream"
    comments = [line for line in text.split("\n") if line.startswith(":")]
    size = sum(len(line) + 1 for line in comments)
    assert least <= size <= most, f"{size} bytes of comment"
    assert re.match(r"retry: \d+\n:", text), f"retry first, then the comment: {text[:60]!r}"
    assert "\n\n" not in text.partition("id:")[0], "no blank line before the first block"


@pytest.mark.parametrize("asked", ["", "padding=false", "evs_preamble=0"])
def test_no_preamble_where_none_was_asked_for(server, channel, asked):
    _, text = opening(server, yaffle_request(server, f"{channel_path(channel)}?{asked}"))
    assert not any(line.startswith(":") for line in text.split("\n")), text


def test_a_preamble_counts_in_the_byte_budget(server, channel):
    path = channel_path(channel)
    cursor = server.head_id(path)
    for number in range(20):
        server.publish(channel, f"event {number} " + "x" * 200)
    xhr = XMLHttpRequest(
        server.address,
        xdomain_request(server, f"{path}?evs_preamble=2056&evs_buffer_size_limit=3500&evs_last_event_id={cursor}"),
    )
    while xhr.progress() is not None:
        pass
    assert not xhr.dropped and 2056 < xhr.received <= 3500


# Yaffle/EventSource


@pytest.mark.parametrize("form", ["1.0.31", "2013", "xdomain"])
def test_yaffle_gets_every_event_once_though_the_network_breaks_at_random(server, channel, dice, form):
    script = Yaffle(server, channel_path(channel), server.head_id(channel_path(channel)), form, resplit=dice)
    feed = Feed(server, channel, 300)
    script.read(300, cut=lambda: dice.random() < 0.15)
    feed.assert_seen_by(script)
    assert script.connections > 3


def test_yaffle_reconnects_by_its_cursor_after_the_server_ended_the_stream(server, channel):
    path = channel_path(channel)
    script = Yaffle(server, path + "?budget=1000&a=1", server.head_id(path))
    feed = Feed(server, channel, 100)
    script.read(100)
    feed.assert_seen_by(script)
    assert script.connections > 5 and script.largest <= 1000


def test_yaffle_of_2013_begins_with_an_empty_cursor(server, channel):
    server.publish(channel, "before")
    _, text = opening(server, yaffle_request(server, channel_path(channel) + "?lastEventId=&r=5471946315"))
    assert "before" not in text and "pollux.gap" not in text


@pytest.mark.parametrize("query", [
    "&a=1&lastEventId={}", "&lastEventId={}&", "a&&&lastEventId={}&=&==", "=x&lastEventId={}", "r=1&padding=true&lastEventId={}",
    "lastEventId={}&%20=%20", "LASTEVENTID={}", "Last-Event-ID={}", "last_event_id={}", "last-event-id={}", "lasteventid={}",
    "after={}", "After={}", "evs_last_event_id={}", "EVS-last-event-id={}",
])
def test_odd_queries_with_a_cursor_are_understood(server, channel, query):
    path = channel_path(channel)
    first = server.publish(channel, "first")
    second = server.publish(channel, "second")
    xhr = XMLHttpRequest(server.address, yaffle_request(server, f"{path}?{query.format(first)}"))
    parser, events = EventStreamParser(), []
    while not events:
        events = parser.feed(xhr.progress().encode("utf-8"))
    assert [tuple(each) for each in events] == [(second, "message", "second")]
    xhr.abort()


def test_the_header_wins_over_the_query(server, channel):
    path = channel_path(channel)
    ids = [server.publish(channel, f"event {number}") for number in range(3)]
    stream = server.stream(f"{path}?lastEventId={ids[0]}", ids[1])
    assert stream.next().id == ids[2]
    stream.close()


def test_an_empty_header_counts_as_absent_and_the_query_is_read(server, channel):
    path = channel_path(channel)
    ids = [server.publish(channel, f"event {number}") for number in range(2)]
    stream = server.stream(f"{path}?lastEventId={ids[0]}", "")
    assert stream.next().id == ids[1]
    stream.close()


@pytest.mark.parametrize("body, query", [
    ("channel={channel}&Last-Event-ID={cursor}", ""),
    ("channel={channel}&last_event_id={cursor}&padding=true", ""),
    ("Last-Event-ID={cursor}", "?channel={channel}"),
    ("xdomainrequest=1&Last-Event-ID={cursor}", "?channel={channel}"),
])
def test_yaffle_of_2011_subscribes_by_post_with_a_form(server, channel, body, query):
    first = server.publish(channel, "first")
    second = server.publish(channel, "second")
    stream = server.stream(
        "/events" + query.format(channel=channel), method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=body.format(channel=channel, cursor=first).encode("ascii"),
    )
    assert tuple(stream.next()) == (second, "message", "second")
    stream.close()


# all of them


@pytest.mark.parametrize("asked", ["cache-control,x-requested-with", "cache-control,last-event-id,x-requested-with",
                                   "accept, cache-control, last-event-id, x-requested-with"])
def test_the_preflight_of_a_polyfill_is_granted(server, channel, asked):
    answer = server.call("OPTIONS", channel_path(channel), {
        "Access-Control-Request-Method": "GET", "Origin": PAGE, "Access-Control-Request-Headers": asked,
        "Accept": "*/*", "Referer": PAGE + "/",
    })
    assert answer.status == 204 and answer.body == b""
    assert answer.header("access-control-allow-origin") == "*"
    assert {each.strip() for each in asked.split(",")} <= answer.tokens("access-control-allow-headers")
    assert answer.header("access-control-max-age") == "7200"


def test_no_script_is_handed_an_empty_message_by_heartbeats_or_by_the_opening_block(server, channel):
    path = channel_path(channel) + "?heartbeat=1"
    scripts = [Remy(server, path), Amvtek(server, path), Yaffle(server, path)]
    requests = []
    for script in scripts:
        request = script.open()
        script.begin(request)
        requests.append(request)
    texts = [""] * 3
    for number, (script, request) in enumerate(zip(scripts, requests)):
        while texts[number].count("retry:") < 3:
            piece = request.progress()
            assert piece is not None, "the stream ended"
            texts[number] += piece
            script.take(piece)
    assert all(script.messages == [] for script in scripts), [script.messages for script in scripts]
    sent = server.publish(channel, "after the heartbeats")
    for script, request in zip(scripts, requests):
        while not script.messages:
            script.take(request.progress())
        assert [(each.data, each.last_event_id) for each in script.messages] == [("after the heartbeats", sent)]
        request.abort()


@pytest.mark.parametrize("request_of", [remy_request, amvtek_request, yaffle_request, xdomain_request],
                         ids=["remy", "amvtek", "yaffle", "xdomain"])
def test_the_head_of_a_stream_is_what_old_clients_and_proxies_need(server, channel, request_of):
    xhr, text = opening(server, request_of(server, channel_path(channel) + "?evs_buffer_size_limit=262144"))
    assert xhr.status == 200 and xhr.content_type == "text/event-stream"
    assert xhr.answer.tokens("cache-control") == {"no-cache", "no-store", "no-transform"}
    assert xhr.answer.header("x-accel-buffering") == "no"
    assert xhr.answer.header("x-content-type-options") == "nosniff"
    assert text.startswith("retry: 3000\n") and "\r" not in text and "\ufeff" not in text
    if "id:" in text:
        assert re.fullmatch(r"retry: 3000\nid: [A-Za-z0-9.-]{1,128}\n\n", text), text
