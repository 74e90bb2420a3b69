"""The bytes of an event's block: its id stands last, so that a cut loses nothing even for clients that take it too early."""

import json
import re

import pytest

from asking import CHROMIUM, FIREFOX
from harness import channel_path, events_path

pytestmark = pytest.mark.roads("http1", "h2")


@pytest.fixture
def server(server, road):
    return server.over(road)


def blocks_of(server, target, count, headers=()):
    """The blocks of a stream as text, without the lines before them that are no block's."""
    with server.stream(target, headers=headers) as stream:
        if "poll-sse" in target:
            stream.rest()
        else:
            stream.until(lambda stream: stream.raw.count(b"\n\n") >= count)
    text = bytes(stream.raw).decode("utf-8")
    return [re.sub(r"^(retry: \d+\n|:.*\n)+", "", block) + "\n\n" for block in text.split("\n\n")[:count]]


FORMS = {"a stream": "?since=earliest", "poll-sse": "?since=earliest&transport=poll-sse&wait=0"}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("event, data, block", [
    (None, "12", "data: 12\nid: {id}\n\n"), ("price", '{"eur":12}', 'event: price\ndata: {{"eur":12}}\nid: {id}\n\n'),
    ("price", "two\nlines", "event: price\ndata: two\ndata: lines\nid: {id}\n\n"), (None, "", "data: \nid: {id}\n\n"),
], ids=["message", "a type", "two lines", "no data"])
def test_the_fields_of_a_block_are_event_data_and_id_last(server, channel, form, event, data, block):
    id = server.publish(channel, data, event)
    *_, found = blocks_of(server, channel_path(channel) + form + "&open=none", 1)
    assert found == block.format(id=id) or (data == "" and found == block.format(id=id).replace("data: \n", "data:\n"))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_id_stands_last_in_an_envelope(server, channel, form):
    id = server.publish(channel, "x", "price")
    (block,) = blocks_of(server, channel_path(channel) + form + "&open=none&envelope=json", 1)
    data, id_line, *end = block.split("\n")
    assert json.loads(data.removeprefix("data: ")) == {"channel": channel, "event": "price", "data": "x"}
    assert [id_line, *end] == [f"id: {id}", "", ""]


def test_the_id_stands_last_for_each_of_several_channels(server, channel):
    ids = [server.publish(f"{channel}/{number}", str(number)) for number in range(3)]
    blocks = blocks_of(server, events_path(*(f"{channel}/{number}" for number in range(3))) + "&since=earliest", 3)
    assert blocks == [f"data: {number}\nid: {id}\n\n" for number, id in enumerate(ids)]


def test_the_id_stands_last_in_what_is_published_while_a_reader_is_there(server, channel):
    with server.stream(channel_path(channel) + "?open=none") as stream:
        stream.opened()
        id = server.publish(channel, "now", "price")
        stream.next()
    assert bytes(stream.raw).endswith(f"event: price\ndata: now\nid: {id}\n\n".encode())


@pytest.mark.parametrize("query, headers", [("open=event", {}), ("", FIREFOX), ("heartbeatForm=event&open=id", {}), ("heartbeatForm=event", CHROMIUM)])
def test_the_id_stands_last_in_the_heartbeat_that_tells_the_opening_id(server, channel, query, headers):
    head = server.publish(channel, "before")
    (block,) = blocks_of(server, f"{channel_path(channel)}?{query}&heartbeat=9", 1, headers)
    assert block == f"event: pollux.heartbeat\ndata: 9\nid: {head}\n\n"


def test_with_heartbeats_that_are_events_a_gap_is_told_before_the_first(server, channel):
    id = server.publish(channel, "kept")
    gap, *rest = blocks_of(server, channel_path(channel) + "?heartbeatForm=event&heartbeat=9&lastEventId=garbage", 3)
    assert gap.startswith("event: pollux.gap\n") and json.loads(gap.splitlines()[1].removeprefix("data: "))["resumedAt"] == id
    kinds = [block.partition("\n")[0] for block in rest]
    assert set(kinds) == {"event: pollux.heartbeat", "data: kept"}, kinds


# clients that take an id as soon as they read it


class HastyClient:
    """As several libraries in the field: an id counts from its line on, an event only from the blank line on."""

    def __init__(self, cursor):
        self.cursor, self.rest, self.data, self.seen = cursor, "", None, []

    def read(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.cursor = value
            elif name == "data":
                self.data = value
            elif not line and self.data is not None:
                self.seen.append(self.data)
                self.data = None


@pytest.mark.parametrize("query", ["", "&transport=poll-sse", "&open=event", "&heartbeatForm=event"], ids=["a stream", "poll-sse", "an opening event", "heartbeats"])
def test_a_client_that_takes_ids_at_once_loses_nothing_wherever_its_stream_is_cut(server, channel, query):
    """But for the one cut that no order of fields can mend: between the end of the id's line and the blank line."""
    start = server.head_id(channel_path(channel))
    ids = [server.publish(channel, f"event {number}", "price" if number else None) for number in range(3)]
    with server.stream(f"{channel_path(channel)}?lastEventId={start}&budget=100000{query}") as stream:
        stream.until(lambda stream: f"id: {ids[-1]}\n\n".encode() in stream.raw)
    text = bytes(stream.raw).decode("ascii")
    lost = {}
    with server.connect() as connection:
        for cut in range(len(text) + 1):
            client = HastyClient(start)
            client.read(text[:cut])
            answer = connection.call("GET", f"{channel_path(channel)}?transport=poll&wait=0&lastEventId={client.cursor}")
            found = client.seen + [event["data"] for event in answer.json()["events"]]
            found = [data for data in found if data.startswith("event")]
            beside_the_end = text[:cut].rpartition("\n\n")[2].count("id: ") == 1 and text[cut - 1 : cut + 1] == "\n\n"
            if found != ["event 0", "event 1", "event 2"] and not beside_the_end:
                lost[cut] = found
    assert not lost, f"{len(lost)} of {len(text) + 1} cuts lose or repeat something: {lost}"
