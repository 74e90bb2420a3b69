"""Heads at random: targets, hosts, lists and origins out of pieces that mean something. Each has an answer in good form, and the server lives.

POLLUX_SEED repeats a run.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from http2 import request_fields
from wire import PROBLEM, STREAM, Disconnected, request_bytes

pytestmark = pytest.mark.roads("http1", "h2")
CONFIGURATION = {"cors": {"origins": ["https://page.example"]}, "limits": {"headTimeout": "1s", "bodyTimeout": "1s"}, "poll": {"wait": "1s", "waitMost": "1s"}}
COUNT = 1000

PIECES = [
    "", "a", "x", "/", "//", "?", "#", "&", "=", ":", "@", "[", "]", "::1", "[::1]", "%", "%2F", "%00", "%zz", "%C3%BC", "..", ".", ",", ";", "q=0", ";q=0.5", "\"", "\\", "<", " ", "\t", "+", "-", "*",
    "http://", "https://", "HTTP://", "user@", "localhost", "127.0.0.1", "page.example", "evil.example", ":80", ":443", ":99999999", "null", "channels/", "events", "channel=a", "wait=0", "wait=", "9" * 30, "-1",
    "since=-3", "transport=sse", "transport=poll", "text/event-stream", "application/json", "*/*", "identity", "gzip", "chunked", "close", "keep-alive", "no-cache", "XMLHttpRequest", "Mozilla/5.0", "ü", "\u2028", "x" * 300,
]
TARGETS = ["/", "/healthz", "/channels/fuzz?wait=0", "/channels/fuzz?transport=sse&budget=1&since=earliest", "/events?channel=fuzz&channel=b&wait=0", "/index.html", "http://localhost/channels/fuzz?wait=0", "*", "http://localhost"]
VALUES = {
    "host": ["localhost", "127.0.0.1:8080", "[::1]:80", "page.example"], "origin": ["https://page.example", "http://localhost", "null", "http://evil.example:81"],
    "accept": [STREAM, "application/json;q=0.5, text/event-stream", "text/html, */*;q=0.1"], "content-encoding": ["identity", "gzip"], "connection": ["close", "keep-alive, x"],
    "transfer-encoding": ["chunked", "gzip, chunked"], "content-type": ["text/plain", "application/json", "application/x-www-form-urlencoded"], "cache-control": ["no-cache"], "last-event-id": ["x-1", "8k2mfx3q-1041"],
    "x-requested-with": ["XMLHttpRequest", "com.example.app"], "user-agent": ["Mozilla/5.0 (X11) Firefox/150.0", "curl/8"], "idempotency-key": ["k"], "access-control-request-method": ["POST"],
    "access-control-request-headers": ["content-type, x-a"], "expect": ["100-continue"], "content-length": ["1", "0"], "if-none-match": ["*", "\"a\", W/\"b\""], "range": ["bytes=0-1"], "upgrade": ["h2c"], "te": ["trailers"],
}
OF_HTTP_1_ALONE = {"connection", "transfer-encoding", "upgrade", "expect", "content-length", "host"}


def mutated(dice, text):
    for _ in range(dice.choice([0, 0, 1, 1, 2, 4])):
        at = dice.randrange(len(text) + 1)
        way = dice.randrange(3)
        if way == 0:
            text = text[:at] + dice.choice(PIECES) + text[at:]
        elif way == 1:
            text = text[:at] + text[at + dice.choice([1, 2, 5]) :]
        else:
            text = dice.choice(PIECES) + text if dice.random() < 0.5 else text + dice.choice(PIECES)
    return text


def request(dice):
    """A method, a target, an authority, fields and a content, each of them a little wrong or not."""
    method = dice.choice(["GET", "GET", "GET", "HEAD", "POST", "POST", "DELETE", "OPTIONS", "PUT", "get", "FOO", mutated(dice, "GET")])
    fields = [(name, mutated(dice, dice.choice(VALUES[name]))) for name in dice.choices(list(VALUES), k=dice.randrange(6))]
    return method, mutated(dice, dice.choice(TARGETS)), mutated(dice, dice.choice(VALUES["host"])), fields, b"x" if method == "POST" else None


def assert_in_good_form(answer, method, sent):
    assert answer.status < 500 or answer.status in (501, 505), (sent, answer)
    if answer.status >= 400:
        assert answer.media_type in (PROBLEM, "text/html"), (sent, answer)
        if answer.media_type == PROBLEM and answer.body:
            problem = json.loads(answer.body)
            assert problem["status"] == answer.status and problem["title"] and problem["detail"], (sent, answer)
    allowed = answer.header("access-control-allow-origin")
    assert allowed in (None, "https://page.example") or f"origin: {allowed}".encode() in sent.lower(), (sent, answer)


def over_http_1(server, method, target, authority, fields, body):
    sent = request_bytes(method, target, [("Host", authority), *fields, ("Connection", "close")], body)
    with server.connect(timeout=8) as connection:
        connection.send(sent)
        try:
            answer = connection.read_head()
            if answer.media_type != STREAM and answer.header("content-length") and method != "HEAD":
                answer.body = connection.read_exactly(int(answer.header("content-length")), time.monotonic() + 8)
        except Disconnected:
            return "closed"
    assert_in_good_form(answer, method, sent)
    return answer.status


def over_http_2(server, method, target, authority, fields, body):
    fields = [(name, value) for name, value in fields if name not in OF_HTTP_1_ALONE]
    fields = request_fields(method, target, fields, body, authority=authority)
    with server.connect(timeout=8, checks_requests=False) as connection:
        exchange = connection.begin(fields, ends=not body)
        if body:
            connection.send_body(exchange, body)
        try:
            answer = connection.head_of(exchange)
            if answer.media_type == PROBLEM and method != "HEAD":
                answer = connection.answer_of(exchange)
        except Disconnected:
            assert not connection.is_over and connection.goaway is None, f"the connection went with it: {fields}"
            return "refused"
    assert_in_good_form(answer, method, b"\n".join(name + b": " + value for name, value in fields))
    return answer.status


def test_every_head_has_an_answer_in_good_form(module_server, road, dice, note):
    server, ask = module_server.over(road), over_http_2 if road == "h2" else over_http_1
    requests = [request(dice) for _ in range(COUNT)]
    failures = []

    def outcome(each):
        try:
            return ask(server, *each)
        except Exception as problem:  # noqa: BLE001, all are shown together
            failures.append((each, problem))
            return "failed"

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(outcome, requests))
    note(f"fuzzed heads over {road}: {dict(results.most_common())}")
    assert server.server.is_alive, server.server.log()
    assert not failures, f"{len(failures)} of {COUNT}, the first: {failures[0]}"
    assert module_server.call("GET", "/healthz").status == 200
    assert results[400] > COUNT / 50 and results[200] > COUNT / 50, "the mutations are neither too strong nor too weak"
