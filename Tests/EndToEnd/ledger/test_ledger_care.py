"""A ledger on disk in an operator's hands: backup, restore, inspection, restarts, bounds, and long histories."""

import asyncio
import json
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from crash_checks import epoch_of, position_of
from harness import SUPPORT, Server, channel_path, on_file, running
from every_transport import by_poll, by_poll_sse, by_stream
from wire import Event, assert_problem, eventually

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


def assert_not_told(server, channel, cursor, ids):
    for transport in TRANSPORTS if ids else ["poll", "poll of /events"]:
        gap, events = read(server, transport, channel, cursor, len(ids))
        assert gap is None and [event.id for event in events] == ids, f"{transport}: {gap} {events}"


def restarted(server, how):
    """Stopped in good order, or killed, and started again."""
    server.stop() if how == "stop" else server.kill()
    return server.start()


either_way = pytest.mark.parametrize("how", ["stop", "kill"])


# backup


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


def test_a_backup_that_is_made_while_events_are_published_has_the_first_of_them(made, tmp_path):
    server = made().start()
    copy = tmp_path / "copy.db"
    server.publish_batch("orders", [(None, "z" * 500) for _ in range(2000)])
    with publishing(server, "orders") as answered:
        eventually(lambda: all(len(each) > 50 for each in answered), what="publishers get on")
        before = [list(each) for each in answered]
        succeeds(server.command("backup", copy, "--config", server.configuration_file))
        after = [len(each) for each in answered]
        eventually(lambda: all(len(each) > old + 20 for each, old in zip(answered, after)), what="publishers get on")
    all_data = data_of(server.events("/channels/orders"))
    server.stop()
    assert_sound(copy)
    other = made("restored/ledger.db")
    succeeds(restore(other, copy))
    other.start()
    copied = data_of(other.events("/channels/orders"))
    assert copied == all_data[: len(copied)], "not a prefix of what was published"
    assert {data for each in before for _, data in each} <= set(copied), "what was answered before the backup began is missing"
    assert len(copied) < len(all_data)
    assert other.publish("orders", "goes on")
    other.stop()
    server.start()
    assert data_of(server.events("/channels/orders")) == all_data, "a backup changes nothing in what it copies"
    server.stop()


def test_a_backup_of_a_stopped_server(made, tmp_path):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(5)]
    server.stop()
    copy = tmp_path / "copy.db"
    succeeds(backup(server, copy))
    assert_sound(copy)
    server.start()
    assert ids_of(server.events("/channels/orders")) == ids
    server.stop()


@pytest.mark.parametrize("while_serving", [True, False], ids=["while serving", "stopped"])
def test_a_backup_overwrites_only_by_force(made, tmp_path, while_serving):
    server = made().start()
    server.publish("orders", "x")
    if not while_serving:
        server.stop()
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    said = fails(backup(server, copy))
    assert copy.read_text() == "precious" and "copy.db" in said and "--force" in said, said
    succeeds(backup(server, copy, "--force"))
    assert_sound(copy)
    if while_serving:
        assert server.publish("orders", "y")
        server.stop()


def test_a_backup_over_the_ledger_itself_is_refused(made):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(3)]
    fails(backup(server, server.database, "--force"))
    assert ids_of(server.events("/channels/orders")) == ids
    restarted(server, "kill")
    assert ids_of(server.events("/channels/orders")) == ids
    server.stop()


def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(made, tmp_path):
    server = made().start()
    server.publish("orders", "x")
    (tmp_path / "file").write_text("x")
    assert "copy.db" in fails(backup(server, tmp_path / "file" / "copy.db"))
    nowhere = made("nowhere.db")
    said = fails(backup(nowhere, tmp_path / "copy.db"))
    assert "nowhere.db" in said
    assert not (tmp_path / "copy.db").exists() and not nowhere.database.exists()
    server.stop()


# restore


