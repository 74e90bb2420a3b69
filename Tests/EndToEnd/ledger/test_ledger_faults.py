"""What goes wrong under a ledger on disk: told, nothing half-kept, and over as soon as the cause is."""

import os
import random
import re
import resource
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from harness import Server, on_file, poll_content
from wire import assert_problem, eventually

RETENTION = {"*": {"events": 1_000_000, "age": "1d", "bytes": "1GB"}}
TRACE = re.compile(r"Fatal error|Stack dump|stack trace|Illegal instruction|crashed at|\bat /.*\.swift:\d+|Swift runtime failure", re.IGNORECASE)


@pytest.fixture
def made(binary, tmp_path):
    """Servers that need not be alive at the end: `made(database)`, not yet started."""
    servers = []

    def make(database=None, overrides=None, program=binary):
        server = Server(program, tmp_path, on_file(database or tmp_path / "ledger.db", {"retention": RETENTION, **(overrides or {})}))
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.abandon()


def mounted(folder, options):
    """A small file system of its own, or None where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False)
    return folder if done.returncode == 0 else None


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 6 MB."""
    folder = mounted(tmp_path / "disk", "size=6m")
    if folder is None:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def refusal(answer, *words):
    """A publish or a readiness that was refused for the ledger's sake; what it says is wrong."""
    problem = assert_problem(answer, 503)
    assert answer.header("retry-after").isdigit() and int(answer.header("retry-after")) >= 1, answer
    said = (problem["title"] + " " + problem["detail"]).lower()
    assert not words or any(word in said for word in words), f"none of {words} in {said!r}"
    return problem


def is_ready(server):
    answer = server.call("GET", "/readyz")
    if answer.status == 200:
        return True
    assert_problem(answer, 503)
    return False


def ids_and_data(events):
    return [(event["id"], event["data"]) for event in events]


class Ledger:
    """What a test published to one channel of a server, and what of it was taken."""

    def __init__(self, server, channel="orders"):
        self.server, self.channel = server, channel
        self.kept = []  # (id, data) of what was answered 201, in order
        self.refused = []  # data
        self.number = 0

    @property
    def path(self):
        return f"/channels/{self.channel}"

    def post(self, size=10, headers=()):
        self.number += 1
        data = f"{self.number} " + "x" * size
        answer = self.server.post(self.channel, data, headers=headers)
        if answer.status == 201:
            self.kept.append((answer.json()["id"], data))
        else:
            assert answer.status == 503, answer
            self.refused.append(data)
        return answer

    def taken(self, count, size=10):
        for _ in range(count):
            assert self.post(size).status == 201
        return self

    def until_refused(self, *words):
        """Publish less and less until nothing is taken any more."""
        for size in (3000, 300, 1):
            in_a_row = 0
            for _ in range(5000):
                answer = self.post(size)
                in_a_row = in_a_row + 1 if answer.status == 503 else 0
                if answer.status == 503:
                    refusal(answer, *words)
                if in_a_row == 5:
                    break
            assert in_a_row == 5, f"{size} bytes were taken again and again"

    def until_taken(self, timeout=15):
        """Publish until something is taken again."""
        eventually(lambda: self.post().status == 201, timeout, "a publish is taken again")

    def assert_is_kept(self):
        """Read by polls and by a stream: all that was answered, once, in order, and nothing else."""
        assert ids_and_data(self.server.events(self.path)) == self.kept
        with self.server.stream(self.path + "?since=earliest") as stream:
            assert [(event.id, event.data) for event in stream.take(len(self.kept))] == self.kept
            assert not stream.waiting


# the disk is full


class Disk:
    """A disk on which space can be taken and given back."""

    def __init__(self, folder):
        self.folder = folder
        self.program = None
        self.filler = folder / "filler"

    def fill(self, server):
        with self.filler.open("wb", buffering=0) as file:
            try:
                for block in (65536, 4096, 512):
                    while file.write(b"\0" * block) == block:
                        pass
            except OSError:
                pass

    def free(self, server):
        self.filler.unlink()


