"""Paths that are given to commands: what is no regular file, or belongs to the ledger, is named and left alone."""

import os
import resource
import subprocess

import pytest

from harness import own_environment
from care import backup, fails, ids_of, inspect, made, restarted, restore, succeeds  # noqa: F401


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", ".mark"])
def test_a_backup_by_force_over_a_file_of_the_ledger_is_refused(made, suffix):  # noqa: F811
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(3)]
    for options in ([], ["--force"]):
        said = fails(backup(server, f"{server.database}{suffix}", *options))
        assert "itself" in said and "--force" not in said, said
    restarted(server, "kill")
    assert ids_of(server.events("/channels/orders")) == ids
    server.stop()


def test_a_backup_by_force_over_the_ledger_of_another_server_is_refused(made):  # noqa: F811
    server, other = made().start(), made("other.db").start()
    server.publish("orders", "x")
    ids = [other.publish("orders", str(number)) for number in range(3)]
    assert "in use" in fails(backup(server, other.database, "--force"))
    other.kill()
    said = fails(backup(server, other.database, "--force"))
    assert f"{other.database}-" in said and "--force" not in said, said
    other.start()
    assert ids_of(other.events("/channels/orders")) == ids
    other.stop()
    server.stop()


@pytest.mark.parametrize("kind", ["link", "fifo", "device", "folder"])
def test_a_backup_by_force_over_what_is_no_file_is_refused(made, tmp_path, kind):  # noqa: F811
    server = made().start()
    server.publish("orders", "x")
    target = tmp_path / "target"
    (tmp_path / "precious").write_text("precious")
    if kind == "link":
        target.symlink_to(tmp_path / "precious")
    elif kind == "fifo":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    else:
        target = "/dev/null"
    for options in ([], ["--force"]):
        said = fails(backup(server, target, *options))
        assert "not a regular file" in said and "--force" not in said, said
    assert (tmp_path / "precious").read_text() == "precious"
    server.stop()


def test_no_command_waits_for_a_fifo(made, tmp_path):  # noqa: F811
    server = made().start()
    server.publish("orders", "x")
    server.stop()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    fails(restore(server, fifo))
    fails(server.command("inspect", "--database", fifo))
    fails(server.command("inspect", "--config", fifo))
    fails(server.command("serve", "--config", fifo))
    fails(server.command("serve", "--set", f"sqlite.path={fifo}"))
    fails(server.command("tail", "x", "--count", "1", "--cacert", fifo, "--server", "https://localhost:1/"))
    os.unlink(f"{server.database}.mark")
    os.mkfifo(f"{server.database}.mark")
    assert ".mark" in fails(server.command("serve", "--config", server.configuration_file))


def test_a_command_that_may_open_no_more_files_says_so(made):  # noqa: F811
    server = made().start()
    server.publish("orders", "x")

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))

    result = subprocess.run(
        [server.binary, "inspect", "--database", str(server.database)],
        capture_output=True, text=True, timeout=30, env=own_environment(), preexec_fn=limit)
    assert "ulimit -n" in fails(result)
    succeeds(inspect(server))
    server.stop()


@pytest.mark.parametrize("flags", [
    ["--duration", "inf"], ["--duration", "1e300"], ["--duration", "nan"], ["--rate", "1e-12"], ["--rate", "nan"], ["--rate", "inf"],
    ["--window", "100000", "--size", "16777216"], ["--readers", "99999999999999999999"], ["--events", "-1"],
])
def test_the_load_generator_refuses_numbers_that_cannot_be(made, flags):  # noqa: F811
    fails(made().command("bench", "http://127.0.0.1:1", *flags))


def test_the_load_generator_refuses_more_connections_than_files(made):  # noqa: F811
    server = made()

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))

    result = subprocess.run(
        [server.binary, "bench", "http://127.0.0.1:1", "--readers", "300"],
        capture_output=True, text=True, timeout=30, env=own_environment(), preexec_fn=limit)
    assert "ulimit -n" in fails(result)
