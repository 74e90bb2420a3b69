"""Backup, restore and inspection of a ledger on disk."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from care import assert_not_told, assert_sound, assert_told, backup, data_of, either_way, fails, ids_of, inspect, made  # noqa: F401
from care import assert_told_between, publishing, restarted, restore, succeeds
from crash_checks import epoch_of
from harness import channel_path
from wire import eventually


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
    assert ids_of(kept) == old, "events keep the ids that they were born with"
    for cursor, known in ((old[1], old[2:]), (old[4], []), (lost[0], []), (lost[5], [])):
        assert_told_between(server, "orders", cursor, known, new)
    restarted(server, "kill")
    assert_told_between(server, "orders", old[1], old[2:], new)
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
        assert_told_between(server.start(), "orders", ids[0], [], ids[-1:])
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
    assert ids_of(server.events("/channels/orders")) == old, "events keep the ids that they were born with"
    new = [server.publish("orders", f"new {number}") for number in range(8)]
    assert not set(new) & set(old + lost), "an id is used for two events"
    for cursor, known in ((old[1], old[2:]), (lost[0], []), (lost[4], [])):
        assert_told_between(server, "orders", cursor, known, new)
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
    old = [server.publish("orders", f"old {number}") for number in range(4)]
    server.stop()  # which moves them out of `-wal`
    server.start()
    old += [server.publish("orders", f"old {number}") for number in range(4, 8)]
    server.kill()
    for suffix in removed:
        Path(f"{server.database}{suffix}").unlink(missing_ok=True)
    server.start()
    kept = old[:4] if removed[0] else []
    assert ids_of(server.events("/channels/orders")) == kept
    new = [server.publish("orders", f"new {number}") for number in range(8)]
    assert not set(new) & set(old), "an id is used for two events"
    if kept:
        for cursor, known in ((old[1], old[2:4]), (old[3], []), (old[7], [])):
            assert_told_between(server, "orders", cursor, known, new)
    else:
        assert_told(server, "orders", old[7], "epoch", new)  # a new file knows of no life before
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