class Limit:
    """No file may grow beyond what it has now: the same for a server, where nothing can be mounted."""

    def __init__(self, folder, binary):
        self.folder = folder
        self.program = folder / "limited-pollux"
        self.program.write_text(f"#!/bin/sh\ntrap '' XFSZ\nexec '{binary}' \"$@\"\n")
        self.program.chmod(0o755)

    def fill(self, server):
        most = max(file.stat().st_size for file in self.folder.glob("ledger.db*"))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def free(self, server):
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture(params=["a full disk", "a limit of file sizes"])
def disk(request, binary, tmp_path):
    if request.param == "a full disk":
        return Disk(request.getfixturevalue("small_disk"))
    (tmp_path / "limited").mkdir()
    return Limit(tmp_path / "limited", binary)


def start_on(disk, made):
    program = {"program": str(disk.program)} if disk.program else {}
    return made(disk.folder / "ledger.db", **program).start()


FULL = ("full", "space", "disk", "i/o", "large", "write")


def test_a_full_disk_refuses_writes_and_nothing_else_and_is_got_over(disk, made):
    server = start_on(disk, made)
    ledger = Ledger(server).taken(30, size=2000)
    live = server.stream(ledger.path, ledger.kept[-1][0]).opened()
    before = len(ledger.kept)
    disk.fill(server)
    ledger.until_refused(*FULL)

    # All that was answered is there, nothing of what was refused; one can read and come to read.
    ledger.assert_is_kept()
    refusal(server.call("GET", "/readyz"))
    assert server.call("GET", "/healthz").status == 200
    refusal(server.post("orders", '{"data":1}\n' * 50, "application/x-ndjson"), *FULL)
    refusal(server.post("orders", "by key", headers={"Idempotency-Key": "k"}), *FULL)
    refusal(server.post("a-new-channel", "x"), *FULL)
    ledger.assert_is_kept()
    assert server.events("/channels/a-new-channel") == []
    late = server.stream(ledger.path, ledger.kept[-1][0]).opened()
    since = len(ledger.kept)
    with server.connect() as connection:
        connection.ask("GET", f"{ledger.path}?transport=poll&wait=30&after={ledger.kept[-1][0]}")

        disk.free(server)
        ledger.until_taken()
        content = poll_content(connection.read_answer())
    assert content["gap"] is None and ids_and_data(content["events"]) == ledger.kept[since : since + len(content["events"])]
    eventually(lambda: is_ready(server), 10, "ready again")
    first = server.post("orders", "by key", headers={"Idempotency-Key": "k"})
    assert first.status == 201, "a refused request does not use its key up"
    ledger.kept.append((first.json()["id"], "by key"))
    ledger.taken(20)
    for stream, start in ((live, before), (late, since)):
        found = [(event.id, event.data) for event in stream.take(len(ledger.kept) - start)]
        stream.close()
        assert found == ledger.kept[start:]
    ledger.assert_is_kept()
    server.stop()
    server.start()
    ledger.assert_is_kept()
    server.stop()
    assert server.command("inspect", "--database", server.database, "--check").returncode == 0


def test_a_server_that_is_killed_on_a_full_disk_has_lost_nothing(small_disk, made):
    disk = Disk(small_disk)
    server = start_on(disk, made)
    ledger = Ledger(server).taken(30, size=2000)
    disk.fill(server)
    ledger.until_refused()
    server.kill()
    # It may start while there is no room, or say why not.
    server.spawn()
    code = wait_for_start(server)
    if code is None:
        ledger.assert_is_kept()
        server.kill()
    else:
        assert_told(server, code, FULL)
    disk.free(server)
    server.start()
    ledger.until_taken()
    ledger.assert_is_kept()
    server.stop()


# another process has locked the file


