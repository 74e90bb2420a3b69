"""Every escape that the grammar of JSON has is taken, and stays as it was written (RFC 8259, 7 and 8.2)."""

import json

import pytest

from harness import channel_path
from wire import assert_problem

pytestmark = pytest.mark.roads("http1", "h2")
LONE = ["\\ud83d", "\\uD83D", "\\udfba", "\\ud83d\\ud83d", "\\udfba\\ud83d", "x\\ud83dy", "\\ud83d\\u0041", "\\ud83d\\n", "\\ud800", "\\udfff", "\\ud83d\\udfba\\ud83d", "\\ud83dü"]


@pytest.fixture
def server(server, road):
    return server.over(road)


@pytest.mark.parametrize("text", LONE)
@pytest.mark.parametrize("form", ['{"t":"%s"}', '"%s"', '["%s",1]', '{"%s":1}', '{"a":{"%s":"%s"}}'])
def test_half_of_a_pair_stays_as_it_was_written(server, channel, form, text):
    body = form.replace("%s", text)
    answer = server.post(channel, body, "application/json")
    assert answer.status == 201, answer
    (event,) = server.events(channel_path(channel))
    assert event["data"] == body
    with server.stream(channel_path(channel) + "?since=earliest") as stream:
        assert stream.next().data == body


@pytest.mark.parametrize("text", LONE)
def test_half_of_a_pair_stays_as_it_was_written_in_a_batch(server, channel, text):
    answer = server.post(channel, f'{{"data":{{"t":"{text}"}}}}\n{{"data":"{text}"}}\n', "application/x-ndjson")
    assert answer.status == 201, answer
    assert [event["data"] for event in server.events(channel_path(channel))] == [f'{{"t":"{text}"}}', f'"{text}"']


def test_half_of_a_pair_cannot_be_a_type(server, channel):
    """A type is text of its own on the wire, where half of a pair has no form."""
    assert_problem(server.post(channel, '{"event":"\\ud83d","data":1}\n', "application/x-ndjson"), 400, 422)
    assert server.events(channel_path(channel)) == []


@pytest.mark.parametrize("body", ['"\\ud83"', '"\\ud83g"', '"\\u"', '"\\ud83d', '"\\x41"', '"\\uD83D\\"'])
def test_what_is_no_escape_is_still_400(server, channel, body):
    assert_problem(server.post(channel, body, "application/json"), 400)


@pytest.mark.parametrize("body, status", [('{"\\ud83d":1,"\\uD83D":2}', 400), ('{"\\ud83d":1,"\\ud83e":2}', 201), ('{"\\ud83d\\udfba":1,"\\ud83d":2}', 201), ('{"\\ud83d":1,"\ufffd":2}', 201)])
def test_keys_with_half_of_a_pair_are_told_apart(server, channel, body, status):
    assert server.post(channel, body, "application/json").status == status


def test_what_a_browser_makes_of_a_cut_emoji_is_published(server, channel):
    body = json.dumps({"cut": "\ud83c"})
    assert server.post(channel, body, "application/json").status == 201
    assert json.loads(server.events(channel_path(channel))[0]["data"]) == {"cut": "\ud83c"}
