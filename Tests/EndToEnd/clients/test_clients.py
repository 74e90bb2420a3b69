"""Clients that others wrote, used as their manuals say."""

import asyncio
import json
import queue
import re
import ssl
import subprocess
import threading
from urllib.parse import quote

import httpx
import pytest
import requests
import sseclient
from aiohttp_sse_client import client as aiohttp_sse
from httpx_sse import aconnect_sse, connect_sse

from harness import channel_path, is_valid_id
from wire import EventStreamParser, assert_problem, Answer

# (type, data as published, data as every reader sees it)
EVENTS = [
    ("message", "plain", "plain"),
    ("price", '{"eur":12}', '{"eur":12}'),
    ("message", "two\nlines", "two\nlines"),
    ("message", "an empty\n\nline between", "an empty\n\nline between"),
    ("message", "CR\rand CRLF\r\nbecome LF", "CR\nand CRLF\nbecome LF"),
    ("message", "grüße ✓ 漢字 🎺", "grüße ✓ 漢字 🎺"),
    ("größe", "a type beyond ASCII", "a type beyond ASCII"),
    ("message", ": no comment", ": no comment"),
    ("message", "data: no field\nid: none either", "data: no field\nid: none either"),
    ("tick", "last", "last"),
]
SEEN = [(type, seen) for type, _, seen in EVENTS]


def publish_all(server, channel):
    return [server.publish(channel, data, None if type == "message" else type) for type, data, _ in EVENTS]


class Reader:
    """Runs a client's own loop in a thread; `next()` gives (id, type, data)."""

    def __init__(self, iterate):
        self.found = queue.Queue()
        self.iterate = iterate
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            for event in self.iterate():
                self.found.put(event)
        except Exception as problem:  # noqa: BLE001, handed to the test
            self.found.put(problem)

    def next(self, timeout=15):
        event = self.found.get(timeout=timeout)
        if isinstance(event, Exception):
            raise event
        return event

    def take(self, count):
        return [self.next() for _ in range(count)]

    @property
    def is_empty(self):
        return self.found.empty()


# Each client: given a URL and a cursor (or None), a generator of (id, type, data).


def by_curl(url, cursor=None, *options):
    command = ["curl", "--silent", "--no-buffer", "--max-time", "60", "-H", "Accept: text/event-stream", *options]
    if cursor:
        command += ["-H", f"Last-Event-ID: {cursor}"]
    with subprocess.Popen([*command, url], stdout=subprocess.PIPE) as process:
        try:
            parser = EventStreamParser()
            while data := process.stdout.read1(65536):
                for event in parser.feed(data):
                    yield tuple(event)
        finally:
            process.kill()


def by_curl_of_http_1_0(url, cursor=None):
    return by_curl(url, cursor, "-0")


def by_sseclient(url, cursor=None):
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": cursor} if cursor else {})}
    with requests.get(url, stream=True, headers=headers, timeout=60) as response:
        response.raise_for_status()
        for event in sseclient.SSEClient(response).events():
            yield event.id, event.event, event.data


def by_requests(url, cursor=None):
    """No SSE library at all: `iter_content`, as many scripts do."""
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": cursor} if cursor else {})}
    parser = EventStreamParser()
    with requests.get(url, stream=True, headers=headers, timeout=60) as response:
        assert response.status_code == 200
        for data in response.iter_content(chunk_size=None):
            for event in parser.feed(data):
                yield tuple(event)


def by_httpx(url, cursor=None):
    headers = {"Last-Event-ID": cursor} if cursor else {}
    with httpx.Client(timeout=60) as client, connect_sse(client, "GET", url, headers=headers) as source:
        for event in source.iter_sse():
            yield event.id, event.event, event.data


def _in_a_loop(make):
    """An asynchronous generator, run to its end in a loop of this thread."""
    loop = asyncio.new_event_loop()
    generator = make()
    try:
        while True:
            yield loop.run_until_complete(generator.__anext__())
    except StopAsyncIteration:
        pass
    finally:
        loop.run_until_complete(generator.aclose())
        loop.close()


def by_async_httpx(url, cursor=None):
    async def make():
        headers = {"Last-Event-ID": cursor} if cursor else {}
        async with httpx.AsyncClient(timeout=60) as client:
            async with aconnect_sse(client, "GET", url, headers=headers) as source:
                async for event in source.aiter_sse():
                    yield event.id, event.event, event.data

    return _in_a_loop(make)


