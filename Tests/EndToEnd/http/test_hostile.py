"""Broken, oversized and malicious requests: each is answered as documented, and the server goes on."""

import json
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import Server, channel_path, running
from wire import PROBLEM, STREAM, Answer, Connection, Disconnected, assert_problem, eventually, request_bytes

CONFIGURATION = {"limits": {"headTimeout": "1s", "bodyTimeout": "1s"}, "stream": {"heartbeat": "1s"}}


@pytest.fixture(autouse=True)
def still_serving(request):
    """After each test the server answers a normal request."""
    servers = [request.getfixturevalue(name) for name in ("server", "module_server", "files") if name in request.fixturenames]
    yield
    for server in servers:
        if server.is_alive:  # if not, its own fixture tells
            assert server.call("GET", "/healthz").status == 200


def raw(server, data, timeout=8.0):
    """Send bytes, and read one answer; the connection is left to the caller."""
    connection = server.connect(timeout)
    try:
        connection.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # answered before it had read all; the answer is still to be read
    return connection, connection.read_answer()


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


def test_a_body_that_ends_too_early_is_no_event(server, channel):
    for head in (b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"):
        connection = server.connect()
        connection.send(b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + head + b"\r\n" + b"5\r\nhello\r\n")
        connection.socket.shutdown(socket.SHUT_WR)
        connection.is_closed_within(5)
        connection.close()
    assert server.events(channel_path(channel)) == []


# sizes


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


# queries


@pytest.mark.parametrize("query", ["wait=%ZZ", "wait=%", "limit=%FF", "since=%00", "transport=%FF", "transport=sse%00", "wait=" + "9" * 5000, "limit=1.5.2", "limit=\u0661", "wait=NaN", "wait=inf", "limit=nan",
                                   "heartbeat=1e400", "budget=0x10", "evs_preamble=-1", "since=-99999999999999999999x", "envelope=%00"])
def test_a_query_that_cannot_be_read_is_400_or_cut(server, query):
    answer = server.call("GET", "/channels/h?" + query, {"Accept": "application/json"} if "wait" in query else {"Accept": STREAM}, timeout=4) if not query.startswith("wait=999") else server.call("HEAD", "/channels/h?" + query)
    if query.startswith("wait=999"):
        assert answer.status in (200, 400)
    else:
        assert_problem(answer, 400)


@pytest.mark.parametrize("query", ["%FF=1", "%=1", "%ZZ", "=&=&==&&&", "a" * 5000 + "=1", "&" * 3000, "%00=%00", "a=%FF", "wait[]=1", "ch%C3%A4nnel=1", "\u00fc=1", "x=" + "%41" * 1000])
def test_an_unknown_parameter_is_passed_over_however_odd(server, query):
    answer = server.call("GET", "/channels/h?wait=0&" + query)
    if answer.status != 200:
        assert_problem(answer, 400)
        assert not query.isascii(), "only a target that is not ASCII may be refused"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\xc3\x28", b"a\tb", b"\xed\xa0\x80", b"a" * 8000])
def test_a_last_event_id_of_odd_bytes_is_a_gap_or_refused(server, channel, value):
    server.publish(channel, "kept")
    connection, answer = raw(server, b"GET " + channel_path(channel).encode() + b"?wait=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: " + value + b"\r\n\r\n")
    with connection:
        if answer.status != 200:
            assert_problem(answer, 400)
        else:
            assert answer.json()["gap"]["reason"] == "unknown" and len(answer.json()["events"]) == 1


@pytest.mark.parametrize("query", ["lastEventId=%FF", "lastEventId=%", "after=%ZZ", "lastEventId=%C3"])
def test_a_cursor_in_the_query_that_is_no_utf_8_is_a_gap_or_refused(server, channel, query):
    server.publish(channel, "kept")
    answer = server.call("GET", f"{channel_path(channel)}?wait=0&{query}")
    if answer.status != 200:
        assert_problem(answer, 400)
    else:
        assert answer.json()["gap"]["reason"] == "unknown"


@pytest.mark.parametrize("body", [b"\xff", b"channel=%FF", b"channel=", b"", b"a" * 200000, b"channel=x&channel=%00", b"&".join(b"channel=%d" % n for n in range(300))])
def test_a_bad_form_at_events_is_refused(server, body):
    answer = server.call("POST", "/events", {"Content-Type": "application/x-www-form-urlencoded", "Accept": STREAM}, body)
    assert_problem(answer, 400, 413, 422)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_events_takes_a_form_only(server, content_type):
    answer = server.call("POST", "/events?wait=0", {"Content-Type": content_type}, b'{"channel":"x"}')
    assert_problem(answer, 400, 415, 422)


# files


@pytest.fixture(scope="module")
def files(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    public = folder / "public"
    (public / "below").mkdir(parents=True)
    (public / "index.html").write_text("front", "utf-8")
    (public / "below" / "page.html").write_text("below", "utf-8")
    (folder / "secret.txt").write_text("SECRET", "utf-8")
    (folder / "public-too").mkdir()
    (folder / "public-too" / "secret.txt").write_text("SECRET", "utf-8")
    with running(Server(binary, folder, {"publicFolder": str(public)})) as server:
        yield server


UPS = ["..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "..%00", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "..;", "..%20", "....", "%uff0e%uff0e", "%5c..", "..%5c", "..%09", "\u2025"]
SLASHES = ["/", "%2f", "%2F", "\\", "%5c", "%252f", "//", "/./", "%c0%af", "%00/", "%2f%2f"]
TRAVERSALS = sorted({f"/{prefix}{up}{slash}{target}" for up in UPS for slash in SLASHES for prefix in ("", "below/..", "below" + slash + up + slash) for target in ("secret.txt", "public-too/secret.txt")})
TRAVERSALS += ["//etc/passwd", "/%2fetc%2fpasswd", "/etc/passwd", "///etc/passwd", "http://x/../secret.txt", "/index.html/../../secret.txt", "/index.html%00/../../secret.txt", "/file:///etc/passwd",
               "/" + "../" * 30 + "etc/passwd", "/" + "%2e%2e%2f" * 30 + "etc/passwd", "/..", "/%2e%2e", "/../public-too", "/below/%2e%2e/%2e%2e/secret.txt", "/-too/secret.txt", "/..\\..\\secret.txt"]


def test_no_spelling_of_a_path_leaves_the_public_folder(files):
    statuses = Counter()
    for target in TRAVERSALS:
        for version in ("1.1",):
            with files.connect() as connection:
                connection.send(f"GET {target} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n".encode("utf-8"))
                answer = connection.read_answer()
        statuses[answer.status] += 1
        assert b"SECRET" not in answer.body and b"root:" not in answer.body, f"{target}: {answer}"
        if answer.status == 200:
            assert answer.body == b"front", f"{target}: {answer}"
        else:
            assert 400 <= answer.status < 500, f"{target}: {answer}"
            assert_problem(answer, answer.status)
    assert set(statuses) <= {200, 400, 404}, statuses


@pytest.mark.parametrize("target", ["/below", "/below/"])
def test_a_folder_is_not_listed(files, target):
    answer = files.call("GET", target)
    assert answer.status in (301, 307, 308, 403, 404) and b"page.html" not in answer.body


def test_a_link_out_of_the_public_folder_is_not_followed_to_a_secret(files):
    import os

    public = files.folder / "public"
    link = public / "link.txt"
    if not link.exists():
        os.symlink(files.folder / "secret.txt", link)
    answer = files.call("GET", "/link.txt")
    assert b"SECRET" not in answer.body, "whoever may write a link into the folder could read any file of the server's"


# time


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


# resets


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


# random


TEMPLATES = [
    request_bytes("GET", "/channels/fuzz?wait=0&since=-3", {"Accept": "application/json"}),
    request_bytes("GET", "/channels/fuzz?transport=sse&budget=100&since=-1&open=id", {"Accept": STREAM, "User-Agent": "Mozilla/5.0"}),
    request_bytes("GET", "/events?channel=fuzz&channel=f%2Fz&wait=0&transport=poll-sse&envelope=json", {"Last-Event-ID": "8k2mfx3q-1041", "Origin": "http://a.example"}),
    request_bytes("POST", "/channels/fuzz?event=price", {"Content-Type": "application/json", "Idempotency-Key": "k"}, b'{"a":[1,2,{"b":"x\\u00e9"}],"c":-1.5e+3,"d":null}'),
    request_bytes("POST", "/channels/fuzz", {"Content-Type": "text/plain;charset=utf-8"}, "grüße\r\nzwei".encode("utf-8")),
    request_bytes("POST", "/channels/fuzz", {"Content-Type": "application/x-www-form-urlencoded"}, b"data=a%C3%BC+b&event=tick"),
    request_bytes("POST", "/channels/fuzz", {"Content-Type": "application/x-ndjson"}, b'{"event":"a","data":{"n":1}}\n\n{"data":"two"}\n'),
    request_bytes("POST", "/channels/fuzz", {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n3;x=y\r\n ab\r\n0\r\nX-T: 1\r\n\r\n"),
    request_bytes("POST", "/events", {"Content-Type": "application/x-www-form-urlencoded"}, b"channel=fuzz&wait=0&transport=poll&Last-Event-ID=x"),
    request_bytes("OPTIONS", "/channels/fuzz", {"Origin": "http://a.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}),
    request_bytes("DELETE", "/channels/fuzz-deleted"),
    request_bytes("HEAD", "/index.html", {"Accept-Encoding": "gzip"}),
    request_bytes("GET", "/channels/fuzz?evs_preamble=100&evs_buffer_size_limit=300&evs_last_event_id=a-1&padding=true&r=1"),
]
TOKENS = [b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b"%", b"%00", b"%2e", b"..", b"/", b"&", b"=", b"-1", b"99999999999999999999", b"chunked", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"{", b"[" * 70,
          b'"', b"\\u0000", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"a" * 300, b":", b";", b" ", b"\t", b"HTTP/1.0", b"wait=0", b"id: x\n", b"data", b"pollux.", b"\xe2\x80\xa8", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"0\r\n\r\n"]


def mutated(dice):
    data = bytearray(dice.choice(TEMPLATES))
    for _ in range(dice.choice([1, 1, 2, 3, 8])):
        at = dice.randrange(len(data) + 1)
        way = dice.randrange(7)
        if way == 0:
            data[at:at] = dice.choice(TOKENS)
        elif way == 1:
            del data[at : at + dice.choice([1, 1, 2, 10])]
        elif way == 2 and at < len(data):
            data[at] = dice.randrange(256)
        elif way == 3 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif way == 4:
            token = dice.choice(TOKENS)
            data[at : at + len(token)] = token
        elif way == 5:
            end = min(len(data), at + dice.randrange(1, 40))
            data[at:at] = data[at:end]
        elif way == 6 and dice.random() < 0.3:
            del data[at:]
        if not data:
            data = bytearray(b"\r\n")
    return bytes(data)


def try_out(server, data, patience):
    """Send it; what comes back within a moment must be HTTP, and if an error, told as one. The first status, or a word."""
    connection = Connection(server.address, timeout=5)
    try:
        connection.send(data)
        if not connection.has_input(patience):
            return "waits"
        deadline = time.monotonic() + 5
        head = Answer(connection.read_until(b"\r\n\r\n", deadline))
        if head.status == 100:
            return 100
        if head.status >= 500 and head.status not in (501, 505):
            raise AssertionError(f"{head}")
        if head.status >= 400:
            assert head.header("access-control-allow-origin") == "*", head
            assert head.media_type in (PROBLEM, "text/html"), head
            if not data.startswith(b"HEAD") and head.media_type == PROBLEM:
                body = connection.read_exactly(int(head.header("content-length") or 0), deadline) if head.header("content-length") else b""
                if body:
                    problem = json.loads(body.decode("utf-8"))
                    assert problem["status"] == head.status and problem["title"] and problem["detail"] and problem["type"], problem
                    assert not any(line.startswith(b"data") for line in body.splitlines()), body
        return head.status
    except (Disconnected, ConnectionResetError, BrokenPipeError):
        return "closed"
    finally:
        connection.reset()


def test_2000_mutated_requests_are_answered_in_good_form(server, dice, note):
    before = server.descriptors()
    requests = [mutated(dice) for _ in range(2000)]
    failures = []

    def one(data):
        try:
            return try_out(server, data, 0.15)
        except Exception as problem:  # noqa: BLE001, all are shown together
            failures.append((data, problem))
            return "failed"

    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(one, requests))
    note(f"fuzz: {dict(sorted(results.items(), key=lambda item: -item[1]))} in {time.monotonic() - begun:.1f} s")
    assert not failures, f"{len(failures)} answers in bad form, the first: {failures[0]}"
    assert server.is_alive
    assert results[400] > 100 and results[201] + results[200] > 300, "the mutations are neither too strong nor too weak"
    eventually(lambda: server.descriptors() <= before + 2, 10, "the descriptors are given back")


def test_random_bytes_are_answered_or_closed(server, dice):
    for _ in range(200):
        data = dice.randbytes(dice.randrange(1, 600)) + dice.choice([b"", b"\r\n\r\n"])
        assert try_out(server, data, 0.05) in ("waits", "closed", 400, 431, 501, 505)


def test_random_json_is_taken_or_refused_as_python_does(server, channel, dice):
    """A second opinion on the grammar; Python's own leniences are taken out."""

    def no_constants(name):
        raise ValueError(name)

    def no_repeats(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError("repeated key")
        return dict(pairs)

    source = b'{"a":[1,-2.5e+3,{"b":"x\\u00e9\\n\\"q"}],"c":null,"d":[true,false,"","\\/"],"e":0.1}'
    with server.connect() as connection:
        for _ in range(1500):
            body = bytearray(source)
            for _ in range(dice.choice([1, 1, 2])):
                at = dice.randrange(len(body))
                if dice.random() < 0.4:
                    del body[at]
                elif dice.random() < 0.5:
                    body[at:at] = dice.choice([b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"0", b"-", b"+", b".", b"e", b" ", b"1", b"n", b"\t", b"\n"])
                else:
                    body[at : at + 1] = dice.choice([b"{", b"}", b",", b":", b'"', b"\\", b"0", b".", b"E", b" ", b"u", b"\x1f"])
            text = body.decode("ascii")
            try:
                parsed = json.loads(text, parse_constant=no_constants, object_pairs_hook=no_repeats)
            except (ValueError, RecursionError):
                parsed, expected = None, 400
            else:
                expected = 201
            answer = connection.call("POST", channel_path(channel), {"Content-Type": "application/json"}, bytes(body))
            assert answer.status == expected, f"{text!r}: {answer}"
            if expected == 201:
                data = server.poll(channel_path(channel), since="-1", wait=0)["events"][0]["data"]
                assert json.loads(data) == parsed and len(data) <= len(text), f"{text!r} became {data!r}"
