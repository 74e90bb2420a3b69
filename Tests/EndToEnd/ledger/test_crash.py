"""kill -9 at any moment, again and again: nothing answered is lost, nothing is there twice, no reader notices.

Publishers and readers run over all rounds; at a random moment of each the server is killed and started again on
the same file. What they were answered and given is compared with what the ledger has at the end (crash_checks.py).

    POLLUX_CRASH_ROUNDS=500 POLLUX_SEED=1 pytest test_crash.py
"""

import json
import os
import random
import socket
import sqlite3
import threading
import time
from urllib.parse import quote, urlencode

import pytest

from asking import CHROMIUM
from crash_checks import Publish, Reading, Reply, all_faults, epoch_of, position_of
from harness import Server, channel_path, merged, on_file, poll_content
from every_transport import target_of, unwrapped
from switching import dice_of
from wire import Disconnected, Event, StreamEnded, request_bytes

ROUNDS = int(os.environ.get("POLLUX_CRASH_ROUNDS") or 50)
CHANNELS = ["a", "b", "c/c", "d ü"]
RETENTION = {"*": {"events": 10_000_000, "age": "1d", "bytes": "4GB"}}
CUT = (ConnectionError, Disconnected, StreamEnded)


class World:
    """What all threads share: whether the server is up, how often it was killed, and what went wrong."""

    def __init__(self, server):
        self.server = server
        self.changed = threading.Condition()
        self.crashes = 0
        self.is_up = False
        self.publishing = True
        self.failures = []

    def enter(self):
        """Wait until the server is up; how often it had been killed by then."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.is_up or self.failures, 60), "the server did not come back"
            return self.crashes

    def open(self):
        with self.changed:
            self.is_up = True
            self.changed.notify_all()

    def close(self):
        """From now on connections may be cut."""
        with self.changed:
            self.is_up = False
            self.crashes += 1

    def fail(self, name, problem):
        with self.changed:
            self.failures.append(f"{name}: {type(problem).__name__}: {problem}")
            self.changed.notify_all()

    def assert_well(self):
        assert not self.failures, "\n".join(self.failures[:5])


class Client(threading.Thread):
    """Connects, works until it is cut, and comes back. A connection that is cut where nobody killed is a failure."""

    def __init__(self, world, name, dice):
        super().__init__(name=name, daemon=True)
        self.world, self.server, self.dice = world, world.server, dice
        self.cuts = 0

    def run(self):
        try:
            while not self.is_done and not self.world.failures:
                crashes = self.world.enter()
                try:
                    self.work()
                except CUT as problem:
                    assert self.world.crashes > crashes, f"cut, though nobody killed the server: {problem!r}"
                    self.cuts += 1
        except BaseException as problem:  # noqa: BLE001, told by the main thread
            self.world.fail(self.name, problem)


class Publisher(Client):
    """Publishes up to `window` requests at once on one connection; comes back with the keys that were not answered."""

    def __init__(self, world, name, dice, window=1, batches=False, kept=True):
        super().__init__(world, name, dice)
        self.window, self.batches, self.kept = window, batches, kept
        self.history = []
        self.pending = []  # sent, not answered
        self.unanswered = 0

    @property
    def is_done(self):
        return not self.world.publishing and not self.pending

    def work(self):
        again = [publish for publish in self.pending if publish.key]
        self.unanswered += len(self.pending)
        self.pending = again
        answered = [publish for publish in self.history[-12:] if publish.key and publish.replies]
        while True:
            with self.server.connect() as connection:
                self.send(connection, self.dice.sample(answered, min(2, len(answered))))
                while again:
                    self.send(connection, again[: self.window])
                    again = again[self.window :]
                while self.world.publishing:
                    self.send(connection, [self.made() for _ in range(self.dice.randint(1, self.window))])
                    if not self.kept:
                        break
            answered = []
            if not self.world.publishing or self.world.failures:
                return

    def made(self):
        number = len(self.history)
        count = self.dice.choice([1, 2, 3, 5, 30]) if self.batches else 1
        events = [(self.dice.choice(["message", "price", "größe"]), self.data(f"{self.name}/{number}/{n}")) for n in range(count)]
        key = f"{self.name}-{number}" if self.dice.random() < 0.6 else None
        publish = Publish(self.name, self.dice.choice(CHANNELS), events, key)
        publish.request = self.request(publish)
        self.history.append(publish)
        return publish

    def data(self, name):
        """Unlike any other, mostly short, compact JSON."""
        size = self.dice.choice([0, 10, 50, 200, 200, 1000, 5000])
        return json.dumps({"of": name, "more": "x" * size}, separators=(",", ":"))

    def request(self, publish):
        """The bytes of the request, in one of the forms that section 5 has."""
        path, (type, data) = channel_path(publish.channel), publish.events[0]
        if self.batches:
            media, body = "application/x-ndjson", "".join(
                '{"event":%s,"data":%s}\n' % (json.dumps(type), data) for type, data in publish.events)
        else:
            media = self.dice.choice(["text/plain", "application/json", "application/x-www-form-urlencoded"])
            body = urlencode({"data": data, "event": type}) if media.endswith("urlencoded") else data
            path += "" if media.endswith("urlencoded") else "?event=" + quote(type)
        headers = {"Content-Type": media}
        if publish.key:
            headers["Idempotency-Key"] = publish.key
        return request_bytes("POST", path, headers, body.encode("utf-8"))

    def send(self, connection, publishes):
        for publish in publishes:
            publish.attempts += 1
        self.pending += [publish for publish in publishes if not publish.replies and publish not in self.pending]
        connection.send(b"".join(publish.request for publish in publishes))
        for publish in publishes:
            answer = connection.read_answer("POST")
            assert answer.status in (200, 201), f"{publish.name}: {answer}"
            content = answer.json()
            ids = content["ids"] if self.batches else [content["id"]]
            replayed = answer.header("idempotency-replayed") == "true"
            publish.replies.append(Reply(publish.attempts, answer.status, replayed, tuple(ids)))
            if publish in self.pending:
                self.pending.remove(publish)


class Reader(Client):
    """Reads its channels by one of `ways`, another one at each connection, until it has seen the end of each channel."""

    def __init__(self, world, name, dice, channels, ways, leaves=False):
        super().__init__(world, name, dice)
        self.channels, self.ways, self.leaves = channels, ways, leaves
        self.reading = Reading(name, channels, None, None)
        self.ends = 0

    @property
    def is_done(self):
        return self.ends == len(self.channels)

    def begin(self, cursor):
        self.reading.start = self.reading.cursor = cursor

    def work(self):
        getattr(self, self.dice.choice(self.ways))()

    def leave(self):
        """Whether to go to another connection now, though nothing is wrong with this one."""
        return self.is_done or bool(self.world.failures) or self.leaves and self.dice.random() < 0.02

    def saw(self, event):
        if event.type == "pollux.gap":
            self.reading.gaps.append(event.data)
            raise AssertionError(f"told of a gap after {self.reading.cursor}: {event.data}")
        self.moved(event.id)
        self.reading.found.append(event)
        self.ends += event.type == "end"

    def moved(self, cursor):
        before, self.reading.cursor = self.reading.cursor, cursor
        assert epoch_of(cursor) == epoch_of(before), f"another epoch: {before}, then {cursor}"
        assert position_of(cursor) >= position_of(before), f"thrown back from {before} to {cursor}"

    # ways

    def stream(self, version="1.1", envelope=None, path=None):
        target = target_of(self.channels, path, envelope=envelope)
        with self.server.stream(target, self.reading.cursor, version=version) as stream:
            while not self.leave():
                event = stream.next()
                self.saw(unwrapped(event) if envelope else event)

    def old_stream(self):
        """Over HTTP/1.0, where an event that is cut is seen cut."""
        self.stream(version="1.0")

    def enveloped_stream(self):
        self.stream(envelope="json", path="events")

    def short_stream(self):
        """As long as an XMLHttpRequest wants it: ends before a number of bytes."""
        with self.server.stream(target_of(self.channels, budget=3000), self.reading.cursor) as stream:
            while not self.is_done:
                try:
                    self.saw(stream.next())
                except StreamEnded as end:
                    if stream.chunks and str(end) == "clean":
                        return
                    raise

    def eventsource(self):
        """As a browser: no cursor but the one that the first stream began with."""
        cursor, headers = self.reading.cursor, CHROMIUM
        with self.server.stream(target_of(self.channels), cursor, headers) as stream:
            if cursor is None:
                self.begin(stream.until(lambda stream: stream.last_event_id).last_event_id)
            while not self.leave():
                self.saw(stream.next())

    def poll(self, **query):
        with self.server.connect() as connection:
            while not self.leave():
                target = target_of(self.channels, transport="poll", wait=5, after=self.reading.cursor, **query)
                content = poll_content(connection.call("GET", target))
                assert content["gap"] is None, f"told of a gap: {content['gap']}"
                for event in content["events"]:
                    self.saw(Event(event["id"], event["event"], event["data"]))
                self.moved(content["next"])

    def small_poll(self):
        self.poll(limit=self.dice.choice([1, 7, 100]))

    def interval_poll(self):
        """Asks again and again, with connections of its own."""
        content = self.server.poll(target_of(self.channels), self.reading.cursor, wait=0)
        assert content["gap"] is None, f"told of a gap: {content['gap']}"
        for event in content["events"]:
            self.saw(Event(event["id"], event["event"], event["data"]))
        self.moved(content["next"])

    def poll_sse(self):
        while not self.leave():
            target = target_of(self.channels, transport="poll-sse", wait=5)
            with self.server.stream(target, self.reading.cursor) as stream:
                while True:
                    try:
                        self.saw(stream.next())
                    except StreamEnded as end:
                        if str(end) == "clean":
                            break
                        raise


EVERY_WAY = ["stream", "old_stream", "enveloped_stream", "short_stream", "poll", "small_poll", "interval_poll", "poll_sse"]


def publishers_of(world, dice):
    return [
        Publisher(world, "single", dice_of(dice, 1)),
        Publisher(world, "hasty", dice_of(dice, 2), kept=False),
        Publisher(world, "pipelined", dice_of(dice, 3), window=8),
        Publisher(world, "batches", dice_of(dice, 4), batches=True),
        Publisher(world, "pipelined-batches", dice_of(dice, 5), window=3, batches=True),
    ]


def readers_of(world, dice):
    return [
        Reader(world, "an EventSource", dice_of(dice, 11), ["a"], ["eventsource"]),
        Reader(world, "a stream over HTTP/1.0", dice_of(dice, 12), ["b"], ["old_stream"]),
        Reader(world, "a long poll", dice_of(dice, 13), ["a"], ["poll"]),
        Reader(world, "a poll-sse", dice_of(dice, 14), ["c/c"], ["poll_sse"]),
        Reader(world, "a stream of /events", dice_of(dice, 15), ["a", "c/c", "d ü"], ["stream"]),
        Reader(world, "a poll of /events", dice_of(dice, 16), CHANNELS, ["small_poll"]),
        Reader(world, "a switcher", dice_of(dice, 17), ["d ü"], EVERY_WAY, leaves=True),
        Reader(world, "a switcher of /events", dice_of(dice, 18), ["b", "d ü"], EVERY_WAY, leaves=True),
    ]


class Kept:
    """What the ledger has, read on while nobody publishes."""

    def __init__(self, server):
        self.server = server
        self.cursor = None
        self.events = {name: [] for name in CHANNELS}
        self.by_id = {}

    def read_on(self):
        """What came since the last time; nothing that was read before may be gone, so no gap."""
        while True:
            start = {"since": "earliest"} if self.cursor is None else {}
            content = self.server.poll(target_of(CHANNELS), self.cursor, wait=0, **start)
            assert content["gap"] is None, f"a gap after {self.cursor}: {content['gap']}"
            if self.cursor:
                assert epoch_of(content["next"]) == epoch_of(self.cursor), f"another epoch: {self.cursor}, {content['next']}"
            for event in content["events"]:
                event_seen = Event(event["id"], event["event"], event["data"])
                self.events[event["channel"]].append(event_seen)
                self.by_id[event["id"]] = event_seen
            self.cursor = content["next"]
            if not content["events"]:
                return

    def assert_has(self, publishes):
        """All that were answered."""
        for publish in publishes:
            for (type, data), id in zip(publish.events, publish.replies[0].ids if publish.replies else ()):
                assert self.by_id.get(id) == Event(id, type, data), f"{publish.name} was answered {id}: {self.by_id.get(id)}"


def fixed_port():
    """A port that the system gives to nobody who connects: between two lives of the server it must stay free."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def durable_server(binary, folder, overrides=None):
    port = fixed_port()
    configuration = on_file(folder / "ledger" / "pollux.db", {"port": port, "retention": RETENTION})
    server = Server(binary, folder, merged(configuration, overrides or {}))
    server.port = port
    return server


