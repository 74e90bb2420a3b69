"""How a reader without a cursor is told where it begins: to native event sources by default, to others when they ask."""

import re

import pytest

from asking import CHROMIUM, FIREFOX, WEBKIT
from harness import channel_path
from wire import assert_problem

pytestmark = pytest.mark.roads("http1", "h2")


@pytest.fixture
def server(server, road):
    return server.over(road)


ID = "id: {id}\n\n"
EVENT = "event: pollux.heartbeat\ndata: 15\nid: {id}\n\n"
NONE = ""
NO_CACHE, FROM_SCRIPT = ("Cache-Control", "no-cache"), ("X-Requested-With", "XMLHttpRequest")


def without_a_sign(browser):
    return {"User-Agent": browser["User-Agent"]}


# (query, headers, how a stream opens, how poll-sse opens)
REQUESTS = {
    "Chromium": ("", CHROMIUM, ID, ID),
    "Firefox": ("", FIREFOX, EVENT, EVENT),
    "WebKit": ("", WEBKIT, EVENT, EVENT),
    "a library in Chromium": ("", without_a_sign(CHROMIUM), NONE, ID),
    "a library in Firefox": ("", without_a_sign(FIREFOX), NONE, ID),
    "a library in WebKit": ("", without_a_sign(WEBKIT), NONE, ID),
    "a polyfill in Chromium": ("", {**CHROMIUM, "X-Requested-With": "XMLHttpRequest"}, ID, ID),
    "a polyfill in Firefox": ("", {**FIREFOX, "X-Requested-With": "xmlhttprequest"}, ID, ID),
    "a native source in Android's WebView": ("", {**CHROMIUM, "X-Requested-With": "com.example.app"}, ID, ID),
    "Chromium's cache is told otherwise": ("", {**CHROMIUM, "Cache-Control": "max-age=0"}, NONE, ID),
    "a directive that only resembles": ("", {**CHROMIUM, "Cache-Control": "no-caches"}, NONE, ID),
    "one directive of several": ("", {**CHROMIUM, "Cache-Control": "max-age=0, No-Cache"}, ID, ID),
    "one directive on another line": ("", [*CHROMIUM.items()][:1] + [("Cache-Control", "max-age=0"), NO_CACHE], ID, ID),
    "a program that wants no cache": ("", {"User-Agent": "curl/8.0", "Cache-Control": "no-cache"}, NONE, ID),
    "a program": ("", {"User-Agent": "curl/8.0"}, NONE, ID),
    "nobody": ("", {}, NONE, ID),
    "Mozilla in the middle": ("", {"User-Agent": "like Mozilla/5.0", "Cache-Control": "no-cache"}, NONE, ID),
    "open=id by a program": ("open=id", {}, ID, ID),
    "open=id by Firefox": ("open=id", FIREFOX, ID, ID),
    "open=event by a program": ("open=event", {}, EVENT, EVENT),
    "open=event by Chromium": ("open=event", CHROMIUM, EVENT, EVENT),
    "open=none by a program": ("open=none", {}, NONE, NONE),
    "open=none by Firefox": ("open=none", FIREFOX, NONE, NONE),
}
every_request = pytest.mark.parametrize("query, headers, of_stream, of_poll", REQUESTS.values(), ids=REQUESTS.keys())


@every_request
def test_a_stream_opens_as_its_client_bears_it(server, channel, query, headers, of_stream, of_poll):
    head = server.publish(channel, "before")
    with server.stream(f"{channel_path(channel)}?{query}", headers=headers) as stream:
        stream.opened()
        published = server.publish(channel, "after")
        stream.until(lambda stream: f"id: {published}\n\n".encode() in stream.raw)
    assert bytes(stream.raw).decode() == f"retry: 3000\n{of_stream.format(id=head)}data: after\nid: {published}\n\n"


@every_request
def test_an_answer_of_poll_sse_opens_by_the_same_rule_and_with_an_id_where_nothing_tells(server, channel, query, headers, of_stream, of_poll):
    head = server.publish(channel, "before")
    with server.stream(f"{channel_path(channel)}?transport=poll-sse&wait=0&{query}", headers=headers) as stream:
        stream.rest()
    text = re.sub(r"^(retry: \d+\n|:.*\n)+", "", bytes(stream.raw).decode())
    assert stream.ended == "clean" and re.sub(r"data: \d+", "data: 15", text) == of_poll.format(id=head)


def test_poll_sse_opens_before_its_events(server, channel):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    with server.stream(channel_path(channel) + "?transport=poll-sse&since=-2", headers=FIREFOX) as stream:
        opening, *events = stream.rest()
    assert (opening.type, opening.id) == ("pollux.heartbeat", ids[0])
    assert [(event.id, event.type) for event in events] == [(ids[1], "message"), (ids[2], "message")]


@pytest.mark.parametrize("headers, has_event", [(FIREFOX, True), (WEBKIT, True), (CHROMIUM, False), ({}, False)], ids=["Firefox", "WebKit", "Chromium", "others"])
def test_a_gap_with_nothing_behind_it_is_followed_by_an_id_that_its_client_remembers(server, channel, headers, has_event):
    """Else it would be told of the same gap by every poll."""
    with server.stream(channel_path(channel) + "?transport=poll-sse&wait=0", "garbage", headers) as stream:
        gap, *rest = stream.rest()
    assert gap.type == "pollux.gap"
    assert [event.type for event in rest] == (["pollux.heartbeat"] if has_event else [])
    with server.stream(channel_path(channel) + "?transport=poll-sse&wait=0", stream.last_event_id, headers) as stream:
        assert [event for event in stream.rest() if event.type == "pollux.gap"] == []


def test_a_wish_that_nobody_knows_is_refused_of_poll_sse_too(server, channel):
    assert "open" in assert_problem(server.call("GET", channel_path(channel) + "?transport=poll-sse&open=yes&wait=0"), 400)["detail"]
