"""Bodies that are cut, too long or framed oddly."""

import socket

import pytest

from harness import channel_path
from hostile import raw, still_serving  # noqa: F401
from wire import Disconnected, assert_problem, eventually, request_bytes


def test_a_body_that_ends_too_early_is_no_event(server, channel):
    for head in (b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"):
        connection = server.connect()
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + head + b"\r\n" + b"5\r\nhello\r\n")
        connection.socket.shutdown(socket.SHUT_WR)
        connection.is_closed_within(5)
        connection.close()
    assert server.events(channel_path(channel)) == []


def test_an_oversize_body_that_is_declared_is_413(server, channel):
    data = request_bytes("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"x" * 70000)
    connection, answer = raw(server, data)
    with connection:
        problem = assert_problem(answer, 413)
    assert "64" in problem["detail"] or "65" in problem["detail"], "the limit is named"
    assert server.events(channel_path(channel)) == []


def test_an_oversize_body_is_refused_before_it_is_sent(server, channel):
    with server.connect() as connection:
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10000000000\r\n\r\n")
        assert_problem(connection.read_answer(timeout=3), 413)


def test_an_oversize_body_in_chunks_is_413(server, channel):
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    data = b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 600 + b"0\r\n\r\n"
    connection, answer = raw(server, data)
    with connection:
        assert_problem(answer, 413)
    assert server.events(channel_path(channel)) == []


def test_a_body_without_an_end_is_413_at_its_limit(server, channel):
    """Chunks for ever: the answer comes long before the client has had enough."""
    with server.connect() as connection:
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 64 << 20 and not connection.has_input():
                connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 32 << 20, "the server read on and on"
        try:
            assert_problem(connection.read_answer(), 413)
        except Disconnected:
            assert sent > 1 << 20, "reset with data on its way, but not before the limit"


@pytest.mark.parametrize("extra", [b";ext=1", b";ext=\"a;b\"", b"   "])
def test_chunk_extensions_and_trailers_are_passed_over_or_refused(server, channel, extra):
    data = b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5" + extra + b"\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"
    connection, answer = raw(server, data)
    with connection:
        if answer.status != 201:
            assert_problem(answer, 400)
        else:
            assert [each["data"] for each in server.events(channel_path(channel))] == ["hello"]


def test_expect_100_continue_is_answered_before_the_body(server, channel):
    with server.connect() as connection:
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        eventually(lambda: connection.has_input(0.1), 3, "100 Continue")
        connection.send(b"hello")
        answer = connection.read_answer()
        assert [each.status for each in connection.interim] == [100] and answer.status == 201


def test_expect_100_continue_of_an_oversize_body_is_refused_at_once(server, channel):
    with server.connect() as connection:
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n")
        answer = connection.read_answer(timeout=3)
        assert connection.interim == [], "no invitation to send what is not wanted"
        assert_problem(answer, 413)
