"""CORS on every answer, errors too; with an allow-list, for those on it only."""

import pytest

from harness import channel_path
from wire import STREAM

# HTTP/2 has heads of its own; TLS leaves those of HTTP/1 as they are.
pytestmark = pytest.mark.roads("http1", "h2")

PAGE, STRANGER = "https://page.example", "https://stranger.example"
CONFIGURATION = {"cors": {"origins": [PAGE, "http://localhost:8080"]}}

# every kind of answer: (method, target, headers, body, status)
REQUESTS = [
    ("GET", "/channels/c?wait=0", {}, None, 200),
    ("GET", "/channels/c?transport=poll-sse&wait=0", {}, None, 200),
    ("HEAD", "/channels/c", {"Accept": STREAM}, None, 200),
    ("GET", "/channels/c?since=earliest&budget=1", {"Accept": STREAM}, None, 200),
    ("GET", "/events?channel=c&wait=0", {}, None, 200),
    ("POST", "/channels/c", {"Content-Type": "text/plain"}, b"x", 201),
    ("POST", "/events", {"Content-Type": "application/x-www-form-urlencoded"}, b"channel=c&wait=0&transport=poll", 200),
    ("DELETE", "/channels/c-deleted", {}, None, 204),
    ("OPTIONS", "/channels/c", {}, None, 204),
    ("GET", "/healthz", {}, None, 200),
    ("GET", "/readyz", {}, None, 200),
    ("GET", "/no-such-file", {}, None, 404),
    ("GET", "/no-such-file", {"Accept": "text/html"}, None, 404),
    ("GET", "/channels/a/b", {}, None, 404),
    ("GET", "/channels/%00", {}, None, 400),
    ("GET", "/events", {}, None, 400),
    ("GET", "/channels/c?wait=x", {}, None, 400),
    ("PUT", "/channels/c", {}, b"x", 405),
    ("POST", "/channels/c", {"Content-Type": "application/json"}, b"{", 400),
    ("POST", "/channels/c", {"Content-Type": "image/png"}, b"x", 415),
    ("POST", "/channels/c", {"Content-Type": "text/plain"}, b"\xff", 422),
    ("POST", "/channels/c", {"Content-Type": "text/plain"}, b"x" * 70000, 413),
    ("GET", "/channels/c?transport=jsonp&callback=f&wait=0", {}, None, None),
]


@pytest.fixture
def server(server, road):
    return server.over(road)


@pytest.fixture
def listed(module_server, road):
    """A server with an allow-list."""
    return module_server.over(road)


every_request = pytest.mark.parametrize("request_", REQUESTS, ids=[f"{r[0]} {r[1]} {r[4]}" for r in REQUESTS])


def ask(server, request, origin):
    method, target, headers, body, status = request
    if "since=earliest" in target:
        server.call("POST", "/channels/c", {"Content-Type": "text/plain"}, b"kept")
    headers = {**headers, **({"Origin": origin} if origin else {})}
    answer = server.call(method, target, headers, body)
    return answer, status


@every_request
@pytest.mark.parametrize("origin", [PAGE, "null", None], ids=["an origin", "null", "none"])
def test_every_answer_may_be_read_from_anywhere(server, request_, origin):
    answer, status = ask(server, request_, origin)
    assert status is None or answer.status == status, answer
    assert answer.header("access-control-allow-origin") == "*", answer
    assert answer.header("access-control-allow-credentials") is None, answer


@every_request
def test_the_headers_that_scripts_may_see_are_exposed(server, request_):
    if request_[0] == "OPTIONS":
        pytest.skip("nothing to expose in a preflight")
    answer, _ = ask(server, request_, PAGE)
    assert answer.tokens("access-control-expose-headers") >= {"last-event-id", "link", "retry-after", "idempotency-replayed"}, answer


def test_an_open_stream_may_be_read_from_anywhere(server, channel):
    with server.stream(channel_path(channel), headers={"Origin": PAGE}) as stream:
        assert stream.answer.header("access-control-allow-origin") == "*"


@pytest.mark.parametrize("target", ["/channels/c", "/events", "/events?channel=c", "/channels/never%20used"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_preflight_is_204_with_all_that_is_allowed(server, target, method):
    answer = server.call("OPTIONS", target, {
        "Origin": PAGE, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,idempotency-key,authorization",
    })
    assert answer.status == 204 and answer.header("access-control-allow-origin") == "*"
    assert answer.tokens("access-control-allow-methods") == {"get", "head", "post", "delete", "options"}
    assert answer.tokens("access-control-allow-headers") == {
        "accept", "authorization", "cache-control", "content-type", "idempotency-key", "last-event-id", "x-requested-with",
        "traceparent", "tracestate", "baggage"}
    assert answer.header("access-control-max-age") == "7200"


@pytest.mark.parametrize("content_type, body", [("text/plain", b"x"), ("application/x-www-form-urlencoded", b"data=x"), (None, b"x")])
def test_a_simple_request_may_write(server, channel, content_type, body):
    """What no preflight comes before: these types, and no header that a script sets."""
    assert server.post(channel, body, content_type, headers={"Origin": PAGE}).status == 201


# with an allow-list


@every_request
@pytest.mark.parametrize("origin", CONFIGURATION["cors"]["origins"])
def test_an_allowed_origin_is_named_in_every_answer(listed, request_, origin):
    answer, status = ask(listed, request_, origin)
    assert status is None or answer.status == status, answer
    assert answer.header("access-control-allow-origin") == origin, answer
    assert answer.header("access-control-allow-credentials") == "true", answer
    assert "origin" in answer.tokens("vary"), answer


@every_request
@pytest.mark.parametrize("origin", [STRANGER, "null", PAGE + ".evil.example", "http://page.example", PAGE + ":8443", PAGE + "/", "x"])
def test_another_origin_is_told_nothing_and_may_not_write(listed, request_, origin):
    before = len(listed.events("/channels/c"))
    answer, status = ask(listed, request_, origin)
    for name, _ in answer.headers:
        assert not name.startswith("access-control-"), answer
    assert "origin" in answer.tokens("vary"), "a cache must not hand this to an allowed origin"
    if request_[0] in ("POST", "DELETE") and "/events" not in request_[1]:
        assert answer.status == 403 or status == answer.status == 413, answer  # too large may be seen first
        assert len(listed.events("/channels/c")) == before


@every_request
def test_a_program_without_an_origin_is_served(listed, request_):
    answer, status = ask(listed, request_, None)
    assert status is None or answer.status == status, answer
    assert answer.header("access-control-allow-origin") != "*"


def test_a_preflight_of_an_allowed_origin_is_granted(listed):
    answer = listed.call("OPTIONS", "/channels/c", {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})
    assert answer.status == 204 and answer.header("access-control-allow-origin") == PAGE
    assert answer.header("access-control-allow-credentials") == "true" and "post" in answer.tokens("access-control-allow-methods")


def test_an_open_stream_names_the_allowed_origin(listed, channel):
    with listed.stream(channel_path(channel), headers={"Origin": PAGE}) as stream:
        assert stream.answer.header("access-control-allow-origin") == PAGE and "origin" in stream.answer.tokens("vary")
    with listed.stream(channel_path(channel), headers={"Origin": STRANGER}) as stream:
        assert stream.answer.header("access-control-allow-origin") is None
