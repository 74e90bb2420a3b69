"""What only HTTP/2 has: many streams on a connection, windows, errors of one stream, the order of stopping.

That events, answers and errors are the same as over HTTP/1 is shown where these are tested: see `road`.
"""

import pytest
from h2.errors import ErrorCodes

from harness import channel_path, poll_content
from http2 import Stream, request_fields
from raw_frames import DATA, END_STREAM, HIGHEST_STREAM, PING, REFUSED_STREAM, Peer, frame
from test_cross_origin import REQUESTS
from switching import Switcher, switch_at_random
from wire import STREAM, Disconnected, assert_problem, open_socket

CONFIGURATION = {"retention": {"*": {"events": 100000, "age": "1h", "bytes": "64MB"}}}


@pytest.fixture
def server(module_server):
    return module_server.over("h2")


def streams_on(connection, server, channel, count, is_stalled=lambda number: False):
    """So many event streams of one channel, beside each other; what they begin with was read, but by a stalled one."""
    streams = [Stream(server.address, f"{channel_path(channel)}?heartbeat=0", connection=connection, is_stalled=is_stalled(number))
               for number in range(count)]
    for stream in streams:
        stream.opened()
    return streams


def ids_of(events):
    return [event.id for event in events]


# the protocol


@pytest.mark.parametrize("offered, chosen", [((), None), (("http/1.1",), "http/1.1"), (("h2",), "h2"), (("http/1.1", "h2"), "h2")])
def test_the_protocol_is_chosen_by_alpn_and_is_http_1_1_without(server, offered, chosen):
    with open_socket(server.address, 5, tls=server.server.certificate.context(*offered)) as connection:
        assert connection.selected_alpn_protocol() == chosen
        if chosen != "h2":
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_plain_listener_speaks_http_2_by_prior_knowledge(module_server, channel):
    server = module_server.over("h2c")
    with server.stream(channel_path(channel)) as stream:
        stream.opened()
        id = server.publish(channel, "grüße")
        assert tuple(stream.next()) == (id, "message", "grüße")
    assert [each["id"] for each in server.events(channel_path(channel))] == [id]


@pytest.mark.parametrize("road", ["http1", "h2c"])
def test_a_plain_listener_tells_the_two_protocols_apart_by_their_first_bytes(module_server, road):
    with module_server.over(road).connect() as connection:
        for _ in range(3):
            assert connection.call("GET", "/healthz").status == 200


def test_the_server_says_how_many_streams_a_connection_may_have(server):
    with server.connect() as connection:
        assert connection.call("GET", "/healthz").status == 200
        assert connection.h2.remote_settings.max_concurrent_streams == 250


def test_no_answer_has_a_field_of_a_connection(server):
    """Also of those to errors; `Answer` of http2.py looks at each."""
    server.publish("c", "kept")
    with server.connect() as connection:
        for method, target, headers, body, status in REQUESTS:
            if status is not None:
                assert connection.call(method, target, headers, body).status == status, (method, target)


@pytest.mark.parametrize("target, accept, status", [("/channels/x", STREAM, 200), ("/channels/x?wait=20", "application/json", 200),
                                                    ("/channels/a/b", "*/*", 404), ("/index.html", "*/*", 200)])
def test_head_is_answered_at_once_by_a_head_alone(server, target, accept, status):
    with server.connect() as connection:
        exchange = connection.ask("HEAD", target, {"Accept": accept})
        answer = connection.answer_of(exchange, timeout=2)
        assert answer.status == status and answer.body == b"" and exchange.ended == "clean"


# streams of events


def test_the_first_bytes_of_a_stream_come_with_its_head(server, channel):
    with server.stream(channel_path(channel)) as stream:
        assert stream.opened().raw == b"retry: 3000\n"
        assert stream.answer.header("content-type") == STREAM and stream.answer.header("content-length") is None
        assert stream.answer.tokens("cache-control") == {"no-cache", "no-store", "no-transform"}


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "published now"])
def test_a_batch_is_one_frame_where_it_fits_in_one(server, channel, is_kept):
    batch = [(None, f"{number} {'x' * 100}") for number in range(100)]
    if is_kept:
        cursor = server.head_id(channel_path(channel))
        ids = server.publish_batch(channel, batch)
        with server.stream(channel_path(channel), cursor) as stream:
            assert ids_of(stream.take(100)) == ids
    else:
        with server.stream(channel_path(channel)) as stream:
            stream.opened()
            ids = server.publish_batch(channel, batch)
            assert ids_of(stream.take(100)) == ids
    assert len(stream.chunks) <= 2 and stream.whole_chunks, [len(chunk) for chunk in stream.chunks]


