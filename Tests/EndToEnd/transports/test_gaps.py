"""What cannot be kept is told: a gap comes first, at once, on every transport; loss is never silent."""

import json
import time
from urllib.parse import quote

import pytest

from harness import channel_path, events_path, poll_content, shifted_id
from wire import Event, eventually

CONFIGURATION = {"retention": {
    "five": {"events": 5, "age": "1h", "bytes": "1MB"},
    "five/other": {"events": 5, "age": "1h", "bytes": "1MB"},
    "small": {"events": 100000, "age": "1h", "bytes": "10KB"},
    "brief": {"events": 100000, "age": "1s", "bytes": "1MB"},
}}

HTTP_1_0 = pytest.param("sse over HTTP/1.0", marks=pytest.mark.roads("http1", "tls"))
TRANSPORTS = ["sse", HTTP_1_0, "sse of /events", "sse in an envelope", "poll", "poll of /events", "poll-sse", "poll-sse in an envelope"]
every_transport = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture
def server(module_server, road):
    return module_server.over(road)


def read(server, transport, channel, cursor, count):
    """(gap or None, the first `count` events after it), the gap's own form checked."""
    target = events_path(channel) if "/events" in transport else channel_path(channel)
    separator = "&" if "?" in target else "?"
    if transport.startswith("poll") and not transport.startswith("poll-sse"):
        content = server.poll(target, cursor, wait=0)
        gap, events = content["gap"], [Event(each["id"], each["event"], each["data"]) for each in content["events"]]
        assert len(events) >= count, content
    else:
        if transport.startswith("poll-sse"):
            target, separator = target + separator + "transport=poll-sse&wait=0", "&"
        if "envelope" in transport:
            target += separator + "envelope=json"
        stream = server.stream(target, cursor, **({"version": "1.0"} if "1.0" in transport else {}))
        first = stream.next()
        gap, events = None, []
        if first.type == "pollux.gap":
            assert first.id is None, "a gap event has no id"
            gap = json.loads(first.data)
            assert b"\n" not in first.data.encode()
        else:
            events = [first]
        events += stream.take(count - len(events))
        stream.close()
        assert not any(each.type == "pollux.gap" for each in events), "the gap comes first, and once"
        if "envelope" in transport:
            events = [Event(each.id, json.loads(each.data)["event"], json.loads(each.data)["data"]) for each in events]
    if gap is not None:
        assert set(gap) == {"reason", "after", "resumedAt"}, gap
        if count:
            assert gap["resumedAt"] == events[0].id, f"{gap}, then {events[0]}"
    return gap, events[:count]


@pytest.fixture(scope="module")
def twelve(module_server):
    """Twelve events in a channel that keeps five."""
    return [module_server.publish("five", f"event {number}") for number in range(12)]


@every_transport
@pytest.mark.parametrize("at", [0, 3, 5])
def test_a_cursor_whose_events_were_trimmed_is_told_a_gap(server, twelve, transport, at):
    gap, events = read(server, transport, "five", twelve[at], 5)
    assert gap == {"reason": "trimmed", "after": twelve[at], "resumedAt": twelve[7]}
    assert [each.id for each in events] == twelve[7:]


@every_transport
@pytest.mark.parametrize("at", [6, 7, 9])
def test_a_cursor_that_lost_nothing_is_told_no_gap(server, twelve, transport, at):
    """Also just before the oldest that is kept: nothing is missing there."""
    gap, events = read(server, transport, "five", twelve[at], 11 - at)
    assert gap is None
    assert [each.id for each in events] == twelve[at + 1 :]


def test_the_earliest_is_the_oldest_kept_and_no_gap(server, twelve):
    content = server.poll("/channels/five", since="earliest", wait=0)
    assert content["gap"] is None and [each["id"] for each in content["events"]] == twelve[7:]


def test_a_gap_in_one_of_two_channels_is_told(server):
    first = server.publish("five/other", "0")
    for number in range(8):
        server.publish("five/other", str(number))
    kept = server.publish("never-trimmed", "kept")
    content = server.poll(events_path("five/other", "never-trimmed"), first, wait=0)
    assert content["gap"]["reason"] == "trimmed" and content["gap"]["after"] == first
    assert content["events"][-1]["id"] == kept and content["gap"]["resumedAt"] == content["events"][0]["id"]
    alone = server.poll(channel_path("never-trimmed"), first, wait=0)
    assert alone["gap"] is None and [each["id"] for each in alone["events"]] == [kept]


