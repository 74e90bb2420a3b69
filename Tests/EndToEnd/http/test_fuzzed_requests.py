"""Requests and JSON at random: each is answered in good form, and the server goes on.

POLLUX_SEED repeats a run.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from harness import channel_path
from hostile import still_serving  # noqa: F401
from wire import PROBLEM, STREAM, Answer, Connection, Disconnected, eventually, request_bytes


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
