"""From the same cursor every transport yields the same events, in the same order; and one may change at will.

All of it over HTTP/1 with and without TLS and over HTTP/2, but for what has a meaning in HTTP/1 only: `http_1`.
"""

import json
import threading
import time
from collections import deque

import pytest

from every_transport import by_poll, by_poll_sse, by_stream, target_of
from harness import channel_path, events_path, is_valid_id, poll_content, shifted_id
from switching import noise, switch_at_random
from wire import Disconnected, Event, assert_problem, eventually

CONFIGURATION = {"retention": {"*": {"events": 100000, "age": "1h", "bytes": "64MB"}}}


http_1 = pytest.mark.roads("http1", "tls")


@pytest.fixture
def server(module_server, road):
    return module_server.over(road)


@pytest.fixture
def pollux(pollux, road):
    return lambda overrides=None: pollux(overrides).over(road)


# (type, data): what framing could spoil
SAMPLES = [
    ("message", "plain"),
    ("price", '{"eur":12}'),
    ("message", "two\nlines"),
    ("message", "an empty\n\nline between"),
    ("message", "\n"),
    ("message", "\n\n\n"),
    ("message", "a line end at the end\n"),
    ("message", "\na line end at the beginning"),
    ("message", " one blank first"),
    ("message", "  two blanks first\n  and again  "),
    ("message", "\ttab first"),
    ("message", ""),
    ("message", " "),
    ("message", ":"),
    ("message", ": no comment"),
    ("message", "data: no field"),
    ("message", "event: none\nid: none\nretry: 1"),
    ("message", "grüße ✓ 漢字 🎺"),
    ("message", "NFC \u00e9, NFD e\u0301"),
    ("message", "\ufeffa BOM first"),
    ("message", "\u2028 \u2029 \u0085 \v \f"),
    ("message", "\x01\x08\x1b\x7f controls"),
    ("message", '"quoted" \\ and / escaped'),
    ("message", "</script><!--"),
    ("message", "x" * 5000),
    ("message", "ü" * 20000),
    ("message", "line\n" * 500),
    ("größe", "a type beyond ASCII"),
    ("with blank", "a type with a blank"),
    ("with:colon", "a type with a colon"),
    ("data", "a type that is a field's name"),
    ("t" * 128, "a type of 128 bytes"),
    ("price", "last"),
]


TRANSPORTS = {
    "a stream": (by_stream, {}),
    "a stream over HTTP/1.0": (by_stream, {"version": "1.0"}),
    "a stream with the cursor in the query": (by_stream, {"by_query": "lastEventId"}),
    "a stream of /events": (by_stream, {"path": "events"}),
    "a stream of /events by a form": (by_stream, {"form": True}),
    "a stream in an envelope": (by_stream, {"envelope": "json"}),
    "a stream of /events in an envelope": (by_stream, {"path": "events", "envelope": "json"}),
    "streams of 1 byte": (by_stream, {"budget": 1}),
    "streams of 400 bytes": (by_stream, {"budget": 400}),
    "streams of 30,000 bytes over HTTP/1.0": (by_stream, {"budget": 30000, "version": "1.0"}),
    "poll": (by_poll, {}),
    "poll with the cursor in the header": (by_poll, {"by_header": True}),
    "poll of one event": (by_poll, {"limit": 1}),
    "poll of seven events": (by_poll, {"limit": 7}),
    "interval poll": (by_poll, {"wait": 0}),
    "interval poll of /events": (by_poll, {"wait": 0, "path": "events", "limit": 3}),
    "poll-sse": (by_poll_sse, {}),
    "poll-sse over HTTP/1.0": (by_poll_sse, {"options": {"version": "1.0"}}),
    "poll-sse of two events": (by_poll_sse, {"limit": 2}),
    "poll-sse of /events in an envelope": (by_poll_sse, {"path": "events", "envelope": "json", "limit": 5}),
}

EVERY_TRANSPORT = [pytest.param(transport, id=name, marks=http_1 if "HTTP/1.0" in name else ()) for name, transport in TRANSPORTS.items()]


@pytest.fixture(scope="module")
def published(module_server):
    """SAMPLES in two channels by turns: (channel, event)."""
    found = []
    for number, (type, data) in enumerate(SAMPLES * 2):
        name = ("twins/a", "twins b")[number % 2]
        id = module_server.publish(name, data, None if type == "message" else type)
        found.append((name, Event(id, type, data)))
    return found


