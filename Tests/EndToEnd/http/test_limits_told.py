"""An answer about a limit names it for programs, too: the members `limit` and `most` of the problem."""

import pytest

from harness import channel_path
from wire import assert_problem

KB, MB = 1 << 10, 1 << 20
CONFIGURATION = {"limits": {"headSize": "4KB", "headerCount": 30, "eventSize": "8KB", "batchSize": "32KB", "bodySize": "64KB", "channels": 5}}
ROADS = pytest.mark.roads("http1", "h2")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server(module_server, road):
    return module_server.over(road)


def assert_told(answer, status, key, most):
    problem = assert_problem(answer, status)
    assert (problem.get("limit"), problem.get("most")) == (key, most), problem
    assert key in problem["detail"], f"for people, too: {problem}"


CHANNELS = "&".join(f"channel={number}" for number in range(6))
REQUESTS = {
    "channels in the query": ("GET", f"/events?{CHANNELS}", None, None, 400, "limits.channels", 5),
    "channels of a stream": ("GET", f"/events?{CHANNELS}&transport=sse", None, None, 400, "limits.channels", 5),
    "channels in a form": ("POST", "/events", FORM, CHANNELS.encode(), 400, "limits.channels", 5),
    "an event": ("POST", "/channels/limits", "text/plain", b"x" * (9 * KB), 413, "limits.eventSize", 8 * KB),
    "an event of JSON": ("POST", "/channels/limits", "application/json", b'"' + b"x" * (9 * KB) + b'"', 413, "limits.eventSize", 8 * KB),
    "an event of a form": ("POST", "/channels/limits", FORM, b"data=" + b"x" * (9 * KB), 413, "limits.eventSize", 8 * KB),
    "an event with its type": ("POST", "/channels/limits?event=" + "t" * 100, "text/plain", b"x" * (8 * KB - 50), 413, "limits.eventSize", 8 * KB),
    "an event of a batch": ("POST", "/channels/limits", "application/x-ndjson", b'{"data":"' + b"x" * (9 * KB) + b'"}\n', 413, "limits.eventSize", 8 * KB),
    "a batch": ("POST", "/channels/limits", "application/x-ndjson", b'{"data":1}\n' * 4000, 413, "limits.batchSize", 32 * KB),
    "a content": ("POST", "/events", FORM, b"channel=x&" + b"y" * (70 * KB), 413, "limits.bodySize", 64 * KB),
}


@ROADS
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_that_is_over_a_limit_is_told_which_and_how_much_would_do(server, request_):
    method, target, content_type, body, status, key, most = request_
    assert_told(server.call(method, target, {"Content-Type": content_type} if content_type else {}, body), status, key, most)


def test_a_content_that_is_only_announced_is_told_too(module_server, channel):
    with module_server.connect() as connection:
        connection.send(f"POST {channel_path(channel)} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10000000\r\n\r\n".encode())
        problem = assert_problem(connection.read_answer(), 413)
    assert (problem["limit"], problem["most"]) in (("limits.eventSize", 8 * KB), ("limits.bodySize", 64 * KB)), problem


def test_a_content_of_chunks_is_told_too(module_server):
    with module_server.connect() as connection:
        connection.send(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 20)
        assert_told(connection.read_answer(), 413, "limits.bodySize", 64 * KB)


@ROADS
@pytest.mark.parametrize("headers, target, key, most", [
    ([("X", "y" * 5 * KB)], "/healthz", "limits.headSize", 4 * KB), ([(f"X-{number}", "y" * 300) for number in range(20)], "/healthz", "limits.headSize", 4 * KB),
    ([], "/healthz?" + "x" * 5 * KB, "limits.headSize", 4 * KB), ([(f"X-{number}", "y") for number in range(40)], "/healthz", "limits.headerCount", 30),
], ids=["one field", "many fields", "the target", "the number of fields"])
def test_a_head_that_is_over_a_limit_is_told_which(server, headers, target, key, most):
    assert_told(server.call("GET", target, headers), 431, key, most)


@ROADS
def test_the_numbers_are_those_of_the_defaults_where_nothing_is_configured(pollux, road):
    server = pollux().over(road)
    assert_told(server.call("GET", "/events?" + "&".join(f"channel={number}" for number in range(257))), 400, "limits.channels", 256)
    assert_told(server.call("POST", "/channels/limits", {"Content-Type": "text/plain"}, b"x" * 70000), 413, "limits.eventSize", 64 * KB)


@ROADS
def test_other_problems_name_no_limit(server):
    for answer in (server.call("GET", "/channels/x?wait=x"), server.call("GET", "/no-such-file"), server.call("PUT", "/channels/x"), server.call("GET", "/events")):
        problem = assert_problem(answer, answer.status)
        assert "limit" not in problem and "most" not in problem, problem