def by_aiohttp(url, cursor=None):
    async def make():
        headers = {"Last-Event-Id": cursor} if cursor else {}
        async with aiohttp_sse.EventSource(url, headers=headers) as source:
            async for event in source:
                yield event.last_event_id, event.type or "message", event.data

    return _in_a_loop(make)


CLIENTS = {
    "curl": by_curl,
    "curl HTTP/1.0": by_curl_of_http_1_0,
    "requests": by_requests,
    "sseclient-py": by_sseclient,
    "httpx-sse": by_httpx,
    "httpx-sse async": by_async_httpx,
    "aiohttp-sse-client": by_aiohttp,
}
every_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())


@every_client
def test_a_client_reads_the_events_that_are_kept(server, channel, client):
    ids = publish_all(server, channel)
    reader = Reader(lambda: client(server.url(channel_path(channel) + "?since=earliest")))
    assert reader.take(len(EVENTS)) == [(id, *seen) for id, seen in zip(ids, SEEN)]


@every_client
def test_a_client_reads_events_as_they_are_published(server, channel, client):
    path = channel_path(channel)
    first = server.publish(channel, "first")
    reader = Reader(lambda: client(server.url(path + "?since=-1")))
    assert reader.next() == (first, "message", "first")
    for type, data, seen in EVENTS:
        id = server.publish(channel, data, None if type == "message" else type)
        assert reader.next() == (id, type, seen)


@every_client
def test_a_client_resumes_after_a_cut_by_its_last_event_id(server, channel, client):
    url = server.url(channel_path(channel))
    ids = publish_all(server, channel)
    seen = []
    for event in client(url + "?since=earliest"):
        seen.append(event)
        if len(seen) == 4:
            break
    reader = Reader(lambda: client(url, seen[-1][0]))
    assert seen + reader.take(len(EVENTS) - 4) == [(id, *seen) for id, seen in zip(ids, SEEN)]


@every_client
def test_a_client_gets_no_empty_messages_from_heartbeats(module_server, channel, client):
    server, path = module_server, channel_path(channel)
    first = server.publish(channel, "first")
    reader = Reader(lambda: client(server.url(path + "?since=-1")))
    assert reader.next() == (first, "message", "first")
    with server.stream(path) as witness:
        witness.opened().until(lambda stream: len(stream.parser.retries) >= 3)
    assert reader.is_empty, reader.next()
    after = server.publish(channel, "after the heartbeats")
    assert reader.next() == (after, "message", "after the heartbeats")


CONFIGURATION = {"stream": {"heartbeat": "1s"}}


@every_client
def test_a_client_comes_to_a_clean_end_at_its_byte_budget(server, channel, client):
    if client is by_aiohttp:
        pytest.skip("it reconnects by itself; see below")
    ids = publish_all(server, channel)
    url = server.url(channel_path(channel) + "?budget=300")
    seen, connections = [], 0
    while len(seen) < len(EVENTS):
        connections += 1
        before = len(seen)
        for event in client(url, seen[-1][0]) if seen else client(url + "&since=earliest"):
            seen.append(event)
            if len(seen) == len(EVENTS):
                break
        assert len(seen) > before, "every stream holds at least one event"
    assert seen == [(id, *seen) for id, seen in zip(ids, SEEN)] and connections > 1


def test_aiohttp_sse_client_reconnects_by_itself_and_misses_nothing(server, channel):
    ids = publish_all(server, channel)
    url = server.url(channel_path(channel) + "?transport=poll-sse&limit=3&since=earliest")
    reader = Reader(lambda: by_aiohttp(url))
    assert reader.take(len(EVENTS)) == [(id, *seen) for id, seen in zip(ids, SEEN)]
    after = server.publish(channel, "after")
    assert reader.next() == (after, "message", "after")


@pytest.mark.parametrize("client", [by_curl, by_requests, by_sseclient, by_httpx], ids=["curl", "requests", "sseclient-py", "httpx-sse"])
def test_a_client_that_polls_by_poll_sse_gets_every_event_once(server, channel, client):
    ids = publish_all(server, channel)
    url = server.url(channel_path(channel) + "?transport=poll-sse&limit=4")
    cursor, seen = shifted_before(server, channel), []
    while len(seen) < len(EVENTS):
        seen += client(url, cursor)
        cursor = seen[-1][0]
    assert seen == [(id, *seen) for id, seen in zip(ids, SEEN)]


