"""Histories larger than what is held in memory, and a storm of readers that want them."""

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from care import RETENTION, TRANSPORTS, made, publishing, read  # noqa: F401
from crash_checks import position_of
from every_transport import by_poll, by_poll_sse, by_stream
from harness import SUPPORT, Server, on_file, running
from wire import Event, eventually


# a history that is larger than what is held in memory

LONG = 20_000

WAYS = {
    "a stream": (by_stream, {}),
    "a stream over HTTP/1.0": (by_stream, {"version": "1.0"}),
    "a stream of /events in an envelope": (by_stream, {"path": "events", "envelope": "json"}),
    "streams of 300,000 bytes": (by_stream, {"budget": 300_000}),
    "poll": (by_poll, {}),
    "interval poll of /events": (by_poll, {"path": "events", "wait": 0}),
    "poll-sse": (by_poll_sse, {}),
}


@pytest.fixture(scope="module")
def long_history(binary, tmp_path_factory):
    """(server, its 20,000 events): in a file, of which memory holds a twentieth; the server was started again since."""
    folder = tmp_path_factory.mktemp("long")
    server = Server(binary, folder, on_file(folder / "ledger.db", {"retention": RETENTION, "log": {"events": 1000}})).start()
    events = []
    for batch in range(LONG // 1000):
        lines = [("tick", {"n": batch * 1000 + number, "more": "x" * 20}) for number in range(1000)]
        ids = server.publish_batch("long", lines)
        events += [Event(id, type, json.dumps(data, separators=(",", ":"))) for id, (type, data) in zip(ids, lines)]
    server.stop()
    with running(server):
        yield server, events


def assert_same(found, expected):
    for number, (one, other) in enumerate(zip(found, expected)):
        assert one == other, f"event {number} of {len(expected)}: saw {one}, published {other}"
    assert len(found) == len(expected)


@pytest.mark.parametrize("read_all, options", WAYS.values(), ids=WAYS.keys())
def test_a_history_larger_than_memory_is_read_while_events_are_published(long_history, read_all, options):
    server, events = long_history
    already = len(events)
    with publishing(server, "long", publishers=1) as answered:
        eventually(lambda: len(answered[0]) > 10, what="the publisher gets on")
        found = read_all(server, ["long"], None, already + 20, **options)
        # More came while it read: now it must be at the head, and live.
        at = found[-1].id
        there = eventually(lambda: [id for id, _ in answered[0] if position_of(id) > position_of(at)], what="the publisher gets on")
        found += read_all(server, ["long"], at, len(there), **options)
    events += [Event(id, "message", data) for id, data in answered[0]]
    assert_same(found, events[: len(found)])


def test_a_cursor_anywhere_in_a_history_larger_than_memory_is_good(long_history, dice):
    server, events = long_history
    for _ in range(20):
        at = dice.randrange(len(events) - 100)
        gap, found = read(server, dice.choice(TRANSPORTS), "long", events[at].id, 50)
        assert gap is None
        assert_same(found, events[at + 1 : at + 51])


# a storm

STORM = 1000
BEHIND = 1000


LIVE = """
import json, select, sys, time
sys.path.insert(0, sys.argv[2])
from wire import Connection, Stream
address = ("127.0.0.1", int(sys.argv[1]))
stream, longest, count = Stream(address, "/channels/live").opened(), 0.0, 0
with Connection(address) as publisher:
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.005)[0]:
        begun = time.monotonic()
        assert publisher.call("POST", "/channels/live", {"Content-Type": "text/plain"}, str(count).encode(), timeout=60).status == 201
        event = stream.next(60)
        assert event.data == str(count), event
        longest, count = max(longest, time.monotonic() - begun), count + 1
print(json.dumps({"longest": longest, "count": count}))
"""


@contextmanager
def live(server):
    """A process that publishes and reads live meanwhile; how long its slowest event took."""
    process = subprocess.Popen([sys.executable, "-c", LIVE, str(server.port), str(SUPPORT)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    result = {}
    try:
        assert process.stdout.readline() == "ready\n"
        yield result
        said, _ = process.communicate("stop\n", timeout=90)
        assert process.returncode == 0
        result.update(json.loads(said))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


async def reconnect(address, transport, cursor, last, gate, readers):
    """One client of the storm: all ids that it was given after its cursor, up to `last`. An event is never cut
    between two chunks, so its id is a line of its own whatever the chunks are."""
    reader, writer = await asyncio.open_connection(*address, limit=1 << 20)
    try:
        readers.append(writer)
        await gate(readers)
        if transport == "poll":
            return await poll_on(reader, writer, cursor, last)
        writer.write(f"GET /channels/storm?transport={transport}&wait=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {cursor}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        end, text = f"id: {last}\n".encode(), bytearray()
        while end not in text[-4096:]:
            data = await reader.read(1 << 18)
            assert data, f"{transport}: ended after {len(text)} bytes"
            text += data
        return re.findall(rb"^id: (.*)$", bytes(text), re.MULTILINE)
    finally:
        writer.close()


async def poll_on(reader, writer, cursor, last):
    found = []
    while not found or found[-1] != last.encode():
        writer.write(f"GET /channels/storm?transport=poll&wait=0&after={cursor} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
        content = json.loads(await reader.readexactly(length))
        assert content["gap"] is None and content["events"], content
        found += [event["id"].encode() for event in content["events"]]
        cursor = content["next"]
    return found


async def storm(server, cursor, last):
    """All connect first, and then ask at once."""
    everyone_is_there = asyncio.Event()

    async def gate(there):
        if len(there) == STORM:
            everyone_is_there.set()
        await everyone_is_there.wait()

    transports, there = ["sse", "poll", "sse", "poll-sse"], []
    clients = [reconnect(server.address, transports[number % 4], cursor, last, gate, there) for number in range(STORM)]
    return await asyncio.wait_for(asyncio.gather(*clients), 60)


def test_a_storm_of_reconnections_is_served_without_loss(made, note):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * STORM:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * STORM), hard))
    server = made(overrides={"poll": {"limit": 2000}}).start()
    ids = []
    for _ in range(2):
        ids += server.publish_batch("storm", [(None, {"n": number}) for number in range(BEHIND)])
    server.kill()
    server.start()
    cursor, expected = ids[-BEHIND - 1], [id.encode() for id in ids[-BEHIND:]]
    with live(server) as quiet:
        eventually(lambda: server.poll("/channels/live", wait=0, since="-1")["events"], what="the live reader reads")
    with live(server) as measured:
        begun = time.monotonic()
        results = asyncio.run(storm(server, cursor, ids[-1]))
        seconds = time.monotonic() - begun
    assert len(results) == STORM
    for found in results:
        assert found == expected, f"{len(found)} events, the first {found[:1]}, of {len(expected)}, the first {expected[:1]}"
    note(f"storm: {STORM} reconnections, each {BEHIND} events behind, served in {seconds:.1f} s; meanwhile a live event took "
         f"at most {measured['longest'] * 1000:.0f} ms ({measured['count']} events; before the storm {quiet['longest'] * 1000:.0f} ms)")
    server.stop()