@either_way
def test_a_restore_of_an_older_copy_begins_a_new_epoch_and_tells_every_client(made, tmp_path, how):
    server = made().start()
    old = [server.publish("orders", f"old {number}") for number in range(5)]
    copy = tmp_path / "copy.db"
    succeeds(backup(server, copy))
    lost = [server.publish("orders", f"lost {number}") for number in range(5)]

    said = fails(restore(server, copy))
    assert "stop" in said or "running" in said or "in use" in said or "serv" in said, said
    assert ids_of(server.events("/channels/orders")) == old + lost, "a refused restore changes nothing"
    lost.append(server.publish("orders", "still writable"))

    server.stop() if how == "stop" else server.kill()
    succeeds(restore(server, copy))
    server.start()
    kept = server.events("/channels/orders")
    assert data_of(kept) == [f"old {number}" for number in range(5)]
    new = [server.publish("orders", f"new {number}") for number in range(8)]
    assert not set(new) & set(old + lost), "an id is used for two events"
    assert epoch_of(new[0]) != epoch_of(old[0])
    for cursor in (old[1], old[4], lost[0], lost[5]):
        assert_told(server, "orders", cursor, "epoch", ids_of(kept) + new)
    restarted(server, "kill")
    assert_not_told(server, "orders", new[3], new[4:])
    server.stop()


def test_a_restore_that_is_done_twice_begins_another_epoch_each_time(made, tmp_path):
    server = made().start()
    ids = [server.publish("orders", "original")]
    copy = tmp_path / "copy.db"
    server.stop()
    succeeds(backup(server, copy))
    for number in range(2):
        succeeds(restore(server, copy))
        server.start()
        ids.append(server.publish("orders", f"after restore {number}"))
        server.stop()
    assert len(set(ids)) == 3 and len({epoch_of(id) for id in ids}) == 3


def test_a_file_that_is_no_ledger_is_not_restored(made, tmp_path):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(3)]
    server.stop()
    (tmp_path / "notes.txt").write_text("These are my notes.\n" * 1000)
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.executescript("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');")
    for name in ("notes.txt", "other.db", "not-there.db"):
        assert name in fails(restore(server, tmp_path / name))
    server.start()
    assert ids_of(server.events("/channels/orders")) == ids, "a refused restore changes nothing"
    server.stop()


def copied_by_hand(server, folder):
    """What an operator does with a server that is stopped."""
    for suffix in ("", "-wal", "-shm"):
        file = Path(f"{server.database}{suffix}")
        if file.exists():
            shutil.copyfile(file, folder / f"by-hand{suffix}")


def put_back_by_hand(server, folder):
    for suffix in ("-wal", "-shm"):
        Path(f"{server.database}{suffix}").unlink(missing_ok=True)
    for suffix in ("", "-wal", "-shm"):
        if (folder / f"by-hand{suffix}").exists():
            shutil.copyfile(folder / f"by-hand{suffix}", f"{server.database}{suffix}")


@either_way
def test_an_older_file_that_is_put_back_by_hand_begins_a_new_epoch(made, tmp_path, how):
    server = made().start()
    old = [server.publish("orders", f"old {number}") for number in range(5)]
    server.stop()
    copied_by_hand(server, tmp_path)
    server.start()
    assert_not_told(server, "orders", old[1], old[2:])
    lost = [server.publish("orders", f"lost {number}") for number in range(5)]
    assert epoch_of(lost[0]) == epoch_of(old[0])
    server.stop() if how == "stop" else server.kill()
    put_back_by_hand(server, tmp_path)
    server.start()
    kept = ids_of(server.events("/channels/orders"))
    new = [server.publish("orders", f"new {number}") for number in range(8)]
    assert not set(new) & set(old + lost), "an id is used for two events"
    for cursor in (old[1], lost[0], lost[4]):
        assert_told(server, "orders", cursor, "epoch", kept + new)
    server.stop()


def test_the_same_file_put_back_by_hand_is_no_new_epoch_while_nothing_was_published(made, tmp_path):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(5)]
    server.stop()
    copied_by_hand(server, tmp_path)
    put_back_by_hand(server, tmp_path)
    server.start()
    assert_not_told(server, "orders", ids[1], ids[2:])
    server.stop()