@pytest.mark.parametrize("channels", [["twins/a"], ["twins/a", "twins b"], ["twins b", "never used", "twins/a"]],
                         ids=["one channel", "two channels", "three channels"])
@pytest.mark.parametrize("start", ["the earliest", "the first", "the middle", "another channel's"])
@pytest.mark.parametrize("transport", EVERY_TRANSPORT)
def test_every_transport_yields_the_same_events_from_the_same_cursor(server, published, transport, start, channels):
    read, options = transport
    at = {"the earliest": None, "the first": 0, "the middle": len(published) // 2, "another channel's": 21}[start]
    cursor = None if at is None else published[at][1].id
    expected = [event for name, event in published[0 if at is None else at + 1 :] if name in channels]
    assert read(server, channels, cursor, len(expected), **options) == expected


def test_the_head_is_the_same_cursor_on_every_transport(server, channel):
    last = server.publish(channel, "last")
    path = channel_path(channel)
    assert server.poll(path, wait=0)["next"] == last
    assert server.poll(path, wait=0, since="earliest")["next"] == last
    with server.stream(path + "?open=id") as stream:
        stream.until(lambda stream: stream.last_event_id)
        assert stream.last_event_id == last
    with server.stream(path + "?transport=poll-sse&wait=0") as stream:
        assert stream.rest() == [] and stream.last_event_id == last


def test_ids_are_opaque_short_and_grow(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(20)]
    assert all(is_valid_id(id) for id in ids) and len(set(ids)) == 20
    assert len({id.rpartition("-")[0] for id in ids}) == 1, "one epoch"
    positions = [int(id.rpartition("-")[2]) for id in ids]
    assert positions == sorted(positions)


@pytest.mark.parametrize("envelope", [None, "json"])
def test_a_stream_of_256_channels_gives_the_events_of_each(server, channel, envelope):
    names = [f"c{number}-{channel[-8:]}" for number in range(256)]
    target = target_of(names, envelope=envelope)
    with server.stream(target) as stream:
        stream.opened()
        ids = [server.publish(name, name) for name in names[::16]]
        events = stream.take(len(ids))
    assert [each.id for each in events] == ids
    if envelope:
        assert [json.loads(each.data)["channel"] for each in events] == names[::16]


def test_a_channel_that_is_named_twice_is_read_once(server, channel):
    with server.stream(events_path(channel, channel)) as stream:
        stream.opened()
        first, second = server.publish(channel, "1"), server.publish(channel, "2")
        assert [each.id for each in stream.take(2)] == [first, second]
    assert [each["id"] for each in server.events(events_path(channel, channel))] == [first, second]


def test_the_envelope_tells_the_channel_and_keeps_data_as_text(server, channel):
    id = server.publish(channel, '{"n": 1}\nline', "price")
    with server.stream(channel_path(channel) + "?since=earliest&envelope=json") as stream:
        event = stream.next()
    assert event.id == id and event.type == "message" and "\n" not in event.data
    assert json.loads(event.data) == {"channel": channel, "event": "price", "data": '{"n": 1}\nline'}


def test_the_time_in_a_poll_is_the_time_in_the_answer_to_the_post(server, channel):
    content = server.post(channel, "now").json()
    (event,) = server.events(channel_path(channel))
    assert event["time"] == content["time"] and abs(event["time"] / 1000 - time.time()) < 5
    assert event["channel"] == channel


# which transport

STREAM, POLL = "text/event-stream", "application/json"


@pytest.mark.parametrize("query, accept, media_type", [
    ("", "text/event-stream", STREAM),
    ("", "application/json", POLL),
    ("", "application/json, text/plain, */*", POLL),
    ("", "*/*", POLL),
    ("", "text/html,application/xhtml+xml,*/*;q=0.8", POLL),
    ("", None, POLL),
    ("padding=true", None, STREAM),
    ("evs_buffer_size_limit=1000", "*/*", STREAM),
    ("evs_preamble=10", "*/*", STREAM),
    ("evs_last_event_id=", "*/*", STREAM),
    ("evs_preamble=10", "application/json", POLL),
    ("transport=sse", "application/json", STREAM),
    ("transport=poll", "text/event-stream", POLL),
    ("transport=poll-sse", "application/json", STREAM),
    ("Transport=poll", "text/event-stream", POLL),
    ("unknown=1&transport=poll", "text/event-stream", POLL),
])
def test_the_transport_is_chosen_by_parameter_then_by_accept(server, channel, query, accept, media_type):
    headers = {"Accept": accept} if accept else {}
    answer = server.call("HEAD", f"{channel_path(channel)}?{query}", headers)
    assert answer.status == 200 and answer.media_type == media_type


@pytest.mark.parametrize("query, named", [
    ("transport=websocket", "transport"), ("transport=", "transport"), ("since=yesterday", "since"), ("since=5", "since"),
    ("since=--1", "since"), ("wait=soon", "wait"), ("wait=-1", "wait"), ("limit=all", "limit"), ("limit=-1", "limit"),
    ("limit=0x10", "limit"), ("heartbeat=often", "heartbeat"), ("heartbeat=-1", "heartbeat"), ("open=yes", "open"),
    ("envelope=xml", "envelope"), ("budget=lots", "budget"), ("budget=-5", "budget"), ("evs_preamble=x", "evs_preamble"),
    ("evs_buffer_size_limit=x", "evs_buffer_size_limit"), ("padding=maybe", "padding"),
])
def test_a_parameter_that_cannot_be_read_is_named(server, channel, query, named):
    if query == "transport=":
        pytest.skip("open: an empty value may count as absent")
    problem = assert_problem(server.call("GET", f"{channel_path(channel)}?{query}", {"Accept": STREAM}), 400)
    assert named in problem["detail"], problem


@pytest.mark.parametrize("query", ["wait=100000", "limit=1000000000", "heartbeat=100000", "evs_preamble=1000000", "wait=99999999999999999999"])
def test_a_number_over_its_most_is_cut_to_it(server, channel, query):
    answer = server.call("HEAD", f"{channel_path(channel)}?{query}")
    assert answer.status == 200, answer


# where a reader begins


@pytest.mark.parametrize("since, expected", [("now", []), ("earliest", [0, 1, 2, 3, 4]), ("-1", [4]), ("-3", [2, 3, 4]),
                                             ("-5", [0, 1, 2, 3, 4]), ("-400", [0, 1, 2, 3, 4])])
@pytest.mark.parametrize("transport", ["poll", "poll-sse", "sse"])
def test_since_says_where_a_reader_without_a_cursor_begins(server, channel, transport, since, expected):
    other = channel + "/other"
    ids = [server.publish(name, f"{number}") for number, name in enumerate([channel, other, other, channel, other])]
    target = target_of([channel, other], since=since)
    if transport == "poll":
        content = server.poll(target, wait=0)
        assert content["gap"] is None and content["next"] == ids[4]
        found = [each["id"] for each in content["events"]]
    elif transport == "poll-sse":
        with server.stream(target + "&transport=poll-sse&wait=0") as stream:
            found = [each.id for each in stream.rest()]
    else:
        with server.stream(target) as stream:
            stream.opened()
            ids.append(server.publish(channel, "marker"))
            found = []
            while not found or found[-1] != ids[5]:
                found.append(stream.next().id)
            found.pop()
    assert found == [ids[number] for number in expected]


def test_now_is_where_a_reader_begins_without_anything(server, channel):
    server.publish(channel, "before")
    assert server.poll(channel_path(channel), wait=0)["events"] == []


def test_a_cursor_wins_over_since(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(4)]
    content = server.poll(channel_path(channel), ids[1], since="earliest", wait=0)
    assert [each["id"] for each in content["events"]] == ids[2:]


def test_since_and_limit_give_the_first_of_the_last(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(6)]
    content = server.poll(channel_path(channel), since="-4", limit=2, wait=0)
    assert [each["id"] for each in content["events"]] == ids[2:4] and content["next"] == ids[3]


# open: how it is told by default stands in test_opening_id.py


def test_a_stream_with_a_cursor_has_no_opening_block(server, channel):
    first, second = server.publish(channel, "1"), server.publish(channel, "2")
    with server.stream(channel_path(channel) + "?open=id", first) as stream:
        assert stream.next().id == second
        assert bytes(stream.raw).count(b"id:") == 1


@pytest.mark.parametrize("since", ["earliest", "-1", "-2", "-9"])
def test_the_opening_id_is_the_cursor_before_the_first_event(server, channel, since):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    with server.stream(f"{channel_path(channel)}?open=id&since={since}") as stream:
        first = stream.next()
        opening = bytes(stream.raw).split(b"id: ")[1].partition(b"\n")[0].decode("ascii")
    expected = {"earliest": ids, "-1": ids[2:], "-2": ids[1:], "-9": ids}[since]
    assert first.id == expected[0]
    content = server.poll(channel_path(channel), opening, wait=0)
    assert content["gap"] is None and [each["id"] for each in content["events"]] == expected


def test_an_opening_id_of_a_new_server_is_a_good_cursor(pollux):
    server = pollux()
    with server.stream("/channels/new?open=id") as stream:
        stream.until(lambda stream: stream.last_event_id)
        opening = stream.last_event_id
    first = server.publish("new", "first ever")
    for cursor in (opening, ):
        content = server.poll("/channels/new", cursor, wait=0)
        assert content["gap"] is None and [each["id"] for each in content["events"]] == [first]


def test_a_poll_of_a_new_server_gives_a_good_cursor(pollux):
    server = pollux()
    content = server.poll("/channels/new", wait=0)
    assert content["events"] == [] and content["gap"] is None
    first = server.publish("new", "first ever")
    content = server.poll("/channels/new", content["next"], wait=0)
    assert content["gap"] is None and [each["id"] for each in content["events"]] == [first]


# waiting


def test_a_poll_is_held_until_there_is_an_event(server, channel):
    path = channel_path(channel)
    cursor = server.head_id(path)
    with server.connect() as connection:
        connection.ask("GET", f"{path}?lastEventId={cursor}")
        assert not connection.has_input(0.2), "it is held"
        id = server.publish(channel, "now")
        content = poll_content(connection.read_answer())
    assert [each["id"] for each in content["events"]] == [id]


def test_a_held_poll_is_not_woken_by_another_channel(server, channel):
    path = channel_path(channel)
    cursor = server.head_id(path)
    with server.connect() as connection:
        connection.ask("GET", f"{path}?lastEventId={cursor}")
        server.publish(channel + "/other", "elsewhere")
        assert not connection.has_input(0.2)
        id = server.publish(channel, "here")
        assert [each["id"] for each in poll_content(connection.read_answer())["events"]] == [id]


@pytest.mark.parametrize("transport", ["poll", "poll-sse"])
def test_a_wait_that_is_over_is_answered_with_nothing(server, channel, transport):
    begun = time.monotonic()
    answer = server.call("GET", f"{channel_path(channel)}?transport={transport}&wait=1")
    took = time.monotonic() - begun
    assert 0.9 <= took < 3, f"{took:.2f} s"
    if transport == "poll":
        assert poll_content(answer)["events"] == []
    else:
        assert answer.status == 200 and b"retry: " in answer.body and b"data" not in answer.body


@pytest.mark.parametrize("transport", ["poll", "poll-sse"])
def test_wait_0_is_answered_at_once(server, channel, transport):
    begun = time.monotonic()
    assert server.call("GET", f"{channel_path(channel)}?transport={transport}&wait=0").status == 200
    assert time.monotonic() - begun < 0.5


def test_the_cursor_of_an_empty_poll_loses_nothing_that_comes_between_two_polls(server, channel):
    path = channel_path(channel)
    cursor = server.poll(path, wait=0)["next"]
    ids = [server.publish(channel, "between 1"), server.publish(channel, "between 2")]
    assert [each["id"] for each in server.poll(path, cursor)["events"]] == ids


def test_all_pending_events_come_in_one_poll(server, channel):
    cursor = server.head_id(channel_path(channel))
    ids = server.publish_batch(channel, [(None, number) for number in range(700)])
    content = server.poll(channel_path(channel), cursor)
    assert [each["id"] for each in content["events"]] == ids[:500], "500 unless asked otherwise"
    found = [each["id"] for each in server.poll(channel_path(channel), cursor, limit=600)["events"]]
    assert 500 <= len(found) <= 600 and found == ids[: len(found)], "more where it is allowed"


def test_large_pending_events_come_in_one_poll_too(server, channel):
    cursor = server.head_id(channel_path(channel))
    ids = server.publish_batch(channel, [(None, "x" * 4000) for _ in range(100)])
    content = server.poll(channel_path(channel), cursor)
    assert [each["id"] for each in content["events"]] == ids, "all pending events up to `limit` come at once"
    with server.stream(channel_path(channel) + "?transport=poll-sse", cursor) as stream:
        assert [each.id for each in stream.rest()] == ids


@http_1
def test_pipelined_polls_are_answered_in_order(server, channel):
    path = channel_path(channel)
    ids = [server.publish(channel, str(number)) for number in range(3)]
    requests = "".join(
        f"GET {path}?wait=0&limit=1&after={id} HTTP/1.1\r\nHost: x\r\n\r\n" for id in (ids[0], ids[1], ids[0])
    )
    with server.connect() as connection:
        connection.send(requests.encode("ascii"))
        found = [poll_content(connection.read_answer())["events"][0]["id"] for _ in range(3)]
    assert found == [ids[1], ids[2], ids[1]]


@http_1
def test_a_request_that_is_pipelined_behind_a_held_poll_waits_its_turn(server, channel):
    path = channel_path(channel)
    cursor = server.head_id(path)
    with server.connect() as connection:
        connection.ask("GET", f"{path}?after={cursor}")
        connection.ask("GET", "/healthz")
        assert not connection.has_input(0.2)
        id = server.publish(channel, "now")
        assert [each["id"] for each in poll_content(connection.read_answer())["events"]] == [id]
        assert connection.read_answer().status == 200


@http_1
def test_a_publish_that_is_pipelined_behind_another_comes_after_it(server, channel):
    path = channel_path(channel)
    with server.connect() as connection:
        for number in range(50):
            connection.ask("POST", path, {"Content-Type": "text/plain"}, str(number).encode("ascii"))
        ids = [connection.read_answer().json()["id"] for _ in range(50)]
    events = server.events(path)
    assert [each["id"] for each in events] == ids
    assert [each["data"] for each in events] == [str(number) for number in range(50)]


# the form of a stream


@http_1
def test_first_bytes_of_a_stream_come_with_its_head(server, channel):
    with server.connect() as connection:
        connection.ask("GET", channel_path(channel), {"Accept": STREAM})
        eventually(lambda: connection.fill(time.monotonic() + 5) and connection.buffer.find(b"retry: 3000\n") > 0, 5)


@http_1
def test_the_head_of_a_stream_over_http_1_1(server, channel):
    with server.stream(channel_path(channel)) as stream:
        answer = stream.answer
    assert answer.version == "HTTP/1.1" and answer.header("transfer-encoding") == "chunked"
    assert answer.header("content-type") == "text/event-stream"
    assert answer.tokens("cache-control") == {"no-cache", "no-store", "no-transform"}
    assert answer.header("x-accel-buffering") == "no" and answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-length") is None and answer.header("content-encoding") is None


@http_1
def test_the_head_of_a_stream_over_http_1_0_has_no_chunks(server, channel):
    with server.stream(channel_path(channel), version="1.0") as stream:
        assert stream.answer.header("transfer-encoding") is None and stream.answer.header("content-length") is None
        assert (stream.answer.header("connection") or "close").lower() == "close"
        stream.opened()
        id = server.publish(channel, "raw")
        assert stream.next().id == id
        assert bytes(stream.raw).endswith(f"data: raw\nid: {id}\n\n".encode("ascii"))


def test_the_type_message_is_left_out_of_a_stream(server, channel):
    first = server.publish(channel, "x", "message")
    with server.stream(channel_path(channel) + "?since=earliest") as stream:
        assert tuple(stream.next()) == (first, "message", "x")
        assert b"event:" not in stream.raw


def test_heartbeats_are_the_retry_line_at_the_asked_interval(server, channel):
    begun = time.monotonic()
    with server.stream(channel_path(channel) + "?heartbeat=1") as stream:
        stream.until(lambda stream: len(stream.parser.retries) >= 3)
        assert 1.5 < time.monotonic() - begun < 5
        assert bytes(stream.raw) == b"retry: 3000\n" * 3
        id = server.publish(channel, "still here")
        assert stream.next().id == id


def test_a_budget_ends_the_stream_but_not_before_one_event(server, channel):
    ids = [server.publish(channel, "x" * 500) for _ in range(3)]
    with server.stream(channel_path(channel) + "?since=earliest&budget=10") as stream:
        assert [each.id for each in stream.rest()] == ids[:1] and stream.ended == "clean"
    with server.stream(channel_path(channel) + "?since=earliest&budget=1500") as stream:
        assert [each.id for each in stream.rest()] == ids[:2] and stream.ended == "clean"
        assert len(stream.raw) <= 1500


def test_the_connection_may_be_used_again_after_a_stream_that_ended_or_is_closed(server, channel):
    server.publish(channel, "x")
    stream = server.stream(channel_path(channel) + "?since=earliest&budget=1")
    assert len(stream.rest()) == 1
    if (stream.answer.header("connection") or "").lower() == "close":
        assert stream.connection.is_closed_within(5)
    else:
        try:
            assert stream.connection.call("GET", "/healthz").status == 200
        except (Disconnected, OSError):
            pass
    stream.close()


def test_jsonp_is_off_unless_configured(server, channel):
    assert_problem(server.call("GET", channel_path(channel) + "?transport=jsonp&callback=f&wait=0"), 403)


def test_jsonp_is_the_answer_of_a_poll_in_a_script_where_it_is_allowed(pollux):
    server = pollux({"poll": {"jsonp": True}})
    server.publish("a", "line\u2028end")
    target = "/channels/a?since=earliest&wait=0&transport="
    script = server.call("GET", target + "jsonp&callback=app.take")
    assert script.header("content-type") == "application/javascript"
    text = script.body.decode()
    assert text.startswith("/**/app.take({") and text.endswith("});") and "\u2028" not in text
    assert json.loads(text[len("/**/app.take("):-2]) == server.call("GET", target + "poll").json()
    assert_problem(server.call("GET", target + "jsonp&callback=a(b)"), 400)
    assert_problem(server.call("GET", target + "jsonp&callback=f", headers={"Cookie": "a=b"}), 403)


def test_a_reader_may_ask_for_heartbeats_that_scripts_see(server, channel):
    target = channel_path(channel) + "?heartbeat=1&heartbeatForm=event&open=id"
    with server.stream(target) as stream:
        stream.until(lambda stream: stream.raw.count(b"\nevent: pollux.heartbeat\ndata: 1\n\n") == 1)
        assert stream.raw.startswith(b"retry: 3000\nevent: pollux.heartbeat\ndata: 1\nid: ") and b"retry" not in stream.raw[10:]


@pytest.mark.parametrize("names, others", [(["a"], 0), (["a", "b", "c"], 0), (["a"], 4)],
                         ids=["one channel", "three channels", "one channel among busy others"])
def test_a_reader_that_changes_transport_at_every_step_loses_nothing_and_repeats_nothing(server, channel, dice, note, names, others):
    channels = [f"{channel}/{name}" for name in names]
    with noise(server, channel, others):
        switch_at_random(server, channels, dice, note, steps=200 if server.road.has_tls else 2000)


def test_many_readers_on_every_transport_see_what_many_publishers_published(server, channel):
    """Eight publishers at once: one order, the same for all who read."""
    path = channel_path(channel)
    cursor = server.head_id(path)
    count, failures, results = 20 if server.road.has_tls else 50, deque(), {}

    def publish(number):
        try:
            with server.connect() as connection:
                for n in range(count):
                    assert connection.call("POST", path, {"Content-Type": "text/plain"}, f"{number}/{n}".encode()).status == 201
        except Exception as problem:  # noqa: BLE001
            failures.append(problem)

    def read(name, how, options):
        try:
            results[name] = how(server, [channel], cursor, 8 * count, **options)
        except Exception as problem:  # noqa: BLE001
            failures.append((name, problem))

    threads = [threading.Thread(target=read, args=(name, *transport)) for name, transport in TRANSPORTS.items()
               if "wait" not in transport[1] and not ("HTTP/1.0" in name and server.road.alpn == "h2")]
    threads += [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[0]
    expected = [Event(each["id"], each["event"], each["data"]) for each in server.events(path, cursor)]
    assert len(expected) == 8 * count
    for number in range(8):
        assert [each.data for each in expected if each.data.startswith(f"{number}/")] == [f"{number}/{n}" for n in range(count)]
    for name, found in results.items():
        assert found == expected, name


def test_a_cursor_between_two_events_of_a_channel_is_a_good_cursor(server, channel):
    """Positions count all channels of a ledger: a cursor of one channel is good for any."""
    first = server.publish(channel, "1")
    server.publish(channel + "/other", "2")
    third = server.publish(channel, "3")
    between = shifted_id(first, 1)
    content = server.poll(channel_path(channel), between, wait=0)
    assert content["gap"] is None and [each["id"] for each in content["events"]] == [third]
