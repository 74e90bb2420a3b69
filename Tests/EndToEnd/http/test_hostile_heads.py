"""Broken and odd heads: each is a problem or served, and smuggles nothing."""

import pytest

from harness import channel_path
from hostile import raw, still_serving  # noqa: F401
from wire import STREAM, Disconnected, assert_problem, request_bytes


def assert_broken_head(server, data, *statuses):
    """Answered with a problem, and then closed: what follows could be anything."""
    connection, answer = raw(server, data)
    with connection:
        assert_problem(answer, *statuses)
        assert connection.is_closed_within(5), "the connection is closed after an error of HTTP itself"


H = b"Host: x\r\n"
BROKEN_HEADS = {
    "no version": (b"GET /healthz\r\n\r\n", 400, 505),
    "only a line end": (b"\r\n\r\nX\r\n\r\n", 400),
    "a binary line": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a space before the method": (b" GET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a version of letters": (b"GET / HTTP/x.y\r\n" + H + b"\r\n", 400, 505),
    "another protocol": (b"GET / HTTQ/1.1\r\n" + H + b"\r\n", 400, 505),
    "version 9.9": (b"GET / HTTP/9.9\r\n" + H + b"\r\n", 400, 505),
    "a word after the version": (b"GET / HTTP/1.1 x\r\n" + H + b"\r\n", 400, 505),
    "a space in the target": (b"GET /a b HTTP/1.1\r\n" + H + b"\r\n", 400, 505),
    "a NUL in the target": (b"GET /a\x00b HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a control in the target": (b"GET /a\x01b HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a DEL in the target": (b"GET /a\x7fb HTTP/1.1\r\n" + H + b"\r\n", 400),
    "no target": (b"GET  HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a relative target": (b"GET healthz HTTP/1.1\r\n" + H + b"\r\n", 400, 404),
    "no colon in a field": (b"GET / HTTP/1.1\r\n" + H + b"nonsense\r\n\r\n", 400),
    "a blank before the colon": (b"GET / HTTP/1.1\r\n" + H + b"X-A : 1\r\n\r\n", 400),
    "a field without a name": (b"GET / HTTP/1.1\r\n" + H + b": 1\r\n\r\n", 400),
    "a NUL in a field's name": (b"GET / HTTP/1.1\r\n" + H + b"X\x00A: 1\r\n\r\n", 400),
    "a NUL in a field": (b"GET / HTTP/1.1\r\n" + H + b"X-A: a\x00b\r\n\r\n", 400),
    "a control in a field": (b"GET / HTTP/1.1\r\n" + H + b"X-A: a\x01b\r\n\r\n", 400),
    "a lone CR in a field": (b"GET / HTTP/1.1\r\n" + H + b"X-A: a\rb\r\n\r\n", 400),
    "a folded field": (b"GET / HTTP/1.1\r\n" + H + b"X-A: a\r\n b\r\n\r\n", 400),
    "a fold before the first field": (b"GET / HTTP/1.1\r\n X-A: a\r\n" + H + b"\r\n", 400),
    "two lengths": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 400),
    "two lengths in one field": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: 1, 2\r\n\r\nxy", 400),
    "a length and chunks": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 400),
    "chunks and a length": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n1\r\nx\r\n0\r\n\r\n", 400),
    "a negative length": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: -1\r\n\r\nx", 400),
    "a length with a plus": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: +1\r\n\r\nx", 400),
    "a length of letters": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: x\r\n\r\nx", 400),
    "a hexadecimal length": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: 0x1\r\n\r\nx", 400),
    "an empty length": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: \r\n\r\n", 400),
    "a length beyond 64 bits": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: 18446744073709551617\r\n\r\nx", 400, 413),
    "a length of 30 digits": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nx", 400, 413),
    "an unknown coding": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: bogus\r\n\r\nx", 400, 501),
    "chunked is not last": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked, bogus\r\n\r\n0\r\n\r\n", 400, 501),
    "chunked spelled with a trick": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, 501),
    "a chunk size of letters": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nx\r\n0\r\n\r\n", 400),
    "a negative chunk size": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n", 400),
    "a chunk size beyond 64 bits": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nx\r\n", 400, 413),
    "a chunk that is longer than it says": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n", 400),
    "an empty chunk size": (b"POST /channels/h HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n\r\nx\r\n0\r\n\r\n", 400),
    "a head of 20 KB": (b"GET / HTTP/1.1\r\n" + H + b"X-A: " + b"a" * 20000 + b"\r\n\r\n", 431),
    "a head of 100 KB": (b"GET / HTTP/1.1\r\n" + H + b"X-A: " + b"a" * 100000 + b"\r\n\r\n", 431),
    "a head of 1 MB": (b"GET / HTTP/1.1\r\n" + H + b"X-A: " + b"a" * 1000000 + b"\r\n\r\n", 431),
    "a target of 20 KB": (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + H + b"\r\n", 414, 431),
    "2,000 fields": (b"GET / HTTP/1.1\r\n" + H + b"".join(b"X-%d: 1234567890\r\n" % n for n in range(2000)) + b"\r\n", 431),
    "a method of 20 KB": (b"G" * 20000 + b" / HTTP/1.1\r\n" + H + b"\r\n", 400, 431, 501),
}


