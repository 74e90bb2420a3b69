"""SIGHUP reads anew what there is to read anew, and never ends the server or a stream."""

import signal

import pytest

from harness import Server, free_port, merged, running
from wire import eventually


@pytest.fixture
def plain(binary, tmp_path):
    """A server without TLS."""
    with running(Server(binary, tmp_path)) as server:
        yield server


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


def reload(server, **changes):
    """Write other settings into the server's file, and tell it; what it then logged."""
    before = len(lines_of(server))
    server.configuration = merged(server.configuration, changes)
    server.write_configuration()
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: any("SIGHUP" in line for line in lines_of(server)[before:]), 10, "a line about SIGHUP")
    return "\n".join(lines_of(server)[before:])


def test_a_new_limit_holds_for_the_next_request_of_a_connection_that_is_there(plain):
    with plain.connect() as connection:
        assert connection.call("POST", "/channels/x", [("Content-Type", "text/plain")], b"x" * 3000).status == 201
        assert "limits.eventSize = 2KB" in reload(plain, limits={"eventSize": "2KB"})
        answer = connection.call("POST", "/channels/x", [("Content-Type", "text/plain")], b"x" * 3000)
        assert answer.status == 413 and answer.json()["limit"] == "limits.eventSize" and answer.json()["most"] == 2048


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_the_limits_of_http_hold_for_a_connection_that_is_there(pollux, road):
    server = pollux()
    with server.over(road).connect() as connection:
        assert connection.call("POST", "/channels/x", [("Content-Type", "text/plain")], b"x" * 3000).status == 201
        reload(server, limits={"eventSize": "1KB", "batchSize": "1KB", "bodySize": "2KB"})
        answer = connection.call("POST", "/channels/x", [("Content-Type", "text/plain")], b"x" * 3000)
        assert answer.status == 413 and answer.json()["limit"] == "limits.bodySize"


@pytest.mark.parametrize("change", [{"headSize": "1KB"}, {"headerCount": 10}], ids=str)
def test_the_limits_of_heads_hold_for_a_connection_that_is_there(plain, change):
    fields = [(f"X-Field-{number}", "x" * 100) for number in range(20)]
    with plain.connect() as connection:
        assert connection.call("GET", "/channels/x?wait=0", fields).status == 200
        reload(plain, limits=change)
        answer = connection.call("GET", "/channels/x?wait=0", fields)
        assert answer.status == 431 and answer.json()["limit"] == f"limits.{next(iter(change))}"


def test_new_origins_hold_at_once_and_a_stream_goes_on(plain):
    page = {"Origin": "https://page.test"}
    with plain.stream("/channels/x") as stream:
        stream.opened()
        assert plain.call("GET", "/channels/x?wait=0", page).header("Access-Control-Allow-Origin") == "*"
        reload(plain, cors={"origins": ["https://page.test"]})
        assert plain.call("GET", "/channels/x?wait=0", page).header("Access-Control-Allow-Origin") == "https://page.test"
        assert plain.post("x", "a", headers={"Origin": "https://other.test"}).status == 403
        id = plain.publish("x", "after")
        assert stream.next().id == id


def test_what_cannot_change_while_it_runs_is_named_and_the_rest_is_taken_on(plain):
    other = free_port()
    log = reload(plain, port=other, loops=1, poll={"limit": 7}, retention={"a.*": {"events": 5}})
    line = next(line for line in log.splitlines() if "SIGHUP" in line)
    now, _, later = line.partition("atNextStart")
    assert "poll.limit = 7" in now and f"port = {other}" in later and "loops = 1" in later and "retention" in later
    assert plain.call("GET", "/healthz").status == 200


@pytest.mark.parametrize("broken", ['{"limits": {"eventSize": "many"}}', "{", '{"limts": {}}'])
def test_a_configuration_that_cannot_be_used_changes_nothing_and_is_told(plain, broken):
    plain.configuration_file.write_text(broken)
    plain.process.send_signal(signal.SIGHUP)
    eventually(lambda: "SIGHUP: the configuration cannot be used" in plain.log(1 << 20), 10, "the refusal")
    assert plain.post("x", "y" * 60_000).status == 201
    plain.write_configuration()


def test_a_stop_waits_for_as_long_as_was_said_last(plain):
    reload(plain, drain={"timeout": "0s"})
    with plain.connect() as connection:
        connection.send(b"POST /channels/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        plain.terminate()
        plain.assert_stops(timeout=9)  # it would wait for the content for 10 s