def shifted_before(server, channel):
    """The cursor before the first kept event, as a stream with `open=id` tells it."""
    with server.stream(channel_path(channel) + "?since=earliest&open=id") as stream:
        stream.next()
        return re.search(rb"^id: (.*)$", stream.raw, re.MULTILINE)[1].decode("ascii")


# JSON polls with ordinary libraries


@pytest.mark.parametrize("session", [requests.Session, httpx.Client], ids=["requests", "httpx"])
def test_a_script_polls_json_in_a_loop_over_one_connection(server, channel, session):
    url = server.url(channel_path(channel))
    with session() as client:
        content = client.get(url, params={"wait": 0}, headers={"Accept": "application/json"}).json()
        assert content["events"] == []
        ids = publish_all(server, channel)
        seen = []
        while len(seen) < len(EVENTS):
            response = client.get(url, params={"after": content["next"], "limit": 3, "wait": 5},
                                  headers={"Accept": "application/json"})
            content = response.json()
            assert content["gap"] is None and response.headers["Last-Event-ID"] == content["next"]
            seen += [(each["id"], each["event"], each["data"]) for each in content["events"]]
        assert seen == [(id, *seen) for id, seen in zip(ids, SEEN)]


def test_a_held_poll_of_requests_is_answered_by_a_publish_of_httpx(server, channel):
    url = server.url(channel_path(channel))
    cursor = requests.get(url, params={"wait": 0}, timeout=10).json()["next"]
    answers = queue.Queue()
    thread = threading.Thread(target=lambda: answers.put(requests.get(url, params={"after": cursor}, timeout=30)))
    thread.start()
    published = httpx.post(url, json={"n": 1})
    content = answers.get(timeout=10).json()
    thread.join()
    assert [each["id"] for each in content["events"]] == [published.json()["id"]]
    assert content["events"][0]["data"] == '{"n":1}'


# publishing with the usual tools