@pytest.mark.parametrize("case", BROKEN_HEADS.values(), ids=BROKEN_HEADS.keys())
def test_a_broken_head_is_a_problem_and_the_end_of_the_connection(server, case):
    data, *statuses = case
    assert_broken_head(server, data, *statuses)


@pytest.mark.parametrize("data", [
    b"GET /healthz HTTP/1.1\nHost: x\n\n", b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-\xe9: \xff\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", b"GET /healthz?\xff HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /healthz#x HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.0\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n",
    b"GET /channels/%E4?wait=0 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /channels/\xc3\xbc?wait=0 HTTP/1.1\r\nHost: x\r\n\r\n",
])
def test_what_is_odd_is_either_served_or_refused_in_good_form(server, data):
    """The standards leave these to the server; HTTP/2's preface may also be taken up, or dropped."""
    try:
        connection, answer = raw(server, data)
    except Disconnected:
        assert data.startswith(b"PRI")
        return
    except AssertionError:
        assert data.startswith(b"PRI"), "only HTTP/2 may be answered with something that is no HTTP/1"
        return
    with connection:
        if answer.status >= 400:
            assert_problem(answer, answer.status)
        else:
            assert answer.status in (200, 204), answer


def test_two_lengths_smuggle_no_second_request(server, channel):
    inner = request_bytes("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"smuggled")
    for head in (b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(inner)), b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                 b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 3\r\n", b"Transfer-Encoding:\tchunked\r\ncontent-length: 3\r\n", b"Content-Length: 3\r\nContent-Length: 0\r\n"):
        connection, answer = raw(server, b"POST /channels/other HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n0\r\n\r\n" + inner)
        with connection:
            assert answer.status in (400, 501), answer
            assert connection.is_closed_within(5)
    assert server.events(channel_path(channel)) == []


def test_garbage_that_is_pipelined_behind_a_good_request_is_an_error_of_its_own(server, channel):
    with server.connect() as connection:
        connection.send(request_bytes("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"good") + b"\x00garbage\r\n\r\n")
        assert connection.read_answer().status == 201
        assert_problem(connection.read_answer(), 400)
        assert connection.is_closed_within(5)
    assert [each["data"] for each in server.events(channel_path(channel))] == ["good"]


def test_garbage_that_is_pipelined_behind_a_stream_s_request_does_no_harm(server, channel):
    connection = server.connect()
    connection.send(request_bytes("GET", channel_path(channel), {"Accept": STREAM}) + b"\x00garbage\r\n\r\n" * 100)
    try:
        answer = connection.read_head()
        assert answer.status in (200, 400)
    except Disconnected:
        pass
    connection.close()