def test_100_streams_of_a_connection_get_every_event_once_and_in_order(server, channel):
    with server.connect() as connection:
        streams = streams_on(connection, server, channel, 100)
        ids = [server.publish(channel, str(number)) for number in range(20)]
        ids += server.publish_batch(channel, [(None, number) for number in range(200)])
        for stream in streams:
            assert ids_of(stream.take(220)) == ids and stream.whole_chunks


def test_a_publish_goes_by_the_streams_that_are_open_on_its_connection(server, channel):
    with server.connect() as connection:
        streams = streams_on(connection, server, channel, 3)
        held = connection.ask("GET", f"{channel_path(channel)}?after={server.head_id(channel_path(channel))}")
        answer = connection.call("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"on the same connection")
        id = answer.json()["id"]
        assert [stream.next().id for stream in streams] == [id] * 3
        assert [each["id"] for each in poll_content(connection.answer_of(held))["events"]] == [id]


def test_a_stream_that_is_given_up_leaves_its_siblings_alone(server, channel):
    with server.connect() as connection:
        streams = streams_on(connection, server, channel, 10)
        for stream in streams[::2]:
            stream.close()
        ids = [server.publish(channel, str(number)) for number in range(5)]
        for stream in streams[1::2]:
            assert ids_of(stream.take(5)) == ids
        assert not any(stream.exchange.frames for stream in streams[::2])


def test_polls_that_are_given_up_are_freed(server, channel):
    """More are asked than may be open at once: were one that was given up kept, there would be no room for the last."""
    path = channel_path(channel)
    cursor = server.head_id(path)
    with server.connect() as connection:
        connection.call("GET", "/healthz")
        held = [connection.ask("GET", f"{path}?after={cursor}") for _ in range(245)]
        for exchange in held[:60]:
            connection.reset_exchange(exchange)
        held[:60] = [connection.ask("GET", f"{path}?after={cursor}") for _ in range(60)]
        connection.call("GET", "/healthz")
        id = server.publish(channel, "to all that are left")
        for exchange in held:
            assert [each["id"] for each in poll_content(connection.answer_of(exchange))["events"]] == [id]


# windows


def test_a_stalled_stream_takes_nothing_from_99_siblings_and_catches_up_when_its_window_opens(server, channel):
    window = 3000
    with server.connect(window=window) as connection:
        streams = streams_on(connection, server, channel, 100, is_stalled=lambda number: number == 0)
        stalled, *others = streams
        ids = [server.publish(channel, "x" * 500) for _ in range(60)]
        for stream in others:
            assert ids_of(stream.take(60)) == ids
        came = stalled.exchange.owed
        assert 0 < came <= window, f"{came} bytes into a window of {window}, which is less than the events"
        connection.unstall(stalled.exchange)
        assert ids_of(stalled.take(60)) == ids
        last = server.publish(channel, "after")
        assert [stream.next().id for stream in streams] == [last] * 100


@pytest.mark.parametrize("window", [1, 100, 1000, 16384, 65535])
def test_events_come_through_a_window_of_any_size(server, channel, window):
    ids = [server.publish(channel, "x" * (50 if window < 100 else 8000)) for _ in range(10)]
    with server.stream(channel_path(channel) + "?since=earliest", window=window) as stream:
        assert ids_of(stream.take(10)) == ids
        ids = [server.publish(channel, "y" * 300) for _ in range(3)]
        assert ids_of(stream.take(3)) == ids


def test_streams_share_a_small_window_of_their_connection(server, channel):
    """65,535 bytes for 10 streams, the least there is, and 200 KB for each of them."""
    with server.connect(connection_window=65535) as connection:
        streams = streams_on(connection, server, channel, 10)
        ids = [server.publish(channel, "x" * 5000) for _ in range(40)]
        for stream in streams:
            assert ids_of(stream.take(40)) == ids


def test_a_poll_s_large_answer_comes_whole_through_a_small_window(server, channel):
    ids = [server.publish(channel, "x" * 10000) for _ in range(30)]
    with server.connect(window=1000) as connection:
        content = poll_content(connection.call("GET", channel_path(channel) + "?since=earliest&wait=0"))
    assert [each["id"] for each in content["events"]] == ids


def test_a_large_publish_goes_through_the_server_s_windows_while_others_do(server, channel):
    line = b'{"data":"' + b"x" * 1000 + b'"}\n'
    with server.connect() as connection:
        (stream,) = streams_on(connection, server, channel, 1)
        answers = [connection.call("POST", channel_path(channel), {"Content-Type": "application/x-ndjson"}, line * 900) for _ in range(3)]
        ids = [id for answer in answers for id in answer.json()["ids"]]
        assert len(ids) == 2700 and ids_of(stream.take(2700)) == ids


# from one to another


def test_a_reader_that_changes_between_http_2_http_1_and_polls_loses_nothing_and_repeats_nothing(module_server, channel):
    path = channel_path(channel)
    cursor = module_server.head_id(path)
    ids = [module_server.publish(channel, str(number)) for number in range(12)]
    found = []
    for road in ("h2", "tls", "http1", "h2c"):
        with module_server.over(road).stream(path, found[-1] if found else cursor) as stream:
            found += ids_of(stream.take(2))
        content = module_server.over(road).poll(path, found[-1], limit=1)
        found.append(content["events"][0]["id"])
    assert found == ids


class Wanderer(Switcher):
    """Takes another road, too, at every step."""

    def step(self):
        self.server = self.server.server.over(self.dice.choice(["http1", "tls", "h2", "h2c"]))
        super().step()


def test_a_reader_that_changes_its_road_at_every_step_loses_nothing_and_repeats_nothing(module_server, channel, dice, note):
    switch_at_random(module_server, [f"{channel}/a", f"{channel}/b"], dice, note, steps=300, reader=Wanderer)


# errors of one request


def refused_alone(connection, server, channel, exchange, sibling):
    """The request is refused by an answer or an error of its stream; the connection and what else is on it go on."""
    try:
        answer = connection.answer_of(exchange, timeout=5)
        assert_problem(answer, 400)
    except Disconnected:
        assert not connection.is_over, "the connection went with it"
        assert exchange.error == ErrorCodes.PROTOCOL_ERROR, exchange.error
    assert connection.goaway is None
    assert connection.call("GET", "/healthz").status == 200
    id = server.publish(channel, "to the sibling")
    assert sibling.next().id == id
    assert len(server.events(channel_path(channel))) == 1, "only that was published"


@pytest.mark.parametrize("change", [
    pytest.param(lambda fields: fields + [(b"Upper-Case", b"x")], id="a name in upper case"),
    pytest.param(lambda fields: fields + [(b"connection", b"close")], id="connection"),
    pytest.param(lambda fields: fields + [(b"keep-alive", b"timeout=5")], id="keep-alive"),
    pytest.param(lambda fields: fields + [(b"proxy-connection", b"close")], id="proxy-connection"),
    pytest.param(lambda fields: fields + [(b"transfer-encoding", b"chunked")], id="transfer-encoding"),
    pytest.param(lambda fields: fields + [(b"upgrade", b"h2c")], id="upgrade"),
    pytest.param(lambda fields: fields + [(b"te", b"gzip")], id="te that is not trailers"),
    pytest.param(lambda fields: [each for each in fields if each[0] != b":path"], id="no :path"),
    pytest.param(lambda fields: [each for each in fields if each[0] != b":method"], id="no :method"),
    pytest.param(lambda fields: [each for each in fields if each[0] != b":scheme"], id="no :scheme"),
    pytest.param(lambda fields: [(name, b"" if name == b":path" else value) for name, value in fields], id="an empty :path"),
    pytest.param(lambda fields: fields[:1] + fields, id=":method twice"),
    pytest.param(lambda fields: fields[:3] + fields[4:] + fields[3:4], id=":path after a field"),
    pytest.param(lambda fields: [(b":unknown", b"x")] + fields, id="an unknown pseudo-header"),
    pytest.param(lambda fields: [(b":status", b"200")] + fields, id=":status"),
    pytest.param(lambda fields: fields + [(b"x", b"a\r\nb")], id="CR and LF in a value"),
    pytest.param(lambda fields: fields + [(b"x", b"a\0b")], id="NUL in a value"),
    pytest.param(lambda fields: fields + [(b"a b", b"x")], id="a blank in a name"),
    pytest.param(lambda fields: fields + [(b"content-length", b"1"), (b"content-length", b"2")], id="two lengths"),
    pytest.param(lambda fields: fields + [(b"content-length", b"+1")], id="a length that is none"),
])
def test_a_malformed_request_is_an_error_of_its_stream_alone(server, channel, change):
    with server.connect(checks_requests=False) as connection:
        (sibling,) = streams_on(connection, server, channel, 1)
        exchange = connection.begin(change(request_fields("POST", channel_path(channel), {"content-type": "text/plain"})), ends=False)
        if not exchange.ended:
            connection.send_body(exchange, b"x")
        refused_alone(connection, server, channel, exchange, sibling)


@pytest.mark.parametrize("declared, sent", [(10, b"abc"), (3, b"abcdefghij"), (1, b""), (0, b"abc")])
def test_content_that_is_not_as_long_as_was_said_is_an_error_of_its_stream_alone(server, channel, declared, sent):
    fields = request_fields("POST", channel_path(channel), {"content-type": "text/plain", "content-length": str(declared)})
    with server.connect() as connection:
        (sibling,) = streams_on(connection, server, channel, 1)
        exchange = connection.begin(fields, ends=not sent)
        connection.send_body(exchange, sent)
        refused_alone(connection, server, channel, exchange, sibling)


@pytest.mark.parametrize("declares", [True, False], ids=["declared", "not declared"])
def test_content_that_is_too_large_is_413_and_the_connection_goes_on(server, channel, declares):
    headers = {"content-type": "text/plain", **({"content-length": "3000000"} if declares else {})}
    with server.connect() as connection:
        (sibling,) = streams_on(connection, server, channel, 1)
        exchange = connection.begin(request_fields("POST", channel_path(channel), headers), ends=False)
        connection.send_body(exchange, b"x" * 3000000)
        assert_problem(connection.answer_of(exchange), 413)
        assert connection.call("GET", "/healthz").status == 200
        id = server.publish(channel, "to the sibling")
        assert sibling.next().id == id


# a server that is full, or stops


def test_a_full_server_says_503_over_http_2_too(pollux):
    server = pollux({"limits": {"connections": 5}})
    streams = [server.stream("/channels/x").opened() for _ in range(5)]
    with server.over("h2").connect() as connection:
        answer = connection.call("GET", "/channels/x?wait=0")
        assert_problem(answer, 503)
        assert int(answer.header("retry-after")) > 0
    with server.over("h2").stream("/channels/x") as stream:
        assert stream.rest() == [] and stream.ended == "clean" and stream.parser.retries, "no reason for an EventSource to give up"
    id = server_publish(server, streams)
    for stream in streams:
        assert stream.next().id == id
        stream.close()


def server_publish(server, streams):
    """By HTTP/2 over the room that one of the streams makes."""
    streams.pop().close()
    for _ in range(200):
        answer = server.over("h2").post("x", "to all")
        if answer.status == 201:
            return answer.json()["id"]
    raise AssertionError("room again, but nobody is let in")


def test_a_server_that_stops_says_goaway_and_ends_what_is_on_the_connection_whole(pollux):
    server = pollux()
    over = server.over("h2")
    with over.connect() as connection:
        streams = streams_on(connection, over, "x", 20)
        id = server.publish("x", "last")
        held = connection.ask("GET", f"/channels/x?wait=60&after={id}")
        connection.call("GET", "/healthz")
        server.terminate()
        for stream in streams:
            assert ids_of(stream.rest()) == [id]
            assert stream.ended == "clean" and stream.parser.at_rest and stream.exchange.error is None
            assert bytes(stream.raw).rstrip(b"\n").rpartition(b"\n")[2].startswith(b"retry: "), "a reconnection time before the end"
        assert len({stream.parser.retries[-1] for stream in streams}) > 5, "spread, so that not all come back at once"
        content = poll_content(connection.answer_of(held))
        assert content["events"] == [] and content["next"] == id
        assert connection.is_closed_within(5) and connection.goaway == ErrorCodes.NO_ERROR
    server.assert_stops(15)


def begin_publish(peer, server):
    """Stream 1, half of a publish: the connection lives until it is whole."""
    peer.send(peer.request(1, "/channels/x", "POST", [("content-type", "text/plain")], end=False) + frame(PING, payload=b"have you"))
    assert peer.until(lambda: peer.acks[PING] == 1)


def test_requests_on_their_way_when_a_server_begins_to_stop_are_served(pollux):
    """A stop is announced before it is done: until the client is known to know, what it sends is served (RFC 9113, section 6.8)."""
    server = pollux()
    with Peer(server.connect()) as peer:
        begin_publish(peer, server)
        server.terminate()
        assert peer.until(lambda: peer.last_streams and peer.pings)
        assert peer.last_streams == [HIGHEST_STREAM], "nothing is refused yet"
        peer.send(peer.request(3))
        assert peer.until(lambda: 3 in peer.done) and peer.status(3) == 200
        peer.acknowledge_pings()
        assert peer.until(lambda: len(peer.last_streams) == 2)
        assert peer.last_streams[1] == 3, "the last that is served"
        peer.send(frame(DATA, END_STREAM, 1, b"last"))
        assert peer.until_closed()
        assert peer.status(1) == 201 and not peer.resets
    server.assert_stops(5)


def test_a_request_behind_the_last_stream_of_a_stop_may_be_made_elsewhere(pollux):
    """By its number the client knows that it was not looked at (RFC 9113, section 6.8); nothing that is said may deny that."""
    server = pollux()
    with Peer(server.connect()) as peer:
        begin_publish(peer, server)
        server.terminate()
        assert peer.until(lambda: peer.pings)
        peer.acknowledge_pings()
        assert peer.until(lambda: peer.last_streams == [HIGHEST_STREAM, 1])
        peer.send(peer.request(3) + frame(DATA, END_STREAM, 1, b"last"))
        assert peer.until_closed()
        assert peer.heads[1][":status"] == "201", "what came before is answered"
        assert 3 not in peer.heads and peer.resets.get(3, REFUSED_STREAM) == REFUSED_STREAM
    server.assert_stops(5)


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "with a request under way"])
def test_a_client_that_does_not_acknowledge_a_stop_does_not_hold_the_server(pollux, is_busy):
    server = pollux()
    with Peer(server.connect()) as peer:
        if is_busy:
            begin_publish(peer, server)
        server.terminate()
        assert peer.until(lambda: len(peer.last_streams) == 2), peer.last_streams
        assert peer.last_streams == [HIGHEST_STREAM, 1 if is_busy else 0]
        peer.send(frame(DATA, END_STREAM, 1, b"last") if is_busy else b"")
        assert peer.until_closed()
        assert not is_busy or peer.status(1) == 201
    server.assert_stops(5)


def test_an_idle_connection_does_not_hold_a_server_that_stops(pollux):
    server = pollux()
    with server.over("h2").connect() as connection:
        assert connection.call("GET", "/healthz").status == 200
        server.terminate()
        assert connection.is_closed_within(5) and connection.goaway == ErrorCodes.NO_ERROR
    server.assert_stops(5)


def test_a_connection_that_is_closed_without_a_word_does_no_harm(server, channel):
    for end in ("close", "reset"):
        connection = server.connect()
        streams_on(connection, server, channel, 20)
        getattr(connection, end)()
    id = server.publish(channel, "after")
    assert [each["id"] for each in server.events(channel_path(channel))] == [id]