def curl(server, target, *options, body=None):
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "20", *options, server.url(target)]
    done = subprocess.run(command, input=body or b"", capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    output = done.stdout
    while True:
        head, _, output = output.partition(b"\r\n\r\n")
        answer = Answer(head)
        if answer.status >= 200 or not output:
            answer.body = output
            return answer


@pytest.mark.parametrize("options, body, data", [
    (["-d", "data=12"], None, "12"),
    (["-d", "data=a+b%21"], None, "a b!"),
    (["--data-urlencode", "data=grüße & mehr\nZeile"], None, "grüße & mehr\nZeile"),
    (["-H", "Content-Type: text/plain", "--data-binary", "@-"], "CR\r\nLF\n".encode(), "CR\nLF\n"),
    (["-H", "Content-Type: text/plain; charset=UTF-8", "-d", "plain ü"], None, "plain ü"),
    (["-H", "Content-Type:", "-d", "no type"], None, "no type"),
    (["-H", "Content-Type: application/json", "-d", '{ "a" : [ 1, 2.50 ] }'], None, '{"a":[1,2.50]}'),
    (["--json", '{"b": "\\u00e9"}'], None, '{"b":"\\u00e9"}'),
    (["-H", "Content-Type: text/plain", "-H", "Transfer-Encoding: chunked", "--data-binary", "@-"], b"in chunks", "in chunks"),
    (["-H", "Content-Type: text/plain", "-H", "Expect: 100-continue", "-d", "expected"], None, "expected"),
    (["-0", "-H", "Content-Type: text/plain", "-d", "HTTP/1.0"], None, "HTTP/1.0"),
    (["--http2", "-H", "Content-Type: text/plain", "-d", "with an offer of h2c"], None, "with an offer of h2c"),
], ids=lambda value: None)
def test_curl_publishes(server, channel, options, body, data):
    answer = curl(server, channel_path(channel), *options, body=body)
    assert answer.status == 201, answer
    content = answer.json()
    assert set(content) == {"id", "channel", "time"} and content["channel"] == channel
    assert answer.header("last-event-id") == content["id"] and is_valid_id(content["id"])
    assert [(each["id"], each["data"]) for each in server.events(channel_path(channel))] == [(content["id"], data)]


@pytest.mark.parametrize("options, status", [
    (["-X", "POST"], 422),
    (["-d", ""], 422),
    (["-F", "data=x"], 415),
    (["-T", "/dev/null"], 405),
    (["-X", "PATCH"], 405),
    (["-H", "Content-Type: application/xml", "-d", "<a/>"], 415),
])
def test_curl_is_told_what_it_did_wrong(server, channel, options, status):
    assert_problem(curl(server, channel_path(channel), *options), status)
    assert server.events(channel_path(channel)) == []


def test_curl_publishes_a_batch_from_a_file(server, channel, tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_text('{"event":"price","data":{"n":1}}\n\n{"data":"two"}\n', "utf-8")
    answer = curl(server, channel_path(channel), "-H", "Content-Type: application/x-ndjson",
                  "--data-binary", f"@{file}")
    assert answer.status == 201, answer
    events = server.events(channel_path(channel))
    assert [each["id"] for each in events] == answer.json()["ids"]
    assert [(each["event"], each["data"]) for each in events] == [("price", '{"n":1}'), ("message", '"two"')]


@pytest.mark.parametrize("accept, media_type", [("text/event-stream", "text/event-stream"), ("application/json", "application/json")])
def test_curl_head_is_answered_at_once(server, channel, accept, media_type):
    answer = curl(server, channel_path(channel), "--head", "-H", f"Accept: {accept}", "--max-time", "3")
    assert answer.status == 200 and answer.media_type == media_type and answer.body == b""


def test_curl_deletes_a_channel(server, channel):
    server.publish(channel, "gone soon")
    assert curl(server, channel_path(channel), "-X", "DELETE").status == 204
    assert server.events(channel_path(channel)) == []


def test_curl_of_http_1_0_polls(server, channel):
    id = server.publish(channel, "kept")
    answer = curl(server, channel_path(channel) + "?since=earliest&wait=0", "-0")
    assert answer.status == 200 and [each["id"] for each in answer.json()["events"]] == [id]


def test_curl_gets_no_encoded_stream_though_it_offers_to_decode(server, channel):
    server.publish(channel, "kept")
    answer = curl(server, channel_path(channel) + "?since=earliest&budget=1", "--compressed", "-H", "Accept: text/event-stream")
    assert answer.status == 200 and not answer.header("content-encoding") and b"data: kept\n" in answer.body


@pytest.mark.parametrize("publish", [
    lambda url: requests.post(url, data="grün".encode(), headers={"Content-Type": "text/plain; charset=utf-8"}),
    lambda url: requests.post(url, data={"data": "grün"}),
    lambda url: requests.post(url, data="grün".encode()),
    lambda url: httpx.post(url, content="grün", headers={"Content-Type": "text/plain"}),
    lambda url: httpx.post(url, data={"data": "grün"}),
    lambda url: httpx.post(url, content=iter([b"gr\xc3", b"\xbcn"]), headers={"Content-Type": "text/plain"}),
], ids=["requests text", "requests form", "requests no type", "httpx text", "httpx form", "httpx chunked"])
def test_a_library_publishes_text(server, channel, publish):
    response = publish(server.url(channel_path(channel)))
    assert response.status_code == 201, response.text
    assert [each["data"] for each in server.events(channel_path(channel))] == ["grün"]


def test_requests_publishes_json(server, channel):
    response = requests.post(server.url(channel_path(channel)), json={"city": "Zürich", "n": [1, 2.5, None]}, timeout=10)
    assert response.status_code == 201, response.text
    (event,) = server.events(channel_path(channel))
    assert json.loads(event["data"]) == {"city": "Zürich", "n": [1, 2.5, None]} and " " not in event["data"]


def test_a_library_is_shown_a_problem_it_can_read(server):
    response = requests.get(server.url("/channels/a?wait=soon"), timeout=10)
    assert response.status_code == 400 and response.headers["Content-Type"].startswith("application/problem+json")
    assert "wait" in response.json()["detail"]


def test_a_channel_name_survives_the_quoting_of_every_library(server):
    name = "a/b c+d%é?&#"
    url = server.url("/channels/" + quote(name, safe=""))
    ids = [requests.post(url, data=b"1").json()["id"], httpx.post(url, content=b"2").json()["id"]]
    found = requests.get(server.url("/events"), params={"channel": name, "since": "earliest", "wait": 0}, timeout=10).json()
    assert [(each["id"], each["channel"]) for each in found["events"]] == [(id, name) for id in ids]


# HTTP/2: curl with TLS and by prior knowledge, nghttp, httpx


def certificate_options(client):
    return ["--cacert", str(client.server.certificate.authority)] if client.road.has_tls else []


def by_curl_of_http_2(client, target, cursor=None):
    option = "--http2" if client.road.has_tls else "--http2-prior-knowledge"
    return by_curl(client.url(target), cursor, option, *certificate_options(client))


def by_httpx_of_http_2(client, target, cursor=None):
    headers = {"Last-Event-ID": cursor} if cursor else {}
    with httpx_of_http_2(client) as session, connect_sse(session, "GET", client.url(target), headers=headers) as source:
        assert source.response.http_version == "HTTP/2"
        for event in source.iter_sse():
            yield event.id, event.event, event.data


def httpx_of_http_2(client):
    """With TLS as a browser does it; without, it must be told that there is no HTTP/1."""
    # One of its own: the library changes what it is given.
    verify = ssl.create_default_context(cafile=client.server.certificate.authority) if client.road.has_tls else True
    return httpx.Client(http1=client.road.has_tls, http2=True, verify=verify, timeout=30)


over_http_2 = pytest.mark.parametrize("road", ["h2", "h2c"], ids=["TLS", "prior knowledge"])


@over_http_2
@pytest.mark.parametrize("read", [by_curl_of_http_2, by_httpx_of_http_2], ids=["curl", "httpx-sse"])
def test_a_client_of_http_2_reads_what_is_kept_then_what_is_published_and_resumes(server, channel, read, road):
    client, path = server.over(road), channel_path(channel)
    ids = publish_all(server, channel)
    expected = [(id, *seen) for id, seen in zip(ids, SEEN)]
    reader = Reader(lambda: read(client, path + "?since=earliest"))
    assert reader.take(len(EVENTS)) == expected
    after = server.publish(channel, "after")
    assert reader.next() == (after, "message", "after")
    reader = Reader(lambda: read(client, path, ids[3]))
    assert reader.take(len(EVENTS) - 3) == [*expected[4:], (after, "message", "after")]


@over_http_2
@pytest.mark.parametrize("options, body, data", [
    (["-d", "data=12"], None, "12"),
    (["-H", "Content-Type: text/plain", "--data-binary", "@-"], "CR\r\nLF\n".encode(), "CR\nLF\n"),
    (["-H", "Content-Type: text/plain", "-H", "Expect: 100-continue", "-d", "expected"], None, "expected"),
    (["-H", "Content-Type: text/plain", "--data-binary", "@-"], b"x" * 65536, "x" * 65536),
    (["-H", "Content-Type: text/plain", "-H", "Content-Length:", "-H", "Transfer-Encoding: chunked", "-T", "-", "-X", "POST"], b"of no length", "of no length"),
], ids=["form", "text", "expect", "64 KiB", "no length"])
def test_curl_publishes_by_http_2(server, channel, road, options, body, data):
    client = server.over(road)
    version = "--http2" if client.road.has_tls else "--http2-prior-knowledge"
    command = ["curl", "--silent", "--show-error", "--max-time", "20", version, *certificate_options(client), *options,
               "--write-out", "\n%{http_version} %{http_code}", client.url(channel_path(channel))]
    done = subprocess.run(command, input=body or b"", capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    content, _, told = done.stdout.rpartition(b"\n")
    assert told == b"2 201", done.stdout
    assert [(each["id"], each["data"]) for each in server.events(channel_path(channel))] == [(json.loads(content)["id"], data)]


@over_http_2
def test_httpx_publishes_and_polls_over_one_connection_of_http_2(server, channel, road):
    client = server.over(road)
    url = client.url(channel_path(channel))
    with httpx_of_http_2(client) as session:
        cursor = session.get(url, params={"wait": 0}).json()["next"]
        answers = [session.post(url, content="0 ü"), session.post(url, content=iter([b"of ", b"no length"])), session.post(url, json=[1])]
        assert [(each.status_code, each.http_version) for each in answers] == [(201, "HTTP/2")] * 3
        content = session.get(url, params={"after": cursor}).json()
        assert [(each["id"], each["data"]) for each in content["events"]] == [
            (answer.json()["id"], data) for answer, data in zip(answers, ["0 ü", "of no length", "[1]"], strict=True)]
        assert session.get(url, params={"wait": "soon"}).status_code == 400


@over_http_2
def test_nghttp_loads_the_page_and_all_that_it_names_over_one_connection(server, road):
    """It prints a line for each answer: id, when it ended, when it was asked for, time, code, size, path."""
    client = server.over(road)
    done = subprocess.run(["nghttp", "-ans", "--no-verify-peer", client.url("/")], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if re.match(r" *\d+ ", line)]
    assert len(rows) > 1 and {row[4] for row in rows} == {"200"}, done.stdout
