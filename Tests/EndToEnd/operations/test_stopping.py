"""Stopping in good order, and coming back after a kill."""

import json
import threading
import time

import pytest

from harness import poll_content
from wire import Disconnected, StreamEnded, assert_problem


def test_a_server_that_is_told_to_stop_ends_its_streams_whole_with_a_spread_retry(pollux):
    server = pollux()
    streams = [server.stream("/channels/x", version="1.0" if number % 10 == 9 else "1.1").opened() for number in range(40)]
    id = server.publish("x", "last")
    server.terminate()
    for stream in streams:
        assert [each.id for each in stream.rest()] == [id]
        assert stream.ended == "clean" and stream.parser.at_rest
        assert len(stream.parser.retries) >= 2, "a reconnection time of its own before the end"
        assert bytes(stream.raw).rstrip(b"\n").rpartition(b"\n")[2].startswith(b"retry: ")
    last = {stream.parser.retries[-1] for stream in streams}
    assert len(last) > 10, f"spread, so that not all come back at once: {sorted(last)}"
    server.assert_stops(15)


def test_a_held_poll_is_answered_when_the_server_stops(pollux):
    server = pollux()
    cursor = server.publish("x", "before")
    held = []
    for target, accept in (("/channels/x?wait=60", "application/json"), ("/channels/x?wait=60&transport=poll-sse", "*/*")):
        connection = server.connect()
        connection.ask("GET", f"{target}&after={cursor}", {"Accept": accept})
        held.append(connection)
    with server.stream("/channels/x") as stream:  # the polls before it have been taken in
        stream.opened()
    for connection in held:
        assert not connection.has_input(0.1)
    begun = time.monotonic()
    server.terminate()
    content = poll_content(held[0].read_answer())
    assert content["events"] == [] and content["next"] == cursor and content["gap"] is None
    answer = held[1].read_answer()
    assert answer.status == 200 and b"retry: " in answer.body
    assert time.monotonic() - begun < 8
    server.assert_stops(15)