def start_again(world, dice, crashes_early):
    """Start the server; sometimes it is killed while it recovers, which must not hurt either."""
    while dice.random() < crashes_early:
        world.server.spawn()
        time.sleep(dice.uniform(0, 0.1))
        world.server.kill()
        world.crashes += 1
    begun = time.monotonic()
    world.server.start()
    return time.monotonic() - begun


def crash_again_and_again(server, dice, note, rounds, what):
    begun, starts = time.monotonic(), []
    world = World(server)
    starts.append(start_again(world, dice, 0))
    publishers, readers, kept = publishers_of(world, dice), readers_of(world, dice), Kept(server)
    for reader in readers[1:]:
        reader.begin(server.head_id(target_of(reader.channels)))
    world.open()
    # The EventSource begins before anything is published, as it has no cursor to come back with.
    readers[0].start()
    wait_for(world, lambda: readers[0].reading.cursor)
    for thread in publishers + readers[1:]:
        thread.start()
    checked = [0] * len(publishers)
    for _ in range(rounds):
        time.sleep(dice.uniform(0.02, 0.5))
        world.assert_well()
        world.close()
        server.kill()
        starts.append(start_again(world, dice, 0.15))
        # Nobody publishes now: what was answered before must be there.
        kept.read_on()
        for number, publisher in enumerate(publishers):
            kept.assert_has(publisher.history[checked[number] :])
            checked[number] = len(publisher.history)
        world.assert_well()
        world.open()
    wait_for(world, lambda: all(publisher.cuts >= rounds * 0.5 for publisher in publishers))
    world.publishing = False
    for publisher in publishers:
        publisher.join(30)
    world.assert_well()
    ends = [Publish("main", name, [("end", f"end of {name}")], None, 1, []) for name in CHANNELS]
    for publish in ends:
        publish.replies.append(Reply(1, 201, False, (server.publish(publish.channel, publish.events[0][1], "end"),)))
    for reader in readers:
        reader.join(30)
    world.assert_well()
    assert not any(thread.is_alive() for thread in publishers + readers), "someone does not come to an end"
    kept.read_on()
    content = {name: [Event(event["id"], event["event"], event["data"]) for event in server.events(channel_path(name))]
               for name in CHANNELS}
    assert content == kept.events, "the ledger's past has changed"
    publishes = [publish for publisher in publishers for publish in publisher.history] + ends
    faults = all_faults(publishes, [reader.reading for reader in readers], content)
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:10])
    assert_worth_something(publishers, readers, rounds)
    note(summary(what, world, publishers, content, readers, starts, time.monotonic() - begun))


