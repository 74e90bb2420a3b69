"""Requests that are slow or silent are ended in time, and connections that are reset do no harm."""

import threading
import time

import pytest

from harness import channel_path
from hostile import still_serving  # noqa: F401
from wire import STREAM, Disconnected, assert_problem, eventually, request_bytes

CONFIGURATION = {"limits": {"headTimeout": "1s", "bodyTimeout": "1s"}, "stream": {"heartbeat": "1s"}}


def test_a_slow_head_is_ended_in_time(module_server):
    server = module_server
    begun = time.monotonic()
    with server.connect() as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        ended_well(connection)
    assert 0.5 < time.monotonic() - begun < 4


def test_a_head_that_drips_is_ended_in_time(module_server):
    """Slowloris: each byte on its own must not begin the time anew."""
    with module_server.connect() as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        begun, ended = time.monotonic(), False
        while not ended and time.monotonic() - begun < 6:
            try:
                connection.send(b"X-A: b\r\n")
            except (BrokenPipeError, ConnectionResetError):
                ended = True
            ended = ended or connection.has_input(0.2)
        assert ended and time.monotonic() - begun < 4
        ended_well(connection)


def ended_well(connection):
    """Closed, or answered with 408 and closed."""
    try:
        assert_problem(connection.read_answer(timeout=5), 408)
        assert connection.is_closed_within(2)
    except Disconnected:
        pass


@pytest.mark.parametrize("framing, part", [(b"Content-Length: 100\r\n", b"abc"), (b"Transfer-Encoding: chunked\r\n", b"5\r\nab")], ids=["length", "chunks"])
def test_a_slow_body_is_ended_in_time(module_server, channel, framing, part):
    begun = time.monotonic()
    with module_server.connect() as connection:
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + framing + b"\r\n" + part)
        ended_well(connection)
    assert 0.5 < time.monotonic() - begun < 4
    assert module_server.events(channel_path(channel)) == []


def test_a_connection_that_says_nothing_is_ended(module_server):
    with module_server.connect() as connection:
        assert connection.is_closed_within(6)


def test_the_time_limits_do_not_end_streams_polls_and_idle_connections_that_are_in_use(module_server, channel):
    """The head of a request is under a limit, not the life of its connection."""
    with module_server.stream(channel_path(channel)) as stream, module_server.connect() as polls:
        polls.ask("GET", channel_path(channel) + "?wait=20&lastEventId=" + module_server.head_id(channel_path(channel)))
        stream.opened().until(lambda stream: len(stream.parser.retries) >= 4, timeout=10)
        id = module_server.publish(channel, "after")
        assert stream.next().id == id
        assert [each["id"] for each in polls.read_answer().json()["events"]] == [id]


def test_many_slow_heads_do_not_keep_others_out(module_server):
    slow = [module_server.connect() for _ in range(300)]
    for connection in slow:
        connection.send(b"GET / HTTP/1.1\r\n")
    begun = time.monotonic()
    assert module_server.call("GET", "/healthz").status == 200
    assert time.monotonic() - begun < 1
    for connection in slow:
        connection.close()


def test_abrupt_resets_of_streams_and_polls_do_no_harm(server, channel):
    path = channel_path(channel)
    before = eventually(lambda: server.descriptors(), 1)
    stop = threading.Event()
    published = []

    def publish():
        while not stop.is_set():
            published.append(server.publish(channel, "x" * 1000))

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        with server.stream(path) as witness:
            witness.opened()
            for round_ in range(5):
                readers = []
                for number in range(60):
                    connection = server.connect(receive_buffer=4096 if number % 2 else None)
                    connection.ask("GET", path + ("?since=earliest" if number % 3 else ""), {"Accept": STREAM if number % 4 else "application/json"})
                    readers.append(connection)
                for connection in readers[:20]:
                    connection.has_input(0.05)
                for connection in readers:
                    connection.reset()
            first = witness.next().id
            seen = [first]
            while len(seen) < 50:
                seen.append(witness.next().id)
    finally:
        stop.set()
        publisher.join(10)
    start = published.index(seen[0])
    assert seen == published[start : start + len(seen)], "the one that stayed lost nothing"
    eventually(lambda: server.descriptors() <= before + 2, 10, "the descriptors of the others are given back")


def test_resets_in_the_middle_of_heads_and_bodies_do_no_harm(server, channel):
    whole = request_bytes("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"hello")
    before = server.descriptors()
    for end in range(0, len(whole) - 5, 3):
        connection = server.connect()
        connection.send(whole[:end])
        connection.reset()
    assert server.events(channel_path(channel)) == []
    eventually(lambda: server.descriptors() <= before + 2, 10, "the descriptors are given back")