def locked(database):
    """A connection that holds the write lock."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=5)
    connection.execute("BEGIN IMMEDIATE")
    return connection


LOCKED = ("lock", "busy", "another process")


def test_a_write_lock_of_another_process_refuses_writes_until_it_is_gone(made):
    server = made().start()
    ledger = Ledger(server).taken(5)
    live = server.stream(ledger.path, ledger.kept[-1][0]).opened()
    start = len(ledger.kept)
    other = locked(server.database)
    bodies = [("text/plain", b"1"), ("text/plain", b"2"), ("application/x-ndjson", b'{"data":3}\n{"data":4}\n')]
    answers = []
    threads = [threading.Thread(target=lambda type=type, body=body: answers.append(
        server.call("POST", ledger.path, {"Content-Type": type}, body, timeout=20))) for type, body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(25)
    assert len(answers) == len(bodies)
    for answer in answers:
        refusal(answer, *LOCKED)
    refusal(server.call("GET", "/readyz", timeout=20))
    ledger.assert_is_kept()
    other.execute("ROLLBACK")
    other.close()
    ledger.until_taken()
    eventually(lambda: is_ready(server), 10, "ready again")
    ledger.taken(10)
    ledger.assert_is_kept()
    assert [(event.id, event.data) for event in live.take(len(ledger.kept) - start)] == ledger.kept[start:]
    live.close()
    server.kill()
    server.start()
    ledger.assert_is_kept()
    server.stop()


def test_another_process_that_reads_the_file_holds_nobody_up(made):
    server = made().start()
    ledger = Ledger(server).taken(5)
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM sqlite_master").fetchone()
        ledger.taken(50, size=5000)
        assert is_ready(server)
        other.execute("ROLLBACK")
    ledger.taken(5)
    ledger.assert_is_kept()
    server.stop()


# the file is moved, replaced or deleted while it is served

GONE = ("moved", "replaced", "deleted", "removed", "missing", "gone", "not there", "no longer", "another file", "changed")


def move_away(database, aside):
    os.rename(database, aside)


def replace(database, aside):
    os.rename(database, aside)
    shutil.copyfile(aside, database)


def replace_by_another(database, aside):
    other = aside.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE other (x)")
    os.rename(database, aside)
    os.rename(other, database)


@pytest.mark.parametrize("change", [move_away, replace, replace_by_another])
def test_a_file_that_is_moved_away_or_replaced_while_serving_refuses_writes(made, tmp_path, change):
    """What would be written to a file that nobody will open again is lost: it must not be answered 201."""
    server = made().start()
    ledger = Ledger(server).taken(5)
    live = server.stream(ledger.path, ledger.kept[-1][0]).opened()
    start = len(ledger.kept)
    aside = tmp_path / "aside.db"
    change(server.database, aside)
    for _ in range(3):
        refusal(ledger.post(), *GONE)
    refusal(server.call("GET", "/readyz"))
    os.replace(aside, server.database)
    ledger.until_taken()
    eventually(lambda: is_ready(server), 10, "ready again")
    ledger.taken(5)
    ledger.assert_is_kept()
    assert [(event.id, event.data) for event in live.take(len(ledger.kept) - start)] == ledger.kept[start:]
    live.close()
    server.kill()
    server.start()
    ledger.assert_is_kept()
    server.stop()


def test_a_file_that_is_deleted_while_serving_refuses_writes(made):
    server = made().start()
    ledger = Ledger(server).taken(5)
    server.database.unlink()
    for _ in range(3):
        refusal(ledger.post(), *GONE)
    refusal(server.call("GET", "/readyz"))
    server.kill()


@pytest.mark.parametrize("way", ["deleted", "moved away", "deleted by SQLite"])
def test_what_is_answered_after_the_write_ahead_log_was_taken_away_is_not_lost(made, way):
    """`-wal` without a name is written to as before, and gone with the process. To refuse is good, to heal is better."""
    server = made().start()
    ledger = Ledger(server).taken(5)
    log = Path(f"{server.database}-wal")
    if way == "deleted":
        log.unlink()
    elif way == "moved away":
        os.rename(log, log.with_name("aside-wal"))
    else:
        # Whoever opens the path of a ledger that was moved away makes a new file there, and SQLite tidies up.
        aside = server.database.with_name("aside.db")
        os.rename(server.database, aside)
        with closing(sqlite3.connect(server.database)) as connection:
            connection.execute("CREATE TABLE other (x)")
        os.replace(aside, server.database)
    answers = [ledger.post() for _ in range(5)]
    for answer in answers:
        if answer.status != 201:
            refusal(answer)
    taken = ledger.kept[5:]
    server.kill()
    server.start()
    found = ids_and_data(server.events(ledger.path))
    assert [each for each in taken if each not in found] == [], "answered 201, and lost"
    server.stop()


# a disk that fails

FAILING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(const char *what, int descriptor) {
    char link[64], path[4096], file[4096];
    snprintf(file, sizeof file, "%s/%s", getenv("FAULTS"), what);
    if (access(file, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strstr(path, "ledger.db") == NULL) return 0;
    errno = EIO;
    return 1;
}
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
int fsync(int f) { REAL(fsync); return fails("sync", f) ? -1 : real(f); }
int fdatasync(int f) { REAL(fdatasync); return fails("sync", f) ? -1 : real(f); }
ssize_t write(int f, const void *b, size_t n) { REAL(write); return fails("write", f) ? -1 : real(f, b, n); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); return fails("write", f) ? -1 : real(f, b, n, o); }
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); return fails("write", f) ? -1 : real(f, b, n, o); }
"""


