"""The answers to a set of requests are the same, byte for byte, as those that are kept in `recorded/`.

What a client sees changes only where somebody wants it to: run with POLLUX_RECORD=1 to write the files anew, and look
at the difference before it is committed.
"""

import difflib
import os
from pathlib import Path

import pytest

from recording import Recording

RECORDED = Path(__file__).with_name("recorded")
STREAM = "Accept: text/event-stream"
EVENT_SOURCE = ("Accept: text/event-stream", "Cache-Control: no-cache", "User-Agent: Mozilla/5.0 (X11) Chrome/140.0")
FIREFOX = ("Accept: text/event-stream", "Cache-Control: no-cache", "User-Agent: Mozilla/5.0 Gecko/20100101 Firefox/140.0")
NDJSON = "Content-Type: application/x-ndjson"
TEXT = "Content-Type: text/plain"
CONFIGURATION = {
    "loops": 1,
    "limits": {"eventSize": 4096, "batchSize": 8192, "bodySize": 16384, "channels": 4},
    "stream": {"retrySpread": "0ms"},
    "poll": {"jsonp": True},
    "cors": {"origins": ["https://app.test"]},
}


def three_events(record):
    """Three events on two channels, of different forms."""
    record.server.post("a", "one")
    record.server.post("a", '{"eur": 12}', "application/json", "?event=price")
    record.server.post("b", "two\nlines \u00e9", query="?event=note")


def publishing(record):
    record.post("/channels/a", "one", TEXT)
    record.post("/channels/a?event=price", '{"eur" : 12.0}', "Content-Type: application/json")
    record.post("/channels/a", "data=a+b%21&event=form", "Content-Type: application/x-www-form-urlencoded")
    record.post("/channels/a%2Fb%20c", '{"data":1}\n{"event":"e","data":"x"}\n', NDJSON)
    record.post("/channels/a", "one", TEXT, "Idempotency-Key: k1")
    record.post("/channels/a", "one", TEXT, "Idempotency-Key: k1")
    record.post("/channels/a", "other", TEXT, "Idempotency-Key: k1")
    with record.open(b"POST /channels/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") as line:
        record.keep(line.until(b"\r\n\r\n"))
        line.send(b"ok")
        record.keep(line.until(b"}"))
    pipelined = b"".join(
        b"POST /channels/p HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n%s\r\n%d" % (last, number)
        for number, last in enumerate([b"", b"", b"Connection: close\r\n"]))
    record.ask(pipelined)
    chunked = b"POST /channels/c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    record.ask(chunked + b"2;x=y\r\nab\r\n3\r\ncde\r\n0\r\nTrailer: t\r\n\r\n")
    record.get("/channels/a", method="DELETE")
    record.get("/channels/never", method="DELETE")


