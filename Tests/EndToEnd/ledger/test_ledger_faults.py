"""What goes wrong under a ledger on disk: told, nothing half-kept, and over as soon as the cause is."""

import os
import resource
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from faulty_ledgers import Ledger, assert_told, ids_and_data, is_ready, made, refusal, small_disk, wait_for_start  # noqa: F401
from harness import poll_content
from wire import eventually


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
