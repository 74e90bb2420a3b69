"""A ledger on disk in an operator's hands: the commands, what they answer, and what readers are told after them."""

import json
import re
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest

from harness import Server, channel_path, on_file
from wire import Event

RETENTION = {"*": {"events": 1_000_000, "age": "1d", "bytes": "1GB"}}
TRACE = re.compile(r"Fatal error|Stack dump|stack trace|crashed at|Swift runtime failure", re.IGNORECASE)


@pytest.fixture
def made(binary, tmp_path):
    """Servers on files that the test starts and stops: `made("name.db")`."""
    servers = []

    def make(database="ledger.db", overrides=None):
        server = Server(binary, tmp_path, on_file(tmp_path / database, {"retention": RETENTION, **(overrides or {})}))
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.abandon()


def succeeds(result):
    assert result.returncode == 0, result
    assert not TRACE.search(result.stdout + result.stderr), result
    return result.stdout + result.stderr


def fails(result):
    """It failed in good order: an exit code, and words for people."""
    assert result.returncode > 0, result
    said = result.stdout + result.stderr
    assert said.strip() and not TRACE.search(said), result
    return said.lower()


def backup(server, file, *options):
    return server.command("backup", file, "--database", server.database, *options)


def restore(server, file, *options):
    return server.command("restore", file, "--database", server.database, *options)


def inspect(server, *options):
    return server.command("inspect", "--database", server.database, *options)


def assert_sound(file):
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def data_of(events):
    return [event["data"] for event in events]


def ids_of(events):
    return [event["id"] for event in events]


# what a reader is told, on every transport

TRANSPORTS = ["sse", "sse over HTTP/1.0", "sse of /events", "poll", "poll of /events", "poll-sse"]


def read(server, transport, channel, cursor, count):
    """(gap or None, the first `count` events after it)."""
    target = f"/events?channel={channel}&transport=" if "/events" in transport else f"/channels/{channel}?transport="
    target += transport.split()[0]
    if transport.startswith("poll") and not transport.startswith("poll-sse"):
        content = server.poll(target, cursor, wait=0)
        return content["gap"], [Event(each["id"], each["event"], each["data"]) for each in content["events"]][:count]
    with server.stream(target + "&wait=0", cursor, version="1.0" if "1.0" in transport else "1.1") as stream:
        first = stream.next()
        if first.type == "pollux.gap":
            assert first.id is None
            return json.loads(first.data), stream.take(count)
        return None, [first] + stream.take(count - 1)


def assert_told(server, channel, cursor, reason, ids):
    """Every transport tells of the gap first, and then gives all these events."""
    for transport in TRANSPORTS:
        gap, events = read(server, transport, channel, cursor, len(ids))
        assert gap == {"reason": reason, "after": cursor, "resumedAt": ids[0] if ids else None}, f"{transport}: {gap}"
        assert [event.id for event in events] == ids, transport


def assert_told_between(server, channel, cursor, known, ids):
    """Every transport gives the events that are known of the cursor's life, tells that what came behind them is lost, and goes on."""
    last = known[-1] if known else cursor
    expected = {"reason": "lost", "after": last, "resumedAt": ids[0] if ids else None}
    for transport in TRANSPORTS:
        if transport.startswith("poll"):
            at = cursor
            if known:
                gap, events = read(server, transport, channel, at, len(known))
                assert gap is None and [event.id for event in events] == known, f"{transport}: {gap} {events}"
                at = events[-1].id
            gap, events = read(server, transport, channel, at, len(ids))
            assert gap == expected and [event.id for event in events] == ids, f"{transport}: {gap} {events}"
            continue
        target = f"/events?channel={channel}&transport=sse" if "/events" in transport else f"/channels/{channel}?transport=sse"
        with server.stream(target, cursor, version="1.0" if "1.0" in transport else "1.1") as stream:
            before, gap, after = stream.take(len(known)), stream.next(), stream.take(len(ids))
        assert gap.type == "pollux.gap" and gap.id is None and json.loads(gap.data) == expected, f"{transport}: {gap}"
        assert [event.id for event in before + after] == known + ids, transport


def assert_not_told(server, channel, cursor, ids):
    for transport in TRANSPORTS if ids else ["poll", "poll of /events"]:
        gap, events = read(server, transport, channel, cursor, len(ids))
        assert gap is None and [event.id for event in events] == ids, f"{transport}: {gap} {events}"


def restarted(server, how):
    """Stopped in good order, or killed, and started again."""
    server.stop() if how == "stop" else server.kill()
    return server.start()


either_way = pytest.mark.parametrize("how", ["stop", "kill"])


@contextmanager
def publishing(server, channel, publishers=2):
    """Publishers that go on meanwhile; what each was answered, in order."""
    answered, failures, done = [[] for _ in range(publishers)], [], threading.Event()

    def publish(number):
        try:
            with server.connect() as connection:
                while not done.is_set():
                    data = f"{number}/{len(answered[number])}"
                    answer = connection.call("POST", channel_path(channel), {"Content-Type": "text/plain"}, data.encode())
                    assert answer.status == 201, answer
                    answered[number].append((answer.json()["id"], data))
        except BaseException as problem:  # noqa: BLE001
            failures.append(problem)

    threads = [threading.Thread(target=publish, args=(number,), daemon=True) for number in range(publishers)]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        done.set()
        for thread in threads:
            thread.join(20)
    assert not failures, failures[0]
