"""A reader that takes another transport at every step, at random, while somebody publishes in every form that there is."""

import json
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlencode

from every_transport import target_of, unwrapped
from harness import channel_path, poll_content
from wire import Event


class Publisher(threading.Thread):
    """Publishes in every form there is, no further ahead of the reader than `ahead` events."""

    def __init__(self, server, channels, dice, ahead=150):
        super().__init__(daemon=True)
        self.server, self.channels, self.dice, self.ahead = server, channels, dice, ahead
        self.expected = []
        self.read = 0
        self.done = threading.Event()
        self.failed = None
        self.number = 0
        self.start()

    def run(self):
        try:
            with self.server.connect() as connection:
                while not self.done.is_set():
                    if len(self.expected) - self.read > self.ahead:
                        self.done.wait(0.001)
                        continue
                    self.publish(connection)
        except Exception as problem:  # noqa: BLE001, told by the test
            self.failed = problem

    def publish(self, connection):
        dice, channel = self.dice, self.dice.choice(self.channels)
        type = dice.choice(["message", "message", "price", "größe"])
        self.number += 1
        data = dice.choice(["{n}", "{n}\nand\n\nmore\n", ' {{"n":{n}}} ', "{n} ✓ ü", "{n} " + "x" * 700, ""]).format(n=self.number)
        form = dice.choice(["text", "text", "form", "json", "batch"])
        path = channel_path(channel)
        if form == "text":
            query = "?" + urlencode({"event": type}) if type != "message" else ""
            answer = connection.call("POST", path + query, {"Content-Type": "text/plain"}, data.encode("utf-8"))
            events = [(type, data)]
        elif form == "form":
            body = urlencode({"data": data, "event": type}).encode("ascii")
            answer = connection.call("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)
            events = [(type, data)]
        elif form == "json":
            data = json.dumps({"n": self.number, "of": data}, separators=(",", ":"), ensure_ascii=False)
            answer = connection.call("POST", path, {"Content-Type": "application/json"}, data.encode("utf-8"))
            events = [("message", data)]
        else:
            events = [(type, json.dumps([self.number, more, data], separators=(",", ":"))) for more in range(dice.randint(1, 40))]
            body = "".join('{"event":%s,"data":%s}\n' % (json.dumps(type), data) for type, data in events)
            answer = connection.call("POST", path, {"Content-Type": "application/x-ndjson"}, body.encode("utf-8"))
        assert answer.status == 201, answer
        content = answer.json()
        ids = content["ids"] if form == "batch" else [content["id"]]
        self.expected += [Event(id, type, data) for id, (type, data) in zip(ids, events, strict=True)]


class Switcher:
    """A reader that takes another transport and another connection at every step, at any cursor."""

    def __init__(self, server, channels, dice, publisher, cursor):
        self.server, self.channels, self.dice = server, channels, dice
        self.publisher, self.cursor = publisher, cursor
        self.kept = None  # a connection that is kept from one poll to another
        self.found = []

    def step(self):
        way = self.dice.choice([self.stream, self.stream, self.broken_stream, self.budget, self.poll, self.kept_poll, self.kept_poll,
                                self.poll_sse, self.interval, self.abandoned_poll])
        way()
        self.publisher.read = len(self.found)

    def saw(self, events):
        self.found += events
        if events:
            self.cursor = events[-1].id

    def request(self, **query):
        """A random resource, and a random place for the cursor: (target, headers)."""
        headers = {}
        name = self.dice.choice(["Last-Event-ID", "lastEventId", "last_event_id", "evs_last_event_id", "after", "both"])
        if name in ("Last-Event-ID", "both"):
            headers["Last-Event-ID"] = self.cursor
            if name == "both":
                query["lastEventId"] = self.found[0].id if self.found else self.cursor
        else:
            query[name] = self.cursor
        if self.dice.random() < 0.2:
            headers["User-Agent"] = "Mozilla/5.0"
        channels = list(self.channels)
        self.dice.shuffle(channels)
        return target_of(channels, self.dice.choice(["events", None]), **query), headers

    def open_stream(self, **query):
        envelope = self.dice.choice([None, None, "json"])
        target, headers = self.request(envelope=envelope, **query)
        first, *others = self.server.road.versions
        stream = self.server.stream(target, headers=headers, version=self.dice.choice([first, first, *others]))
        return stream, (unwrapped if envelope else lambda event: event)

    def stream(self):
        stream, plain = self.open_stream()
        events = [plain(stream.next()) for _ in range(self.dice.choice([1, 1, 2, 5, 20]))]
        self.dice.choice([stream.close, stream.reset])()
        assert stream.whole_chunks
        self.saw(events)

    def broken_stream(self):
        """Cut anywhere, also within an event: what was not read to its end does not count."""
        stream, plain = self.open_stream()
        connection, parser = stream.connection, stream.parser
        wanted, events = self.dice.randint(1, 3000), []
        if stream.chunked:
            while sum(map(len, stream.chunks)) < wanted and not stream.waiting:
                stream.pump(time.monotonic() + 10)
            events = [plain(event) for event in stream.waiting]
        else:
            while not connection.buffer:
                assert connection.fill(time.monotonic() + 10)
            events = [plain(event) for event in parser.feed(bytes(connection.buffer[:wanted]))]
        stream.reset()
        self.saw(events)

    def budget(self):
        budget = self.dice.choice([1, 100, 1000, 5000])
        stream, plain = self.open_stream(budget=budget)
        events = [plain(event) for event in stream.rest()]
        stream.close()
        assert stream.ended == "clean" and events
        assert len(stream.raw) <= budget or len(events) == 1
        self.saw(events)

    def answer_of_poll(self, content):
        assert content["gap"] is None, content["gap"]
        self.found += [Event(each["id"], each["event"], each["data"]) for each in content["events"]]
        self.cursor = content["next"]

    def poll(self):
        target, headers = self.request(transport="poll", wait=5, limit=self.dice.choice([None, 1, 3, 50]))
        self.answer_of_poll(poll_content(self.server.call("GET", target, headers)))

    def kept_poll(self):
        """Over a connection that is kept; HTTP/1.1 closes none of its own accord."""
        target, headers = self.request(transport="poll", wait=5, limit=self.dice.choice([None, 2, 10]))
        if self.kept is None or self.dice.random() < 0.05:
            if self.kept:
                self.kept.close()
            self.kept = self.server.connect()
        self.answer_of_poll(poll_content(self.kept.call("GET", target, headers)))

    def interval(self):
        target, headers = self.request(transport="poll", wait=0)
        self.answer_of_poll(poll_content(self.server.call("GET", target, headers)))

    def poll_sse(self):
        stream, plain = self.open_stream(transport="poll-sse", wait=5, limit=self.dice.choice([None, 1, 4]))
        events = [plain(event) for event in stream.rest()]
        stream.close()
        assert stream.ended == "clean"
        self.saw(events)

    def abandoned_poll(self):
        """Gone before the answer: the cursor stays where it was."""
        target, headers = self.request(transport="poll", wait=5)
        connection = self.server.connect()
        connection.ask("GET", target, headers)
        self.dice.choice([connection.close, connection.reset])()


@contextmanager
def noise(server, channel, publishers):
    """Publishes to other channels meanwhile, so that the ledger's head moves while nothing happens in ours."""
    done = threading.Event()

    def publish(number):
        with server.connect() as connection:
            while not done.is_set():
                answer = connection.call("POST", channel_path(f"{channel}/noise/{number}"), {"Content-Type": "text/plain"}, b"x")
                assert answer.status == 201, answer

    threads = [threading.Thread(target=publish, args=(number,), daemon=True) for number in range(publishers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(10)


def switch_at_random(server, channels, dice, note, steps, reader=Switcher):
    cursor = server.head_id(target_of(channels))
    publisher = Publisher(server, channels, dice_of(dice, 1))
    reader = reader(server, channels, dice_of(dice, 2), publisher, cursor)
    begun = time.monotonic()
    try:
        for _ in range(steps):
            reader.step()
            assert publisher.failed is None, publisher.failed
    finally:
        publisher.done.set()
        publisher.join(10)
    assert publisher.failed is None, publisher.failed
    while len(reader.found) < len(publisher.expected):
        reader.poll()
    assert_same(reader.found, publisher.expected)
    note(f"random switcher, {len(channels)} channel(s): {steps} steps, {len(reader.found)} events, {time.monotonic() - begun:.1f} s")


def dice_of(dice, number):
    """Independent dice for each thread, so that a seed repeats both."""
    return type(dice)(f"{dice.random()}/{number}")


def assert_same(found, expected):
    """Equal lists; where they differ, say where instead of printing thousands of events."""
    for number, (one, other) in enumerate(zip(found, expected)):
        assert one == other, f"event {number} of {len(expected)}: saw {one}, published {other}"
    assert len(found) == len(expected)