def wait_for(world, condition, timeout=30):
    deadline = time.monotonic() + timeout
    while not condition():
        world.assert_well()
        assert time.monotonic() < deadline, "the threads do not get on"
        time.sleep(0.005)


def assert_worth_something(publishers, readers, rounds):
    """Whoever was never cut, and a run in which nothing was under way at the crashes, would prove nothing."""
    replies = [reply for publisher in publishers for publish in publisher.history for reply in publish.replies]
    assert len(replies) > 20 * rounds, len(replies)
    assert sum(publisher.unanswered for publisher in publishers) > rounds
    assert sum(reply.status == 200 for reply in replies) > rounds
    assert all(len(reader.reading.found) > rounds for reader in readers)


def summary(what, world, publishers, content, readers, starts, seconds):
    publishes = [publish for publisher in publishers for publish in publisher.history]
    again = [publish for publish in publishes if publish.attempts > 1 and publish.replies and publish.replies[0].attempt > 1]
    found = sum(publish.replies[0].status == 200 for publish in again)
    return (f"{what}: {world.crashes} kills, {sum(map(len, content.values()))} events, {len(publishes)} publishes, "
            f"{sum(publisher.unanswered for publisher in publishers)} unanswered at a kill, {len(again)} of them tried again "
            f"({found} had been kept), {sum(len(reader.reading.found) for reader in readers)} deliveries, "
            f"start {sorted(starts)[len(starts) // 2] * 1000:.0f} ms, at most {max(starts) * 1000:.0f} ms, {seconds:.1f} s")