@every_transport
def test_events_trimmed_by_bytes_are_told(server, transport):
    ids = [server.publish("small", "x" * 1000) for _ in range(20)]
    kept = server.events("/channels/small")
    assert 1 <= len(kept) <= 11, f"{len(kept)} events of 1,000 bytes in 10 KB"
    gap, events = read(server, transport, "small", ids[0], len(kept))
    assert gap["reason"] == "trimmed" and [each.id for each in events] == [each["id"] for each in kept]


def test_events_trimmed_by_age_are_told(server):
    first = server.publish("brief", "first")
    server.publish("brief", "second")
    eventually(lambda: server.poll("/channels/brief", since="earliest", wait=0)["events"] == [], 10, "the events age")
    content = server.poll("/channels/brief", first, wait=0)
    assert content["events"] == [] and content["gap"] == {"reason": "trimmed", "after": first, "resumedAt": None}


# deleted


@every_transport
def test_events_that_were_deleted_are_told(server, channel, transport):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    assert server.call("DELETE", channel_path(channel)).status == 204
    after = server.publish(channel, "after")
    gap, events = read(server, transport, channel, ids[0], 1)
    assert gap == {"reason": "trimmed", "after": ids[0], "resumedAt": after} and events[0].id == after


@every_transport
def test_a_gap_with_nothing_after_it_is_told_at_once(server, channel, transport):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    server.call("DELETE", channel_path(channel))
    gap, _ = read(server, transport, channel, ids[0], 0)
    assert gap == {"reason": "trimmed", "after": ids[0], "resumedAt": None}


