"""A server that is full refuses a stream so that no EventSource gives up, by whatever method it was asked for."""

import pytest

from wire import assert_problem

pytestmark = pytest.mark.roads("http1", "h2")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
ACCEPT = ("Accept", "text/event-stream")


@pytest.fixture
def full(pollux, road):
    """A server that has as many connections as it may."""
    server = pollux({"limits": {"connections": 4}})
    readers = [server.stream("/channels/x").opened() for _ in range(4)]
    yield server.over(road)
    for reader in readers:
        reader.close()


def assert_refused_politely(answer):
    assert answer.status == 200 and answer.media_type == "text/event-stream", answer
    lines = answer.body.decode().split("\n")
    assert ": refused" in lines and any(line.startswith("retry: ") for line in lines), lines
    assert lines.index(": refused") <= 1 and not any(line.startswith(("data", "event", "id")) for line in lines), lines


STREAMS = {
    "GET a channel": ("GET", "/channels/x", [ACCEPT], None), "GET /events": ("GET", "/events?channel=x", [ACCEPT], None),
    "GET by a parameter": ("GET", "/channels/x?transport=sse", [], None), "GET poll-sse": ("GET", "/channels/x?transport=poll-sse", [], None),
    "GET by padding": ("GET", "/channels/x?padding=true", [], None), "GET by evs_preamble": ("GET", "/channels/x?evs_preamble=100", [], None),
    "POST by Accept": ("POST", "/events", [FORM, ACCEPT], b"channel=x"), "POST by its second line of Accept": ("POST", "/events", [FORM, ("Accept", "a/b"), ACCEPT], b"channel=x"),
    "POST with the channel in the query": ("POST", "/events?channel=x", [FORM, ACCEPT], b"Last-Event-ID=x"), "POST by a parameter in the query": ("POST", "/events?transport=sse", [FORM], b"channel=x"),
    "POST by a parameter in the form": ("POST", "/events", [FORM], b"channel=x&transport=sse"), "POST poll-sse in the form": ("POST", "/events", [FORM], b"transport=poll-sse&channel=x"),
    "POST by padding in the form": ("POST", "/events", [FORM], b"channel=x&padding=true"), "POST with a large form": ("POST", "/events", [FORM, ACCEPT], b"&".join(b"channel=%0200d" % n for n in range(256))),
}


@pytest.mark.parametrize("request_", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_is_refused_by_a_stream_that_ends(full, request_):
    method, target, headers, body = request_
    assert_refused_politely(full.call(method, target, headers, body))


OTHERS = {
    "a poll": ("GET", "/channels/x?wait=0", [], None), "a poll by POST": ("POST", "/events", [FORM], b"channel=x&wait=0"), "a poll by POST, in the form": ("POST", "/events", [FORM, ACCEPT], b"channel=x&transport=poll&wait=0"),
    "a publish": ("POST", "/channels/x", [("Content-Type", "text/plain")], b"x"), "a publish that would take a stream": ("POST", "/channels/x", [("Content-Type", "text/plain"), ACCEPT], b"x"),
    "a deletion": ("DELETE", "/channels/x", [], None),
}


@pytest.mark.parametrize("request_", OTHERS.values(), ids=OTHERS.keys())
def test_everything_else_is_refused_by_503(full, request_):
    method, target, headers, body = request_
    answer = full.call(method, target, headers, body)
    assert_problem(answer, 503)
    assert int(answer.header("retry-after")) > 0