class FailingDisk:
    """A disk whose writes or syncs fail with EIO as long as we say so."""

    def __init__(self, folder, binary):
        self.folder = folder / "faults"
        self.folder.mkdir()
        source, library, self.program = folder / "failing.c", folder / "failing.so", folder / "failing-pollux"
        source.write_text(FAILING)
        built = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], capture_output=True, text=True, check=False)
        assert built.returncode == 0, built
        self.program.write_text(f"#!/bin/sh\nFAULTS='{self.folder}' LD_PRELOAD='{library}' exec '{binary}' \"$@\"\n")
        self.program.chmod(0o755)

    def fail(self, what):
        (self.folder / what).touch()

    def heal(self):
        for file in self.folder.iterdir():
            file.unlink()


@pytest.fixture
def failing_disk(tmp_path, binary):
    if not shutil.which("cc"):
        pytest.skip("no C compiler, to make a disk fail with")
    return FailingDisk(tmp_path, binary)


@pytest.mark.parametrize("what", ["write", "sync"])
@pytest.mark.parametrize("then", ["heals", "dies"])
def test_what_a_failing_disk_refused_is_not_kept(made, failing_disk, what, then):
    """Also not when the process is killed at once: what was written and could not be synced must not come back."""
    server = made(overrides={"sqlite": {"durability": "power"}}, program=str(failing_disk.program)).start()
    ledger = Ledger(server).taken(5)
    live = server.stream(ledger.path, ledger.kept[-1][0]).opened()
    failing_disk.fail(what)
    refusal(ledger.post(), "i/o", "disk", "fail")
    if then == "dies":
        server.kill()
        failing_disk.heal()
        server.start()
        ledger.assert_is_kept()
        ledger.taken(5)
    else:
        ledger.assert_is_kept()
        refusal(server.call("GET", "/readyz"))
        failing_disk.heal()
        ledger.until_taken()
        ledger.taken(5)
        assert [(event.id, event.data) for event in live.take(len(ledger.kept) - 5)] == ledger.kept[5:]
        server.kill()
        server.start()
    live.close()
    ledger.assert_is_kept()
    server.stop()


# at the start

REMEDY = re.compile(
    r"restore|another|other|sqlite\.path|--database|remove|move|stop|upgrade|newer|permission|writable|writ|free|inspect|choose|folder", re.IGNORECASE)


def wait_for_start(server, timeout=20):
    """None when it serves, else its exit code."""

    def outcome():
        code = server.process.poll()
        if code is not None:
            return [code]
        try:
            return [None] if server.call("GET", "/healthz", timeout=2).status == 200 else []
        except OSError:
            return []

    (code,) = eventually(outcome, timeout, "the server serves or ends")
    if code is not None:
        server.process = None
    return code


def assert_told(server, code, words):
    """It ended by itself, and said which file is wrong, why, and what would do."""
    log = server.log(100_000)
    assert code > 0, f"exit code {code}: {log}"
    assert server.database.name in log, f"does not name {server.database}: {log}"
    assert any(word in log.lower() for word in words), f"none of {words}: {log}"
    assert REMEDY.search(log), f"does not say what would do: {log}"
    assert not TRACE.search(log), log
    assert len(log) < 2000, f"a message, not a novel: {log}"


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
