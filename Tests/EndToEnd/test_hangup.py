"""SIGHUP reads anew what there is to read anew, and never ends the server or a stream."""

import signal

import pytest

from harness import Server
from wire import eventually


@pytest.fixture
def plain(binary, tmp_path):
    """A server without TLS."""
    server = Server(binary, tmp_path).start()
    yield server
    try:
        server.stop()
    finally:
        server.abandon()


def lines_of(server):
    return server.log(last=1 << 20).splitlines()


def test_a_server_without_tls_goes_on_and_logs_one_line(plain):
    with plain.stream("/channels/x") as stream, plain.connect() as polls:
        stream.opened()
        cursor = plain.head_id("/channels/x")
        polls.ask("GET", f"/channels/x?wait=60&transport=poll&lastEventId={cursor}")
        before = lines_of(plain)
        plain.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(lines_of(plain)) > len(before) or not plain.is_alive, 10, "a line in the log")
        assert plain.is_alive, f"the server died of it: {plain.process.returncode}"
        id = plain.publish("x", "after")
        assert stream.next().id == id
        assert [event["id"] for event in polls.read_answer().json()["events"]] == [id]
        assert len([line for line in lines_of(plain) if "SIGHUP" in line]) == 1, lines_of(plain)[len(before):]


def test_many_signals_do_no_harm(plain):
    with plain.stream("/channels/x") as stream:
        stream.opened()
        for number in range(50):
            plain.process.send_signal(signal.SIGHUP)
            id = plain.publish("x", str(number))
            assert stream.next().id == id
    assert plain.is_alive


def test_a_server_with_tls_goes_on_too(pollux):
    server = pollux()
    with server.over("tls").stream("/channels/x") as one, server.over("h2").stream("/channels/x") as other:
        one.opened(), other.opened()
        server.process.send_signal(signal.SIGHUP)
        id = server.publish("x", "after")
        assert one.next().id == id and other.next().id == id
