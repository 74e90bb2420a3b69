"""Open files are what connections are limited by: looked at when the server starts, and borne when they run out all the same."""

import os
import resource
import subprocess
import time

import pytest

from harness import Server, own_environment
from wire import Connection, Disconnected, eventually


def started_with(binary, folder, most, overrides):
    """`pollux serve` as a process that may have so many open files: its exit code (None while it runs) and what it said."""
    server = Server(binary, folder, overrides)
    server.write_configuration()
    log = folder / "pollux.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binary, "serve", "--config", str(server.configuration_file)], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=own_environment(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
    server.process = process
    return server, log


def test_more_connections_than_open_files_stop_the_start(binary, tmp_path):
    server, log = started_with(binary, tmp_path, 200, {"limits": {"connections": 1000}})
    try:
        assert server.process.wait(20) != 0
        said = log.read_text("utf-8", "replace")
        assert "limits.connections" in said and "1000" in said and "200" in said, said
    finally:
        server.abandon()


@pytest.mark.parametrize("connections", [None, 100])
def test_as_many_connections_as_there_are_files_for_are_served(binary, tmp_path, connections):
    server, log = started_with(binary, tmp_path, 600, {"limits": {"connections": connections}} if connections else {})
    try:
        server.wait_until_healthy()
        readers = [server.stream("/channels/x").opened() for _ in range(90)]
        id = server.publish("x", "to all")
        assert {reader.next().id for reader in readers} == {id}
        for reader in readers:
            reader.close()
        server.stop()
    finally:
        server.abandon()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def short(pollux):
    """A running server with a few streams that may have ten more open files, and no more."""
    server = pollux({"limits": {"connections": 400, "headTimeout": "60s"}, "loops": 1, "stream": {"heartbeat": "0"}})
    server.streams = [server.stream("/channels/x").opened() for _ in range(5)]
    server.publisher = server.connect()
    assert server.publisher.call("GET", "/healthz").status == 200
    highest = max(int(name) for name in os.listdir(f"/proc/{server.pid}/fd"))
    server.before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (highest + 10, server.before[1]))
    yield server
    for each in [*server.streams, server.publisher]:
        each.close()


def crowd_of(server, count=100):
    """Connections that the kernel takes, and for most of which the server has no descriptor."""
    crowd = [Connection(server.address) for _ in range(count)]
    for connection in crowd:
        try:
            connection.ask("GET", "/channels/x?wait=0")
        except OSError:
            pass  # refused already
    return crowd


def publish(server, text):
    answer = server.publisher.call("POST", "/channels/x", {"Content-Type": "text/plain"}, text.encode())
    assert answer.status == 201, answer
    return answer.json()["id"]


def test_without_a_descriptor_left_the_server_does_not_spin(short):
    crowd = crowd_of(short)
    publish(short, "it goes on")
    before = cpu_seconds(short.pid)
    time.sleep(3)  # what is measured is how much it does in a while without work
    assert short.is_alive, "libdispatch ends a process in which it can open nothing, when it looks after its threads"
    assert cpu_seconds(short.pid) - before < 0.6
    for connection in crowd:
        connection.close()


def test_without_a_descriptor_left_those_who_are_there_are_served(short):
    crowd = crowd_of(short)
    ids = [publish(short, str(number)) for number in range(20)]
    for stream in short.streams:
        assert [event.id for event in stream.take(20)] == ids
    for connection in crowd:
        connection.close()


def test_without_a_descriptor_left_the_server_says_so_once(short):
    crowd = crowd_of(short)
    eventually(lambda: warnings_of(short), 10, "a warning in the log")
    crowd += crowd_of(short)
    publish(short, "x")
    for connection in crowd:
        connection.close()
    eventually(lambda: answers(short), 30, "it serves again")
    assert len(warnings_of(short)) == 1, warnings_of(short)


def warnings_of(server):
    lines = server.log(last=1 << 20).splitlines()
    return [line for line in lines if ("warning" in line.lower() or "error" in line.lower()) and ("file" in line.lower() or "descriptor" in line.lower())]


def answers(server):
    try:
        return server.call("GET", "/channels/x?transport=poll&wait=0", timeout=2).status == 200
    except (OSError, Disconnected):
        return False


def test_with_descriptors_again_the_server_recovers_by_itself(short):
    crowd = crowd_of(short)
    publish(short, "x")
    for connection in crowd:
        connection.close()
    eventually(lambda: answers(short), 30, "connections are taken again")
    with short.stream("/channels/x") as stream:
        stream.opened()
        id = publish(short, "new readers too")
        assert stream.next().id == id


def test_files_that_cannot_be_opened_are_refused_and_served_again_later(short):
    """The pages of the public folder need descriptors, too."""
    idle = []
    try:
        while len(idle) < 30:
            connection = Connection(short.address, timeout=2)
            connection.ask("GET", "/healthz")
            idle.append(connection)
            connection.read_answer()
    except (OSError, Disconnected):
        pass
    answer = short.publisher.call("GET", "/index.html")
    assert answer.status in (200, 503), answer
    for connection in idle:
        connection.close()
    eventually(lambda: short.publisher.call("GET", "/index.html").status == 200, 30, "files are served again")