def test_publishes_under_way_are_committed_and_answered_when_the_server_stops(pollux):
    """Whatever was answered 2xx was seen by the reader that stayed; nothing else was."""
    server = pollux()
    stream = server.stream("/channels/x").opened()
    answered, ended = [], threading.Event()

    def publish(number):
        try:
            with server.connect() as connection:
                while True:
                    answer = connection.call("POST", "/channels/x", {"Content-Type": "text/plain"}, b"x")
                    if answer.status != 201:
                        assert answer.status == 503, answer
                        return
                    answered.append(answer.json()["id"])
                    if len(answered) > 200:
                        ended.set()
        except (OSError, Disconnected):
            return

    threads = [threading.Thread(target=publish, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    assert ended.wait(10)
    server.terminate()
    seen = [each.id for each in stream.rest()]
    for thread in threads:
        thread.join(15)
    server.assert_stops(15)
    assert stream.ended == "clean" and len(set(seen)) == len(seen)
    assert len(set(answered)) == len(answered)
    order = {id: number for number, id in enumerate(seen)}
    assert [order[id] for id in seen] == sorted(order.values())
    known = set(answered)
    # The stream may end before the last publishes are committed; up to its end it saw them all.
    last = int(seen[-1].rpartition("-")[2])
    assert {id for id in known if int(id.rpartition("-")[2]) <= last} <= set(seen)


def test_an_idle_keep_alive_connection_does_not_hold_the_server(pollux):
    server = pollux()
    with server.connect() as connection:
        assert connection.call("GET", "/healthz").status == 200
        begun = time.monotonic()
        server.terminate()
        assert connection.is_closed_within(5)
        server.assert_stops(15)
        assert time.monotonic() - begun < 5, "nothing was under way"


def test_a_reader_that_reads_nothing_does_not_hold_the_server_longer_than_the_drain_timeout(pollux):
    server = pollux({"drain": {"timeout": "2s"}, "stream": {"writeTimeout": "60s"}})
    stuck = server.stream("/channels/x", receive_buffer=4096).opened()
    for _ in range(200):
        server.publish("x", "x" * 60000)
    begun = time.monotonic()
    server.terminate()
    server.assert_stops(10)
    assert time.monotonic() - begun < 6
    stuck.close()


def test_a_second_server_on_the_same_port_does_not_start(pollux, tmp_path):
    from harness import Server

    first = pollux()
    second = Server(first.binary, tmp_path, {"port": first.port})
    second.port = 1  # its log is another file; nothing is asked there
    with pytest.raises(AssertionError, match="stopped while starting"):
        second.start()
    second.abandon()
    assert first.call("GET", "/healthz").status == 200


@pytest.mark.parametrize("value", [{"stream": {"heartbeat": "often"}}, {"loops": -1}, {"ledger": "papyrus"}, {"limits": {"eventSize": "big"}}])
def test_a_wrong_value_stops_the_start_and_is_named(binary, tmp_path, value):
    from harness import Server

    server = Server(binary, tmp_path, value)
    with pytest.raises(AssertionError, match="stopped while starting"):
        server.start()
    server.abandon()
    key, inner = next(iter(value.items()))
    assert (next(iter(inner)) if isinstance(inner, dict) else key) in server.log(), server.log()


@pytest.mark.parametrize("transport", ["sse", "poll", "poll-sse"])
def test_a_killed_server_that_comes_back_tells_its_old_readers_of_the_gap(pollux, transport):
    server = pollux()
    old = [server.publish("x", f"old {number}") for number in range(5)]
    stream = server.stream("/channels/x?since=earliest")
    assert [each.id for each in stream.take(5)] == old
    server.kill()
    with pytest.raises(StreamEnded):
        stream.next()
    assert stream.ended == "cut"
    server.start()
    new = [server.publish("x", f"new {number}") for number in range(3)]
    assert not set(old) & set(new), "an id is never used twice"
    expected = {"reason": "epoch", "after": old[4], "resumedAt": new[0]}
    if transport == "poll":
        content = server.poll("/channels/x", old[4])
        assert content["gap"] == expected and [each["id"] for each in content["events"]] == new
        content = server.poll("/channels/x", content["next"], wait=0)
        assert content["gap"] is None and content["events"] == []
    else:
        target = "/channels/x" if transport == "sse" else "/channels/x?transport=poll-sse"
        with server.stream(target, old[4]) as stream:
            gap, *events = stream.take(4)
        assert gap.type == "pollux.gap" and gap.id is None and json.loads(gap.data) == expected
        assert [each.id for each in events] == new


def test_a_server_that_was_stopped_in_good_order_tells_the_gap_too_if_it_kept_nothing(pollux):
    server = pollux()
    old = server.publish("x", "old")
    server.stop()
    server.start()
    content = server.poll("/channels/x", old, wait=5)
    assert content["gap"] == {"reason": "epoch", "after": old, "resumedAt": None}


def test_a_full_server_is_no_reason_for_an_eventsource_to_give_up(pollux):
    server = pollux({"limits": {"connections": 20}})
    streams = [server.stream("/channels/x").opened() for _ in range(18)]
    more, told = [], 0
    for _ in range(10):
        try:
            connection = server.connect(timeout=3)
            connection.ask("GET", "/channels/x", {"Accept": "text/event-stream"})
            answer = connection.read_head(3)
            assert answer.status == 200, f"{answer.status} would close an EventSource for good"
            more.append(connection)
        except (OSError, Disconnected, TimeoutError):
            told += 1
    id = server_publish_when_full(server, streams)
    for stream in streams:
        assert stream.next().id == id, "those that were there are not disturbed"
    for connection in more:
        connection.close()
    for stream in streams:
        stream.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert server.call("GET", "/healthz", timeout=3).status == 200
            break
        except (OSError, Disconnected, AssertionError):
            assert time.monotonic() < deadline, "room again, but nobody is let in"
            time.sleep(0.05)


def server_publish_when_full(server, streams):
    """A publish needs a connection too: give one of ours up for it."""
    streams.pop().close()
    deadline = time.monotonic() + 10
    while True:
        try:
            return server.publish("x", "to all")
        except (OSError, Disconnected, AssertionError):
            if time.monotonic() > deadline:
                raise
            streams.pop().close()
            time.sleep(0.1)


def test_a_problem_is_still_told_while_there_are_streams(pollux):
    server = pollux()
    with server.stream("/channels/x").opened():
        assert_problem(server.call("GET", "/channels/x?limit=x"), 400)
