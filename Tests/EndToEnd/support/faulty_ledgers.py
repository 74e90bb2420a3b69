"""Ledgers on disk under which something goes wrong, and what the server says and does about it."""

import re
import subprocess

import pytest

from harness import Server, on_file
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
