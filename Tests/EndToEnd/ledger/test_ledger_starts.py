"""A server whose ledger cannot be used when it starts says so, and what would do."""

import os
import random
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from faulty_ledgers import TRACE, Ledger, assert_told, ids_and_data, made, small_disk, wait_for_start  # noqa: F401
from harness import poll_content
from wire import assert_problem


def assert_refuses_to_start(server, *words):
    server.spawn()
    code = wait_for_start(server)
    assert code is not None, f"it serves: {server.log()}"
    assert_told(server, code, words)


def contents(folder, name="ledger.db"):
    return {file.name: file.read_bytes() for file in folder.glob(name + "*") if not file.name.endswith((".mark", "-shm"))}


def write_text(database):
    database.write_bytes(b"These are notes of mine, and no database at all.\n" * 500)


def write_other_application(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("PRAGMA application_id = 305419896; PRAGMA user_version = 3;"
                                 "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');")


def write_unmarked_application(database):
    """An application that did not set its application_id, as most do not."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("CREATE TABLE events (id INTEGER PRIMARY KEY, what TEXT); INSERT INTO events VALUES (1, 'mine');")


OTHER = ("not a ledger", "not a pollux", "another application", "other application", "not pollux", "application", "no ledger", "not made by")


@pytest.mark.parametrize("write, words", [
    (write_text, ("not a database", "not sqlite", "no sqlite", "not an sqlite", "sqlite")),
    (write_other_application, OTHER), (write_unmarked_application, OTHER),
], ids=["a text", "another application's", "another application's without a mark"])
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(made, tmp_path, write, words):
    server = made()
    write(server.database)
    before = contents(tmp_path)
    assert_refuses_to_start(server, *words)
    assert contents(tmp_path) == before, "somebody else's file was written to"


@pytest.fixture
def filled(made):
    """(server, its 3,000 events): a ledger of a few megabytes in one file, whose server was stopped."""
    server = made().start()
    events = []
    for batch in range(6):
        lines = [(None, f"{batch * 500 + number} " + "y" * 700) for number in range(500)]
        ids = server.publish_batch("orders", lines)
        events += [(id, f'"{data}"') for id, (_, data) in zip(ids, lines)]
    server.stop()
    with closing(sqlite3.connect(server.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert server.database.stat().st_size > 2_000_000
    return server, events


def test_a_file_of_a_newer_schema_is_refused_and_left_as_it_is(filled, tmp_path):
    server, _ = filled
    with closing(sqlite3.connect(server.database)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute(f"PRAGMA user_version = {version + 1000}")
        if "grdb_migrations" in tables:
            connection.execute("INSERT INTO grdb_migrations VALUES ('of the year 2099')")
            connection.commit()
    before = contents(tmp_path)
    assert_refuses_to_start(server, "newer", "version", "later", "schema")
    assert contents(tmp_path) == before


def overwrite(database, start, end):
    """Random bytes from one fraction of the file to another, from page to page."""
    size = database.stat().st_size
    start, end = int(size * start) // 4096 * 4096, int(size * end) // 4096 * 4096
    with database.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(start).randbytes(end - start))


def test_a_file_whose_header_is_spoilt_is_refused(filled):
    server, _ = filled
    with server.database.open("r+b") as file:
        file.write(random.Random(1).randbytes(100))
    assert_refuses_to_start(server, "not a database", "sqlite", "damaged", "corrupt", "malformed")
    assert server.command("inspect", "--database", server.database, "--check").returncode != 0


def test_a_file_whose_first_page_is_spoilt_behind_the_header_is_refused(filled):
    server, _ = filled
    with server.database.open("r+b") as file:
        file.seek(100)
        file.write(random.Random(1).randbytes(3996))
    assert_refuses_to_start(server, "damaged", "corrupt", "malformed", "not a database")


def spoil_the_middle(database):
    overwrite(database, 0.3, 0.7)


def cut_off(database):
    os.truncate(database, int(database.stat().st_size * 0.6) // 4096 * 4096)


def cut_off_within_a_page(database):
    os.truncate(database, int(database.stat().st_size * 0.6) // 4096 * 4096 + 1234)


DAMAGE = ("damage", "corrupt", "malformed", "integrity")


@pytest.mark.parametrize("spoil", [spoil_the_middle, cut_off, cut_off_within_a_page])
def test_damage_in_the_middle_is_told_by_inspect_and_is_an_error_for_who_reads_it(filled, spoil):
    """It may start or not. What is read is right; what cannot be read is an error, never left out in silence."""
    server, events = filled
    spoil(server.database)
    checked = server.command("inspect", "--database", server.database, "--check")
    assert checked.returncode == 1, checked
    assert any(word in (checked.stdout + checked.stderr).lower() for word in DAMAGE), checked
    assert not TRACE.search(checked.stdout + checked.stderr), checked
    server.spawn()
    code = wait_for_start(server)
    if code is not None:
        assert_told(server, code, DAMAGE)
        return
    found, cursor, failed = [], None, False
    for _ in range(20):
        start = "since=earliest" if cursor is None else f"after={cursor}"
        answer = server.call("GET", f"/channels/orders?transport=poll&wait=0&{start}", timeout=20)
        if answer.status != 200:
            assert_problem(answer, 500, 503)
            failed = True
            break
        content = poll_content(answer)
        cursor = content["next"]
        assert content["gap"] is None, "damage is no trimming"
        if not content["events"]:
            break
        found += ids_and_data(content["events"])
    assert found == events[: len(found)], "events were left out or are not what they were"
    assert failed, f"{len(found)} of {len(events)} events could be read, and no error was told"
    with server.stream("/channels/orders?since=earliest", timeout=20) as stream:
        streamed = [(event.id, event.data) for event in stream.rest()]
    assert streamed == events[: len(streamed)] and stream.ended == "clean"
    assert server.is_alive, server.log()
    assert server.call("GET", "/healthz").status == 200
    answer = server.post("another-channel", "x")
    assert answer.status in (201, 503), answer
    assert not TRACE.search(server.log(100_000)), server.log()
    server.kill()


READ_ONLY = ("read-only", "readonly", "permission", "not writable", "cannot write", "cannot be written", "not allowed", "cannot be made")


def test_a_file_on_a_read_only_file_system_is_refused(made, small_disk):
    server = made(small_disk / "ledger.db").start()
    server.publish("orders", "x")
    server.stop()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert_refuses_to_start(server, *READ_ONLY)


def test_a_new_file_on_a_read_only_file_system_is_refused(made, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert_refuses_to_start(made(small_disk / "ledger.db"), *READ_ONLY)
    assert_refuses_to_start(made(small_disk / "folder" / "ledger.db"), *READ_ONLY)


@pytest.mark.parametrize("place", ["below a file", "below /proc", "a folder"])
def test_a_place_where_no_file_can_be_is_refused(made, tmp_path, place):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.db").mkdir()
    database = {"below a file": tmp_path / "file" / "deep" / "ledger.db", "below /proc": Path("/proc/pollux/deep/ledger.db"),
                "a folder": tmp_path / "folder.db"}[place]
    assert_refuses_to_start(made(database), "folder", "directory", "cannot", "not a file", "unable")
    assert (tmp_path / "file").read_text() == "x"


def test_a_folder_that_is_missing_is_made(made, tmp_path):
    server = made(tmp_path / "var" / "lib" / "pollux" / "ledger.db").start()
    server.publish("orders", "x")
    assert server.database.exists()
    server.stop()


@pytest.mark.parametrize("way", ["the same path", "another path to its folder", "a symbolic link to it", "a hard link to it"])
def test_a_second_server_on_the_same_file_is_refused(made, tmp_path, way):
    (tmp_path / "real").mkdir()
    first = made(tmp_path / "real" / "ledger.db").start()
    ledger = Ledger(first).taken(3)
    path = first.database
    if way == "another path to its folder":
        (tmp_path / "alias").symlink_to(tmp_path / "real")
        path = tmp_path / "alias" / "ledger.db"
    elif way == "a symbolic link to it":
        path = tmp_path / "link-to-ledger.db"
        path.symlink_to(first.database)
    elif way == "a hard link to it":
        path = tmp_path / "hard-ledger.db"
        os.link(first.database, path)
    second = made(path)
    second.spawn()
    code = wait_for_start(second)
    assert code is not None, "two servers on one file"
    log = second.log(100_000)
    assert code > 0 and "ledger.db" in log and not TRACE.search(log), log
    assert any(word in log.lower() for word in ("another", "already", "in use", "lock", "other", "second")), log
    ledger.taken(3)
    ledger.assert_is_kept()
    first.stop()
    first.start()
    ledger.taken(1)
    ledger.assert_is_kept()
    first.stop()


def test_the_lock_of_a_killed_server_does_not_outlive_it(made):
    server = made().start()
    ledger = Ledger(server).taken(3)
    server.kill()
    server.start()
    ledger.taken(3)
    ledger.assert_is_kept()
    server.stop()
