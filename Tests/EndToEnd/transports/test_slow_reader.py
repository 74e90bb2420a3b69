"""A reader that stops reading costs its buffers, delays nobody, and is let go or told of its gap."""

import hashlib
import json
import selectors
import threading
import time

import pytest

from harness import channel_path
from wire import EventStreamParser, eventually, request_bytes

KEEP_ALL = {"retention": {"*": {"events": 100000, "age": "1h", "bytes": "256MB"}}}
COUNT, SIZE = 3000, 4000  # 12 MB: more than the kernel takes for a connection that nobody reads


def publish_at_full_speed(server, channel, count=COUNT, size=SIZE, window=32):
    """One connection, `window` publishes under way at any time; the ids in order."""
    ids = []
    with server.connect(timeout=30) as connection:
        fill = b"x" * (size - 10)
        for number in range(count + window):
            if number < count:
                connection.send(request_bytes("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"%09d " % number + fill))
            if number >= window:
                answer = connection.read_answer()
                assert answer.status == 201, answer
                ids.append(answer.json()["id"])
    return ids


class Crowd(threading.Thread):
    """Many readers over HTTP/1.0, so that the bytes of all must be the same. The first keeps them, the others a sum."""

    def __init__(self, server, channel, count):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.readers = []
        for number in range(count):
            stream = server.stream(channel_path(channel) + "?heartbeat=0", version="1.0").opened()
            assert not stream.connection.buffer
            reader = {"stream": stream, "sum": hashlib.sha1(bytes(stream.raw)), "length": len(stream.raw), "kept": bytearray(stream.raw) if number == 0 else None}
            stream.connection.socket.setblocking(False)
            self.selector.register(stream.connection.socket, selectors.EVENT_READ, reader)
            self.readers.append(reader)
        self.wanted = None  # bytes of the whole stream, once known
        self.stopped = threading.Event()
        self.ended = []
        self.start()

    def run(self):
        while not self.stopped.is_set():
            for key, _ in self.selector.select(0.1):
                data = key.fileobj.recv(1 << 20)
                reader = key.data
                if not data:
                    self.ended.append(reader)
                    self.selector.unregister(key.fileobj)
                    continue
                reader["sum"].update(data)
                reader["length"] += len(data)
                if reader["kept"] is not None:
                    reader["kept"] += data

    def close(self):
        self.stopped.set()
        self.join(5)
        for reader in self.readers:
            reader["stream"].close()


def test_one_of_200_readers_that_stops_reading_takes_nothing_from_the_others_and_is_let_go(pollux, note):
    server = pollux({**KEEP_ALL, "stream": {"writeTimeout": "3s"}})
    server.publish("busy", "warm up")
    stuck = server.stream("/channels/busy?heartbeat=0", receive_buffer=4096).opened()
    crowd = Crowd(server, "busy", 199)
    chunked = server.stream("/channels/busy?heartbeat=0").opened()
    before, highest, watching = server.resident_bytes(), [0], threading.Event()

    def watch():
        while not watching.wait(0.05):
            highest[0] = max(highest[0], server.resident_bytes())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    descriptors = server.descriptors()
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(chunked.take(COUNT, timeout=60)), daemon=True)
    reader.start()
    begun = time.monotonic()
    ids = publish_at_full_speed(server, "busy")
    published = time.monotonic() - begun
    try:
        reader.join(30)
        assert [each.id for each in seen] == ids, f"over HTTP/1.1 {len(seen)} of {len(ids)} events came"
        assert chunked.whole_chunks
        wanted = len(crowd.readers[0]["kept"])
        eventually(lambda: len(parsed(crowd.readers[0]["kept"])) == COUNT, 30, "all events reach the first reader")
        wanted = len(crowd.readers[0]["kept"])
        eventually(lambda: all(each["length"] >= wanted for each in crowd.readers) or crowd.ended, 30, "all events reach all readers")
        delivered = time.monotonic() - begun
        assert not crowd.ended, f"{len(crowd.ended)} readers that read were let go"
        assert [each.id for each in parsed(crowd.readers[0]["kept"])] == ids
        assert {each["sum"].digest() for each in crowd.readers} == {hashlib.sha1(bytes(crowd.readers[0]["kept"])).digest()}, "all see the same bytes"
        eventually(lambda: server.descriptors() < descriptors, 15, "the stuck reader is let go after 3 s")
        let_go = time.monotonic() - begun
    finally:
        watching.set()
        crowd.close()
    watcher.join()
    stuck_got = drained(stuck)
    assert len(stuck_got) < COUNT and [each.id for each in stuck_got] == ids[: len(stuck_got)], "what it got is whole and in order"
    note(f"slow reader: 200 readers, {COUNT} events of {SIZE} bytes published in {published:.1f} s ({COUNT / published:.0f}/s), delivered in {delivered:.1f} s; "
         f"stuck one let go after {let_go:.1f} s; RSS {before / 1e6:.1f} MB before, {highest[0] / 1e6:.1f} MB at most")
    kept = COUNT * SIZE
    assert highest[0] - before < 4 * kept + 64e6, f"RSS grew by {(highest[0] - before) / 1e6:.0f} MB for a log of {kept / 1e6:.0f} MB"


def parsed(data):
    return EventStreamParser().feed(bytes(data))


def drained(stream):
    """What a connection that was given up still holds."""
    events, deadline = list(stream.waiting), time.monotonic() + 5
    try:
        while not stream.ended:
            stream.pump(deadline)
    except (TimeoutError, OSError, ValueError):
        pass
    stream.close()
    return events + list(stream.waiting)


@pytest.mark.roads("http1", "tls")
def test_a_reader_that_reads_again_is_told_of_its_gap_and_goes_on(pollux, road, note):
    """The log is the queue: it got what the kernel held, then a gap, then all that is kept."""
    server = pollux({"retention": {"*": {"events": 200, "age": "1h", "bytes": "64MB"}}, "stream": {"writeTimeout": "60s"}})
    stream = server.over(road).stream("/channels/busy?heartbeat=0", receive_buffer=4096, timeout=30).opened()
    before = server.resident_bytes()
    ids = publish_at_full_speed(server, "busy")
    grown = server.resident_bytes() - before
    last = server.publish("busy", "last")
    events = []
    while not events or events[-1].id != last:
        events.append(stream.next())
    stream.close()
    gaps = [number for number, event in enumerate(events) if event.type == "pollux.gap"]
    assert gaps, f"{len(events)} events without a gap: the kernel held all?"
    order = {id: number for number, id in enumerate(ids + [last])}
    position = -1
    for number, event in enumerate(events):
        if event.type == "pollux.gap":
            gap = json.loads(event.data)
            assert event.id is None and gap["reason"] == "trimmed"
            assert position < 0 or gap["after"] == events[number - 1].id
            assert gap["resumedAt"] == events[number + 1].id
            position = order[events[number + 1].id] - 1
        else:
            assert order[event.id] == position + 1, "whole, in order, and every loss is told"
            position += 1
    assert stream.whole_chunks
    note(f"slow reader over {road}: it read {gaps[0]} events, was told of {len(gaps)} gap(s), read {len(events) - len(gaps) - gaps[0]} more; RSS grew by {grown / 1e6:.1f} MB")
    assert grown < 64e6, f"RSS grew by {grown / 1e6:.0f} MB though 200 events of {SIZE} bytes are kept"


@pytest.mark.roads("http1", "tls")
@pytest.mark.parametrize("transport", ["poll", "poll-sse"])
def test_a_poller_that_does_not_read_its_answers_delays_nobody_and_is_let_go(pollux, road, transport):
    """Polls are pipelined without an end, and no answer is read."""
    server = pollux({**KEEP_ALL, "stream": {"writeTimeout": "3s"}})
    server.publish_batch("busy", [(None, "x" * 60000) for _ in range(15)])
    before = server.resident_bytes()
    descriptors = server.descriptors()
    stuck = []
    for _ in range(5):
        connection = server.over(road).connect(receive_buffer=4096)
        connection.send(request_bytes("GET", f"/channels/busy?transport={transport}&since=earliest") * 200)
        stuck.append(connection)
    with server.stream("/channels/busy") as stream:
        stream.opened()
        begun = time.monotonic()
        id = server.publish("busy", "now")
        assert stream.next().id == id and time.monotonic() - begun < 1
    eventually(lambda: server.descriptors() <= descriptors, 15, "those who do not read are let go")
    assert server.resident_bytes() - before < 64e6
    for connection in stuck:
        connection.close()