@pytest.fixture
def crashing(binary, tmp_path):
    """A server on a file, which the test kills."""
    started = []

    def made(overrides=None):
        started.append(durable_server(binary, tmp_path, overrides))
        return started[-1]

    yield made
    for server in started:
        server.abandon()


def assert_sound(server):
    """The file, after the server has stopped in good order."""
    checked = server.command("inspect", "--database", server.database, "--check")
    assert checked.returncode == 0, checked
    with sqlite3.connect(server.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.heavy
def test_nothing_is_lost_or_repeated_however_often_the_server_is_killed(crashing, dice, note):
    server = crashing()
    crash_again_and_again(server, dice, note, ROUNDS, "kill -9")
    server.stop()
    assert_sound(server)


@pytest.mark.heavy
def test_nothing_is_lost_or_repeated_with_a_ledger_that_outlives_a_power_cut(crashing, dice, note):
    server = crashing({"sqlite": {"durability": "power"}})
    crash_again_and_again(server, dice, note, max(1, ROUNDS // 10), "kill -9, durability power")
    server.stop()
    assert_sound(server)


def test_readers_resume_after_a_kill_as_if_nothing_had_been(crashing):
    """Serve, publish, kill -9, serve: a stream that was open and a long poll go on with nothing lost or repeated."""
    server = crashing()
    server.start()
    first = server.publish("news", "before all")
    stream = server.stream("/channels/news", headers=CHROMIUM).opened()
    seen = []
    published = [server.publish("news", f"before {number}") for number in range(10)]
    seen += [event.id for event in stream.take(7)]
    polled = server.poll("/channels/news", first, limit=4)
    # Published and answered, but this reader has not read so far when the server is killed.
    published += [server.publish("news", f"unread {number}") for number in range(5)]
    server.kill()
    try:
        while True:
            seen.append(stream.next().id)
    except StreamEnded as end:
        assert str(end) == "cut"
    server.start()
    published += [server.publish("news", f"after {number}") for number in range(10)]
    with server.stream("/channels/news", stream.last_event_id, CHROMIUM) as again:
        while len(seen) < len(published):
            event = again.next()
            assert event.type == "message", event
            seen.append(event.id)
        assert seen == published
        published.append(server.publish("news", "live"))
        assert again.next().id == published[-1]
    ids = [event["id"] for event in polled["events"]]
    content = server.poll("/channels/news", polled["next"])
    assert content["gap"] is None
    assert ids + [event["id"] for event in content["events"]] == published
    positions = [position_of(id) for id in [first] + published]
    assert positions == sorted(set(positions)) and len({epoch_of(id) for id in published}) == 1
    server.stop()


def test_a_held_poll_that_a_kill_cut_off_is_answered_by_the_next_process(crashing):
    server = crashing()
    server.start()
    cursor = server.publish("news", "before")
    with server.connect() as connection:
        connection.ask("GET", f"/channels/news?transport=poll&wait=20&after={cursor}")
        with server.stream("/channels/news") as stream:
            stream.opened()  # the poll before it has been taken in
        server.kill()
        with pytest.raises(Disconnected):
            connection.read_answer()
    server.start()
    with server.connect() as connection:
        connection.ask("GET", f"/channels/news?transport=poll&wait=20&after={cursor}")
        assert not connection.has_input(0.1), "there is nothing new, and no gap"
        id = server.publish("news", "after")
        content = poll_content(connection.read_answer())
    assert content["gap"] is None and [event["id"] for event in content["events"]] == [id]
    server.stop()