@pytest.mark.parametrize("removed", [["-wal", "-shm"], ["", "-wal", "-shm"]], ids=["its last part", "all of it"])
def test_a_file_that_has_lost_its_end_after_a_kill_begins_a_new_epoch(made, removed):
    """Someone tidied up: what was only in `-wal`, or everything, is gone, and the ids that it had may not come again."""
    server = made().start()
    old = [server.publish("orders", f"old {number}") for number in range(8)]
    server.kill()
    for suffix in removed:
        Path(f"{server.database}{suffix}").unlink(missing_ok=True)
    server.start()
    kept = server.events("/channels/orders")
    assert data_of(kept) != [f"old {number}" for number in range(8)], "nothing was lost: the test tests nothing"
    new = [server.publish("orders", f"new {number}") for number in range(8)]
    assert not set(new) & set(old), "an id is used for two events"
    assert_told(server, "orders", old[7], "epoch", ids_of(kept) + new)
    server.stop()


# inspect


@pytest.mark.parametrize("while_serving", [True, False], ids=["while serving", "stopped"])
def test_inspect_tells_channels_events_sizes_oldest_and_newest(made, while_serving):
    server = made().start()
    orders = server.publish_batch("orders", [(None, number) for number in range(437)])
    prices = [server.publish("prices/äö", "x" * 1000) for _ in range(53)]
    if not while_serving:
        server.stop()
    for source in (["--database", server.database], ["--config", server.configuration_file]):
        said = succeeds(server.command("inspect", *source))
        lines = {name: [line for line in said.splitlines() if name in line] for name in ("orders", "prices/äö")}
        assert any(re.search(r"\b437\b", line) for line in lines["orders"]), said
        assert any(re.search(r"\b53\b", line) for line in lines["prices/äö"]), said
        assert re.search(r"\b490\b", said) or re.search(r"\b2\b", said), f"no sum: {said}"
    said = succeeds(inspect(server, "--check"))
    assert "437" in said or "ok" in said.lower(), said
    if while_serving:
        assert ids_of(server.events("/channels/orders")) == orders
        assert len(server.events(channel_path("prices/äö"))) == len(prices)
        server.stop()


def test_inspect_of_what_is_not_there_says_so_and_makes_nothing(made, tmp_path):
    server = made("nowhere/ledger.db")
    said = fails(inspect(server))
    assert "ledger.db" in said and not (tmp_path / "nowhere").exists()
    (tmp_path / "notes.txt").write_text("These are my notes.\n" * 1000)
    assert "notes.txt" in fails(server.command("inspect", "--database", tmp_path / "notes.txt"))


def test_inspect_changes_nothing_in_a_file_that_a_killed_server_left(made):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(20)]
    server.kill()
    said = succeeds(inspect(server, "--check"))
    assert re.search(r"\b20\b", said), f"it does not see what is only in -wal: {said}"
    server.start()
    assert_not_told(server, "orders", ids[3], ids[4:])
    server.stop()


# restarts


@either_way
def test_a_restart_keeps_the_epoch_positions_types_and_times(made, how):
    server = made().start()
    ids = [server.publish("orders", f"line\n{number} ✓", "größe") for number in range(5)]
    before = server.events("/channels/orders")
    for _ in range(3):
        restarted(server, how)
        assert server.events("/channels/orders") == before
        assert_not_told(server, "orders", ids[2], ids[3:])
        assert_not_told(server, "orders", ids[-1], [])
        ids.append(server.publish("orders", "one more"))
        assert epoch_of(ids[-1]) == epoch_of(ids[0]) and position_of(ids[-1]) > position_of(ids[-2])
        before = server.events("/channels/orders")
        assert ids_of(before) == ids
    server.stop()


@either_way
def test_names_are_bytes_in_a_file_too(made, how):
    names = ["a", "A", "\u00e9", "e\u0301", "a/b", "a b", "a%b", "'; DROP TABLE events; --", "ä" * 128, "*", "-"]
    server = made().start()
    ids = {name: server.publish(name, f"of {name}") for name in names}
    restarted(server, how)
    for name in names:
        assert [(event["id"], event["channel"], event["data"]) for event in server.events(channel_path(name))] == [(ids[name], name, f"of {name}")]
    server.stop()