def polls(record):
    three_events(record)
    record.get("/channels/a?since=earliest")
    record.get("/channels/a?since=-1&transport=poll")
    record.get("/events?channel=a&channel=b&since=earliest")
    record.get("/events?channel=a&channel=b&since=earliest&limit=2", "Accept: application/json")
    record.get(f"/channels/a?after={record.epoch}-1")
    record.get("/channels/a?wait=0", f"Last-Event-ID: {record.epoch}-3")
    record.get("/channels/a?wait=0")
    record.get("/events?since=earliest&transport=poll-sse&channel=a&channel=b")
    record.get("/channels/a?transport=poll-sse&wait=0")
    record.get("/channels/a?transport=poll-sse&wait=0&open=event")
    record.get("/channels/a?transport=poll-sse&since=earliest&envelope=json&padding=16")
    record.get("/channels/a?transport=jsonp&callback=cb&since=earliest")
    record.post("/events", "channel=a&channel=b&since=earliest", "Content-Type: application/x-www-form-urlencoded")
    kept = b"GET /channels/a?since=earliest HTTP/1.1\r\nHost: x\r\n\r\n"
    record.ask(kept + kept + kept.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


def held_polls(record):
    three_events(record)
    for target in ("/channels/a", "/events?channel=a&channel=b", "/channels/a?transport=poll-sse"):
        request = f"GET {target}{'&' if '?' in target else '?'}after={record.server.head_id('/channels/a')} HTTP/1.1\r\nHost: x\r\n\r\n"
        with record.open(request.encode()) as line, record.open(request.encode()) as other:
            record.server.post("a", "woken")
            record.keep(line.until(b"woken"))
            record.keep(other.until(b"woken"))
    record.get("/channels/a?wait=1", until=b'"gap":null}')


def streams(record):
    three_events(record)
    for fields in ((STREAM,), EVENT_SOURCE, FIREFOX):
        record.get("/channels/a?since=earliest", *fields, until=b"data: {\"eur\":12}\nid: EPOCHxxx-2\n\n".replace(
            b"EPOCHxxx", record.epoch.encode()))
        record.get("/channels/a", *fields, until=b"retry: 3000\n")
    record.get("/events?channel=a&channel=b&since=earliest&transport=sse&envelope=json", until=b"-3\n\n")
    record.get("/events?channel=a&channel=b&since=earliest&budget=60", STREAM)
    record.get("/channels/a?evs_preamble=32&evs_last_event_id=" + record.epoch + "-1&evs_buffer_size_limit=100", STREAM)
    record.get("/channels/a?heartbeatForm=event&open=id&budget=10&since=-1", STREAM)
    with record.open(b"GET /events?channel=a&channel=b HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n") as line:
        record.keep(line.until(b"retry: 3000\n\r\n"))
        for number in range(3):
            record.server.post("ab"[number % 2], f"live {number}")
            record.keep(line.until(b"\n\n\r\n"))


def gaps(record):
    three_events(record)
    record.get("/channels/a", method="DELETE")
    record.server.post("a", "after")
    for cursor in (f"{record.epoch}-1", "another1-7", "%20", f"{record.epoch}-99"):
        record.get(f"/channels/a?after={cursor}")
        record.get(f"/channels/a?transport=poll-sse&after={cursor}")
        record.get(f"/channels/a?budget=1&after={cursor}", STREAM)
    record.get("/channels/empty?after=another1-7")


def heads_and_options(record):
    three_events(record)
    for target in ("/channels/a", "/events?channel=a", "/healthz", "/readyz", "/page.txt"):
        record.get(target, method="HEAD")
        record.get(target, method="OPTIONS")
        record.get(target, "Origin: https://app.test", "Access-Control-Request-Method: POST", method="OPTIONS")
        record.get(target, method="PUT")
    record.get("/channels/a", STREAM, method="HEAD")
    record.get("/channels/a?wait=0", "Origin: https://app.test")
    record.get("/channels/a?wait=0", "Origin: https://foreign.test")
    record.post("/channels/a", "x", "Origin: https://foreign.test")


def files(record):
    record.get("/page.txt")
    record.get("/page.txt", "Range: bytes=2-4")
    record.get("/page.txt", "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT")
    record.get("/", "Accept: text/html")
    record.get("/folder")
    record.get("/nothing")
    record.get("/healthz")


def refusals(record):
    record.get("/channels/a/b")
    record.get("/channels/%ff?wait=0")
    record.get("/events")
    record.get("/events?" + "&".join(f"channel={name}" for name in "abcde"))
    for query in ("wait=x", "since=-0", "limit=0", "transport=ws", "open=x", "envelope=xml", "padding=x", "heartbeat=-1"):
        record.get(f"/channels/a?{query}")
    record.get("/channels/a?transport=jsonp&callback=1x")
    record.get("/channels/a", method="BREW")
    record.post("/channels/a", "{", "Content-Type: application/json")
    record.post("/channels/a", b"\xff", TEXT)
    record.post("/channels/a", "x" * 4097, TEXT)
    record.post("/channels/a", "x" * 16385, TEXT)
    record.post("/channels/a", '{"data":1}\n{"date":2}', NDJSON)
    record.post("/channels/a", "x", "Content-Type: image/png")
    record.post("/channels/a", "x", TEXT, "Content-Encoding: gzip")
    record.ask(b"GET / HTTP/3.0\r\n\r\n")
    record.ask(b"GET / HTTP/1.1\r\n\r\n")
    record.ask(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
    record.ask(b"nonsense\r\n\r\n")
    record.ask(b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")


def http10(record):
    three_events(record)
    record.get("/channels/a?since=earliest", version="1.0")
    record.get("/channels/a?since=earliest&budget=10", STREAM, version="1.0")
    record.get("/channels/a?wait=0", "Connection: keep-alive", version="1.0", until=b"}")
    record.get("/channels/a", TEXT, version="1.0", method="POST", body=b"ten")


def over_http2(record):
    three_events(record)
    record.over_http2("GET", "/channels/a?since=earliest")
    record.over_http2("GET", "/channels/a?since=earliest&budget=60", [("accept", "text/event-stream")])
    record.over_http2("GET", "/channels/a?since=earliest&transport=poll-sse", [("origin", "https://app.test")])
    record.over_http2("HEAD", "/channels/a")
    record.over_http2("OPTIONS", "/channels/a", [("origin", "https://app.test")])
    record.over_http2("POST", "/channels/a", [("content-type", "text/plain")], b"over h2")
    record.over_http2("POST", "/channels/a", [("content-type", "text/plain")], b"x" * 4097)
    record.over_http2("DELETE", "/channels/a")
    record.over_http2("GET", "/page.txt")
    record.over_http2("GET", "/channels/a?wait=x")


def stopping(record):
    """What those get who are there when the server stops, and come again after."""
    three_events(record)
    requests = [
        b"GET /channels/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n",
        b"GET /channels/a HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /channels/a?transport=poll-sse HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /events?channel=a&channel=b HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n",
    ]
    lines = [record.open(request) for request in requests]
    # The server looks at what comes in order: once a later request is answered, these are with their readers.
    record.server.poll("/channels/a", wait=0)
    lines[0].until(b"\r\n\r\n")
    record.server.terminate()
    for line in lines:
        record.keep(line.rest())
        line.socket.close()
    record.server.assert_stops()


SCENES = [publishing, polls, held_polls, streams, gaps, heads_and_options, files, refusals, http10, over_http2, stopping]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_what_goes_over_the_wire_is_what_was_recorded(scene, pollux, tmp_path):
    folder = tmp_path / "public"
    folder.mkdir()
    for name in ("index.html", "page.txt"):
        (folder / name).write_text(f"a page: {name}\n")
        os.utime(folder / name, (1_800_000_000, 1_800_000_000))
    record = Recording(pollux({**CONFIGURATION, "publicFolder": str(folder)}))
    scene(record)
    file = RECORDED / f"{scene.__name__}.txt"
    if os.environ.get("POLLUX_RECORD"):
        file.write_text(record.text)
    difference = difflib.unified_diff(file.read_text().splitlines(), record.text.splitlines(), "recorded", "now", lineterm="")
    assert not (found := list(difference)), "\n".join(found)