def test_a_poll_that_would_be_held_tells_a_gap_at_once(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    server.call("DELETE", channel_path(channel))
    begun = time.monotonic()
    content = server.poll(channel_path(channel), ids[0], wait=20)
    assert time.monotonic() - begun < 2
    assert content["gap"]["reason"] == "trimmed" and content["events"] == []
    content = server.poll(channel_path(channel), content["next"], wait=0)
    assert content["gap"] is None, "told once: `next` is behind the gap"


def test_a_reader_that_has_everything_is_told_no_gap_by_a_deletion(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    server.call("DELETE", channel_path(channel))
    content = server.poll(channel_path(channel), ids[2], wait=0)
    assert content["gap"] is None and content["events"] == []


def test_a_held_poll_at_the_head_stays_through_a_deletion(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    with server.connect() as connection:
        connection.ask("GET", f"{channel_path(channel)}?after={ids[2]}")
        server.call("DELETE", channel_path(channel))
        after = server.publish(channel, "after")
        content = poll_content(connection.read_answer())
    assert content["gap"] is None and [each["id"] for each in content["events"]] == [after]


def test_an_id_is_never_used_again_after_a_deletion(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    server.call("DELETE", channel_path(channel))
    ids += [server.publish(channel, str(number)) for number in range(3)]
    positions = [int(each.rpartition("-")[2]) for each in ids]
    assert positions == sorted(set(positions))


# another epoch


@pytest.fixture(scope="module")
def foreign_id(binary, tmp_path_factory):
    """An id of another server's life."""
    from harness import Server

    other = Server(binary, tmp_path_factory.mktemp("other")).start()
    try:
        return other.publish("x", "x")
    finally:
        other.stop()


@every_transport
def test_a_cursor_of_another_epoch_is_told_and_gets_all_that_is_kept(server, channel, transport, foreign_id):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    gap, events = read(server, transport, channel, foreign_id, 3)
    assert gap == {"reason": "epoch", "after": foreign_id, "resumedAt": ids[0]} and [each.id for each in events] == ids


def test_a_cursor_of_another_epoch_is_told_where_nothing_is_kept(server, channel, foreign_id):
    content = server.poll(channel_path(channel), foreign_id, wait=20, timeout=3)
    assert content["gap"] == {"reason": "epoch", "after": foreign_id, "resumedAt": None} and content["events"] == []


# beyond the head, or unreadable


@every_transport
def test_a_cursor_beyond_the_head_is_told(server, channel, transport):
    ids = [server.publish(channel, str(number)) for number in range(2)]
    beyond = shifted_id(ids[1], 1_000_000)
    gap, events = read(server, transport, channel, beyond, 2)
    assert gap == {"reason": "unknown", "after": beyond, "resumedAt": ids[0]} and [each.id for each in events] == ids


def test_a_cursor_one_beyond_the_head_is_told(server, channel):
    id = server.publish(channel, "head")
    content = server.poll(channel_path(channel), shifted_id(server.head_id(channel_path(channel)), 1), wait=0)
    assert content["gap"]["reason"] == "unknown" and [each["id"] for each in content["events"]] == [id]


@pytest.mark.parametrize("change", [
    lambda epoch, position: "garbage", lambda epoch, position: "0", lambda epoch, position: position, lambda epoch, position: epoch,
    lambda epoch, position: epoch + "-", lambda epoch, position: "-" + position, lambda epoch, position: f"{epoch}-0{position}",
    lambda epoch, position: f"{epoch}-+{position}", lambda epoch, position: f"{epoch}--{position}", lambda epoch, position: f"{epoch}-{position}x",
    lambda epoch, position: f"{epoch}-0x1", lambda epoch, position: f"{epoch}-{position}.5", lambda epoch, position: f"{epoch}-1e1",
    lambda epoch, position: f"{epoch}-{position}-", lambda epoch, position: f"{epoch}-99999999999999999999999999",
    lambda epoch, position: f"{epoch}-18446744073709551616", lambda epoch, position: f"{epoch}-9223372036854775808",
    lambda epoch, position: f"{epoch} -{position}", lambda epoch, position: f"{epoch}-{position} x", lambda epoch, position: "x" * 2000,
    lambda epoch, position: "x" * 129, lambda epoch, position: f"{epoch}-\u0661", lambda epoch, position: "é", lambda epoch, position: "urn:uuid:1",
    lambda epoch, position: "'\"<>&\\", lambda epoch, position: "null", lambda epoch, position: "undefined",
])
def test_an_unreadable_cursor_is_told_and_gets_all_that_is_kept(server, channel, change):
    id = server.publish(channel, "kept")
    cursor = change(*id.rsplit("-", 1))
    for how in ("query", "header"):
        if how == "query":
            content = server.poll(channel_path(channel), cursor, wait=0)
        else:
            content = server.poll(channel_path(channel), headers={"Last-Event-ID": cursor}, wait=0)
        assert content["gap"] == {"reason": "unknown", "after": cursor, "resumedAt": id}, f"{how}: {content}"
        assert [each["id"] for each in content["events"]] == [id]


@pytest.mark.parametrize("cursor", ["x\n\ndata: evil\n\n", "x\r\nid: evil", "\x00", "a\nb", "\u2028", "\x7f"])
def test_a_cursor_in_the_query_cannot_break_out_of_the_gap(server, channel, cursor):
    id = server.publish(channel, "kept")
    with server.stream(f"{channel_path(channel)}?lastEventId={quote(cursor, safe='')}") as stream:
        gap, event = stream.take(2)
    assert gap.type == "pollux.gap" and gap.id is None
    assert json.loads(gap.data) == {"reason": "unknown", "after": cursor, "resumedAt": id}
    assert tuple(event) == (id, "message", "kept")


def test_every_event_is_followed_by_a_good_cursor_after_a_gap(server, channel):
    """A reader that goes on from what it was given after a gap is not told of the gap again."""
    ids = [server.publish(channel, str(number)) for number in range(3)]
    content = server.poll(channel_path(channel), "garbage", wait=0, limit=1)
    assert content["gap"]["reason"] == "unknown"
    content = server.poll(channel_path(channel), content["next"], wait=0)
    assert content["gap"] is None and [each["id"] for each in content["events"]] == ids[1:]


def test_a_limit_does_not_hide_the_gap(server, twelve):
    content = server.poll("/channels/five", twelve[0], wait=0, limit=2)
    assert content["gap"]["reason"] == "trimmed" and [each["id"] for each in content["events"]] == twelve[7:9]


@pytest.mark.parametrize("budget", [1, 200])
def test_a_budget_does_not_cut_off_the_first_event_after_a_gap(server, twelve, budget):
    """A gap alone would leave the reader at its old cursor, and it would be told the same for ever."""
    with server.stream(f"/channels/five?budget={budget}", twelve[0]) as stream:
        events = stream.rest()
    assert stream.ended == "clean" and events[0].type == "pollux.gap" and len(events) >= 2 and events[1].id == twelve[7]


def test_a_stream_that_is_open_is_told_of_a_deletion_only_if_it_lost_something(server, channel):
    with server.stream(channel_path(channel)) as stream:
        stream.opened()
        first = server.publish(channel, "1")
        assert stream.next().id == first
        server.call("DELETE", channel_path(channel))
        second = server.publish(channel, "2")
        assert stream.next().id == second


def test_types_of_the_server_cannot_be_published(server, channel):
    assert server.post(channel, "x", query="?event=pollux.gap").status == 422