@either_way
def test_idempotency_keys_outlive_a_restart(made, how):
    server = made().start()
    first = server.post("orders", "once", headers={"Idempotency-Key": "k1"}, query="?event=t")
    lines = '{"data":1}\n{"event":"t","data":2}\n'
    batch = server.post("orders", lines, "application/x-ndjson", headers={"Idempotency-Key": "k2"})
    assert first.status == batch.status == 201
    kept = server.events("/channels/orders")
    restarted(server, how)
    for _ in range(2):
        again = server.post("orders", "once", headers={"Idempotency-Key": "k1"}, query="?event=t")
        assert (again.status, again.header("idempotency-replayed"), again.json()) == (200, "true", first.json())
        again = server.post("orders", lines, "application/x-ndjson", headers={"Idempotency-Key": "k2"})
        assert (again.status, again.header("idempotency-replayed"), again.json()) == (200, "true", batch.json())
    assert_problem(server.post("orders", "other", headers={"Idempotency-Key": "k1"}, query="?event=t"), 422)
    assert_problem(server.post("orders", "once", headers={"Idempotency-Key": "k1"}, query="?event=u"), 422)
    assert server.events("/channels/orders") == kept
    other = server.post("other", "once", headers={"Idempotency-Key": "k1"})
    assert other.status == 201, "a key belongs to its channel"
    server.stop()


@either_way
def test_a_key_is_forgotten_after_its_window_over_a_restart_too(made, how):
    server = made(overrides={"idempotency": {"window": "1s"}}).start()
    first = server.post("orders", "x", headers={"Idempotency-Key": "k"})
    assert first.status == 201
    restarted(server, how)
    again = eventually(lambda: (answer := server.post("orders", "x", headers={"Idempotency-Key": "k"})).status == 201 and answer,
                       what="the window ends")
    assert again.json()["id"] != first.json()["id"]
    server.stop()


@either_way
def test_no_id_is_used_again_after_the_newest_events_were_deleted(made, how):
    server = made().start()
    ids = [server.publish("x", str(number)) for number in range(5)]
    for _ in range(2):
        assert server.call("DELETE", "/channels/x").status == 204
        restarted(server, how)
        assert server.events("/channels/x") == [], "deleted events came back"
        assert_not_told(server, "x", ids[-1], [])
        assert_told(server, "x", ids[-2], "trimmed", [])
        ids.append(server.publish("x", "new"))
        assert epoch_of(ids[-1]) == epoch_of(ids[0])
        assert position_of(ids[-1]) > max(map(position_of, ids[:-1])), "a position was used again"
        assert_told(server, "x", ids[0], "trimmed", ids[-1:])
        ids.append(server.publish("x", "newest"))
    server.stop()


@either_way
def test_what_a_deletion_left_in_other_channels_stays(made, how):
    server = made().start()
    a = [server.publish("a", str(number)) for number in range(3)]
    server.publish("b", "x")
    server.call("DELETE", "/channels/b")
    restarted(server, how)
    assert ids_of(server.events("/channels/a")) == a and server.events("/channels/b") == []
    assert_not_told(server, "a", a[0], a[1:])
    server.stop()


# retention over restarts


@either_way
def test_what_was_trimmed_before_a_restart_is_told_after_it(made, how):
    server = made(overrides={"retention": {"*": {"events": 5, "age": "1h", "bytes": "1MB"}}}).start()
    ids = [server.publish("five", str(number)) for number in range(12)]
    eventually(lambda: ids_of(server.events("/channels/five")) == ids[7:], what="what is too much goes")
    restarted(server, how)
    for at in (0, 3, 5):
        assert_told(server, "five", ids[at], "trimmed", ids[7:])
    for at in (6, 9):
        assert_not_told(server, "five", ids[at], ids[at + 1 :])
    assert_not_told(server, "five", ids[11], [])
    ids += [server.publish("five", "more") for _ in range(3)]
    eventually(lambda: ids_of(server.events("/channels/five")) == ids[10:], what="what is too much goes")
    assert_told(server, "five", ids[8], "trimmed", ids[10:])
    server.stop()


