"""A client that closes its sending half behind a whole request gets all that it is owed."""

import pytest

from asking import half_close, until_read
from harness import channel_path, poll_content
from wire import STREAM, eventually, request_bytes


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_held_poll_is_answered_when_an_event_comes(server, channel, method):
    path = channel_path(channel)
    cursor = server.head_id(path)
    with server.connect() as connection:
        if method == "GET":
            connection.ask("GET", f"{path}?wait=60&transport=poll&lastEventId={cursor}")
        else:
            connection.ask("POST", "/events", {"Content-Type": "application/x-www-form-urlencoded"}, f"channel={channel}&wait=60&transport=poll&lastEventId={cursor}".encode())
        half_close(connection)
        until_read(connection)
        assert not connection.has_input(0.3), "the poll is held"
        id = server.publish(channel, "x")
        assert [event["id"] for event in poll_content(connection.read_answer())["events"]] == [id]
        assert connection.is_closed_within(5), "nothing more can be asked"


@pytest.mark.parametrize("transport", ["poll", "poll-sse"])
def test_a_held_poll_is_answered_when_its_wait_ends(server, channel, transport):
    with server.connect() as connection:
        connection.ask("GET", f"{channel_path(channel)}?wait=1&transport={transport}")
        half_close(connection)
        assert connection.read_answer().status == 200
        assert connection.is_closed_within(5)


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_stream_goes_on_and_ends_whole(server, channel, version):
    with server.stream(channel_path(channel) + "?budget=2000", version=version) as stream:
        stream.opened()
        half_close(stream.connection)
        until_read(stream.connection)
        ids = [server.publish(channel, "x" * 300) for _ in range(3)]
        assert [event.id for event in stream.take(3)] == ids
        for _ in range(5):
            server.publish(channel, "x" * 300)
        stream.rest()
        assert stream.ended == "clean"


def test_a_stream_is_ended_whole_when_the_server_stops(pollux):
    server = pollux()
    stream = server.stream("/channels/x").opened()
    half_close(stream.connection)
    until_read(stream.connection)
    id = server.publish("x", "last")
    assert stream.next().id == id
    server.terminate()
    assert stream.rest() == [] and stream.ended == "clean"
    stream.close()
    server.assert_stops()


def test_heartbeats_go_on(server, channel):
    with server.stream(channel_path(channel) + "?heartbeat=1") as stream:
        stream.opened()
        half_close(stream.connection)
        stream.until(lambda stream: len(stream.parser.retries) >= 3)


def test_all_that_was_pipelined_is_answered(server, channel):
    path = channel_path(channel)
    requests = [request_bytes("POST", path, {"Content-Type": "text/plain"}, b"%d" % number) for number in range(20)]
    cursor = server.head_id(path)
    with server.connect() as connection:
        connection.send(b"".join(requests) + request_bytes("GET", f"{path}?transport=poll&wait=0&lastEventId={cursor}") + request_bytes("GET", "/index.html"))
        half_close(connection)
        ids = [connection.read_answer().json()["id"] for _ in requests]
        assert [event["id"] for event in connection.read_answer().json()["events"]] == ids
        assert connection.read_answer().status == 200
        assert connection.is_closed_within(5)


@pytest.mark.parametrize("end", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"POST /channels/half HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhell",
                                 b"POST /channels/half HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"])
def test_a_request_that_is_not_whole_is_not_done(server, end):
    with server.connect() as connection:
        connection.send(request_bytes("GET", "/healthz") + end)
        half_close(connection)
        assert connection.read_answer().status == 200, "the whole one before it is answered"
        assert connection.is_closed_within(5)
    assert server.events("/channels/half") == []


def test_those_who_are_gone_altogether_are_let_go(server, channel):
    """From a half-closed connection they differ only when something is written."""
    path = channel_path(channel)
    before = server.descriptors()
    for _ in range(20):
        server.stream(path + "?heartbeat=0").opened().close()
        connection = server.connect()
        connection.send(request_bytes("GET", f"{path}?wait=1&transport=poll"))
        connection.close()
    eventually(lambda: server.descriptors() <= before + 2, 15, "their descriptors are given back")


def test_a_stream_of_a_client_that_is_heard_no_more_is_still_a_stream_for_others(server, channel):
    with server.stream(channel_path(channel)) as one, server.stream(channel_path(channel), headers={"Accept": STREAM}) as other:
        one.opened(), other.opened()
        half_close(one.connection)
        ids = [server.publish(channel, str(number)) for number in range(3)]
        assert [event.id for event in one.take(3)] == ids and [event.id for event in other.take(3)] == ids
