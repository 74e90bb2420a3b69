"""`poll.size` is what it says, whatever a page of the ledger or of the log is: so many bytes, and the event that fills them."""

import pytest

from harness import merged, poll_content

KB = 1024
LEDGERS = {"memory": {}, "sqlite": {"ledger": "sqlite"}}


@pytest.fixture(params=LEDGERS.values(), ids=LEDGERS.keys())
def pollux_with(request, pollux, tmp_path):
    def start(size):
        return pollux(merged(request.param, {"poll": {"size": size}, "sqlite": {"path": str(tmp_path / "p.db")}} if request.param else {"poll": {"size": size}}))

    return start


def bytes_of(event):
    return len(event["data"].encode()) + (0 if event["event"] == "message" else len(event["event"]))


def assert_within(events, most):
    """Without its last event an answer is not yet full."""
    assert sum(bytes_of(event) for event in events[:-1]) < most, f"{len(events)} events, {sum(map(bytes_of, events))} bytes"


@pytest.mark.parametrize("size, length", [(10 * KB, 1000), (10 * KB, 100), (10 * KB, 20000), (1, 10), (70 * KB, 3000), (200 * KB, 1000)])
def test_an_answer_has_no_more_than_its_size_and_the_event_that_fills_it(pollux_with, size, length):
    server = pollux_with(size)
    cursor = server.head_id("/channels/x")
    ids = server.publish_batch("x", [(None, "x" * length) for _ in range(45 if length > 10000 else 300)])
    found = []
    while len(found) < len(ids):
        content = server.poll("/channels/x", cursor, wait=0)
        assert content["events"]
        assert_within(content["events"], size)
        found += [event["id"] for event in content["events"]]
        cursor = content["next"]
    assert found == ids


def test_an_answer_of_poll_sse_is_held_to_the_same(pollux_with):
    server = pollux_with(10 * KB)
    cursor = server.head_id("/channels/x")
    ids = server.publish_batch("x", [(None, "x" * 1000) for _ in range(100)])
    found = []
    while len(found) < len(ids):
        with server.stream("/channels/x?transport=poll-sse&wait=0", found[-1] if found else cursor) as stream:
            events = stream.rest()
        assert sum(len(event.data) for event in events[:-1]) < 10 * KB, f"{len(events)} events"
        found += [event.id for event in events]
    assert found == ids


def test_a_poll_that_was_held_is_held_to_the_same(pollux_with):
    server = pollux_with(10 * KB)
    cursor = server.head_id("/channels/x")
    with server.connect() as connection:
        connection.ask("GET", f"/channels/x?wait=30&lastEventId={cursor}")
        assert not connection.has_input(0.2)
        server.publish_batch("x", [(None, "x" * 1000) for _ in range(100)])
        assert_within(poll_content(connection.read_answer())["events"], 10 * KB)


def test_several_channels_are_held_to_the_same(pollux_with):
    server = pollux_with(10 * KB)
    cursor = server.head_id("/channels/a")
    for name in "abc":
        server.publish_batch(name, [(None, "x" * 1000) for _ in range(50)])
    assert_within(server.poll("/events?channel=a&channel=b&channel=c", cursor, wait=0)["events"], 10 * KB)