@either_way
def test_what_was_trimmed_by_age_before_or_during_a_stop_is_told_after_it(made, how):
    server = made(overrides={"retention": {"*": RETENTION["*"], "brief": {"age": "1s"}}}).start()
    ids = [server.publish("brief", str(number)) for number in range(3)]
    server.publish("other", "x")
    eventually(lambda: server.events("/channels/brief") == [], what="the events age")
    ids += [server.publish("brief", str(number)) for number in range(3)]
    server.stop() if how == "stop" else server.kill()
    server.start()
    eventually(lambda: server.events("/channels/brief") == [], what="the events age")
    for at in (0, 4):
        assert_told(server, "brief", ids[at], "trimmed", [])
    assert_not_told(server, "brief", ids[5], [])
    new = server.publish("brief", "new")
    assert position_of(new) > position_of(ids[5])
    server.stop()


def test_a_retention_that_is_lowered_holds_after_the_restart(made):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(20)]
    server.stop()
    server.configuration["retention"] = {"*": {"events": 3, "age": "1h", "bytes": "1MB"}}
    server.start()
    eventually(lambda: len(server.events("/channels/orders")) == 3, what="what is too much goes")
    assert_told(server, "orders", ids[0], "trimmed", ids[17:])
    assert_not_told(server, "orders", ids[16], ids[17:])
    server.stop()


# the bound of the file


def sizes(server):
    """Bytes of the file and of all that lies beside it."""
    file = server.database
    return file.stat().st_size, sum(each.stat().st_size for each in file.parent.glob(file.name + "*"))


MEGABYTE = 1 << 20


EVENT = 15_000


@pytest.fixture
def bounded(made):
    """(server, (id, channel) of each of 2,000 events, [sizes after each batch]): 30 MB, published to a file of 8 MB."""
    server = made(overrides={"sqlite": {"maxSize": "8MB"}}).start()
    published, seen = [], []
    for number in range(40):
        channel = f"channel {number % 13}"
        published += [(id, channel) for id in server.publish_batch(channel, [(None, f"{number}/{n} " + "x" * EVENT) for n in range(50)])]
        seen.append(sizes(server))
    return server, published, seen


def kept_of(server, published):
    return {id for channel in sorted({channel for _, channel in published}) for id in ids_of(server.events(channel_path(channel)))}


def settled(server, published):
    """What is kept when no more goes."""
    last = [None]

    def is_settled():
        before, last[0] = last[0], kept_of(server, published)
        return last[0] == before and len(before) * EVENT <= 8 * MEGABYTE and last

    return eventually(is_settled, 20, "what is too much goes")[0]


def test_the_file_stays_near_its_bound(bounded, note):
    server, _, seen = bounded
    file, everything = max(file for file, _ in seen), max(everything for _, everything in seen)
    note(f"maxSize 8 MB, 30 MB published: the file at most {file / MEGABYTE:.1f} MB, with -wal and -shm {everything / MEGABYTE:.1f} MB")
    assert file < 12 * MEGABYTE, f"the file had {file} bytes"
    assert everything < 24 * MEGABYTE, f"all files had {everything} bytes"
    server.stop()


@either_way
def test_beyond_its_bound_the_oldest_go_first_and_are_told(bounded, how):
    server, published, _ = bounded
    kept = settled(server, published)
    assert len(kept) * EVENT > 4 * MEGABYTE, f"only {len(kept)} events are left in 8 MB"
    assert kept == {id for id, _ in published[-len(kept) :]}, "not the oldest went first"
    for _ in range(2):
        for channel in ("channel 0", "channel 5"):
            ids = [id for id, name in published if name == channel]
            assert_told(server, channel.replace(" ", "%20"), ids[0], "trimmed", [id for id in ids if id in kept])
        restarted(server, how)
        assert kept_of(server, published) == kept
    server.stop()


def test_space_is_given_back(bounded):
    """After the oldest went, and after all were deleted."""
    server, published, _ = bounded
    settled(server, published)
    eventually(lambda: sizes(server)[0] < 12 * MEGABYTE, 15, "the space of what went is given back")
    for channel in {channel for _, channel in published}:
        assert server.call("DELETE", channel_path(channel)).status == 204
    server.publish("after", "all")
    eventually(lambda: sizes(server)[0] < 4 * MEGABYTE, 15, "the space of what was deleted is given back")
    server.stop()


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
