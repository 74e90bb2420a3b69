"""`Public/eventsource.js` on slow lines, with numbers from outside that no timer has, and where several pages ask the same."""

import email.utils
import time

import pytest

from event_sources import LOST, TRANSPORTS, XDR, events, logged, open_page, opens, read
from harness import channel_path
from scripted_server import Answer, Road
from wire import eventually

ONE_TIMER = 2**31 - 1  # milliseconds; what is more is no time at all
A_DAY = 24 * 60 * 60 * 1000

CONFIGURATION = {"poll": {"jsonp": True}}


@pytest.fixture
def server(module_server):
    return module_server


@pytest.fixture
def road(server):
    road = Road(server.address)
    yield road
    road.close()


# Limits of time are limits of silence


@pytest.fixture
def backlog(server, channel):
    """400 KB of events: their ids."""
    return server.publish_batch(channel, [(None, "x" * 8_000)] * 50)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_a_slow_line_brings_is_taken_though_all_of_it_lasts_longer_than_the_patience(foreign, road, channel, backlog, transport):
    """It takes 4 seconds, eight times the patience. By `jsonp` nothing is seen before the end of an answer."""
    road.rate = 100_000
    read(foreign, road.url(channel_path(channel) + "?since=earliest"), {"transports": [transport], "patience": 500, "heartbeat": 1})
    assert [id for _, id in events(foreign, len(backlog), 60)] == backlog


@pytest.mark.parametrize("transport", ["poll-sse", "poll", "xdr", "jsonp"])
def test_a_line_that_breaks_after_so_many_bytes_brings_all_in_the_end(foreign, road, channel, backlog, transport):
    """A whole answer in JSON never gets through: it is asked for in pieces."""
    road.reach = 100_000
    read(foreign, road.url(channel_path(channel) + "?since=earliest"), {"transports": [transport]})
    assert [id for _, id in events(foreign, len(backlog), 60)] == backlog


def test_a_poll_that_asks_for_less_keeps_to_the_limit_of_the_page(foreign, server, road, channel):
    road.reach = 20_000
    ids = server.publish_batch(channel, [(None, "x" * 8_000)] * 10)
    read(foreign, road.url(channel_path(channel) + "?since=earliest&limit=4"), {"transports": ["poll"]})
    assert [id for _, id in events(foreign, len(ids), 60)] == ids
    limits = {int(target.partition("limit=")[2].partition("&")[0]) for target in road.asked}
    assert min(limits) == 1 and max(limits) <= 4


# Every number from outside that becomes a time is bounded

TIMERS = """
  window.timers = [];
  const real = setTimeout;
  window.setTimeout = (callback, ms) => { timers.push(+ms); return real(callback, ms); };
"""


@pytest.fixture
def timed(driver, scripted):
    """A page that notes for how long its timers are set."""
    yield open_page(driver, scripted.url("/"), TIMERS + XDR)
    driver.get("about:blank")
    scripted.release()


def timers(page):
    """Of those that were set: only what a timer can count."""
    found = page.execute_script("return timers.map(ms => Number.isNaN(ms) ? 'NaN' : ms)")
    assert all(isinstance(ms, (int, float)) and 0 <= ms <= ONE_TIMER for ms in found), found
    return found


@pytest.mark.parametrize("options", [{"patience": 3e9}, {"patience": 1e300}, {"patience": "soon"}, {"patience": -1}, {"heartbeat": 1e9},
                                     {"heartbeat": "often"}, {"patience": 1e9, "heartbeat": 1e7}], ids=str)
def test_times_that_a_page_asks_for_are_bounded(timed, scripted, options):
    script = scripted.script(Answer((b":\n", 0.2, b"id: 1\n\n")), path="/channels/x")
    read(timed, script.url, {"transports": ["fetch"], **options})
    opens(timed)
    assert max(timers(timed)) >= 6000, "it waits for as long as it is asked to, or as by default"
    assert len(script.asked) == 1


@pytest.mark.parametrize("retry", ["99999999999", "2147483648", "9" * 400])
@pytest.mark.parametrize("transport", ["fetch", "xhr", "poll-sse"])
def test_a_reconnection_time_is_bounded(timed, scripted, transport, retry):
    script = scripted.script(Answer((f": refused\nretry: {retry}\n".encode(),), "clean"), path="/channels/full")
    read(timed, script.url, {"transports": [transport]})
    assert logged(timed, 1) == [LOST]
    assert max(timers(timed)) >= A_DAY and len(script.asked) == 1


# And below: whatever a server says, it is not asked as fast as the road allows

EMPTY = Answer((b'{"events": [], "next": "1-1"}',), "clean", type="application/json")
AT_ONCE = {
    "a stream that ends, with no time": ("fetch", [Answer((b"retry: 0\nid: 1-1\ndata: a\n\n",), "clean")]),
    "a stream that ends, with next to no time": ("fetch", [Answer((b"retry: 1\nid: 1-1\ndata: a\n\n",), "clean")]),
    "a stream of another server": ("fetch", [Answer((b"retry: 0\ndata: a\n\n",), "clean")], {"server": "other"}),
    "a stream that says when, by xhr": ("xhr", [Answer((b"data: a\n\nretry: 0\n",), "clean")]),
    "a stream that ends as by its budget, with nothing new": ("xhr", [Answer((b"id: 1-1\ndata: a\n\n",), "clean")]),
    "a stream that ends as by its budget, with nothing": ("xhr", [Answer((b"id: 1-1\n\n",), "clean")]),
    "no room for a poll": ("poll-sse", [Answer((b": refused\nretry: 0\n",), "clean")]),
    "an empty poll": ("poll-sse", [Answer((b"retry: 0\nid: 1-1\n\n",), "clean")]),
    "an empty poll by XDomainRequest": ("xdr", [Answer((b"id: 1-1\n\n",), "clean")]),
    "an empty poll in JSON": ("poll", [EMPTY]),
    "a poll that brings the same again": ("poll-sse", [Answer((b"id: 1-1\ndata: a\n\n",), "clean")]),
    "an empty poll that may not be held for long": ("poll", [EMPTY], {"heartbeat": 0.001}),
}


@pytest.mark.parametrize("case", AT_ONCE)
def test_what_ends_at_once_again_and_again_is_not_asked_for_without_a_pause(timed, scripted, case):
    """The first poll is answered at once on purpose, and the first answer may have brought something."""
    transport, answers, options = (*AT_ONCE[case], {})[:3]
    script = scripted.script(*answers, path="/channels/again")
    read(timed, script.url, {"transports": [transport], **options})
    eventually(lambda: len(script.asked) >= 4, 20, "it is asked for again")
    asked = len(script.asked)
    assert len([ms for ms in timers(timed) if 500 <= ms < 6000]) >= asked - 2


@pytest.mark.parametrize("transport", ["poll-sse", "xdr"])
def test_a_poll_that_brings_something_is_followed_by_the_next_at_once(timed, scripted, transport):
    batches = [Answer((f"retry: 0\nid: 1-{number}\ndata: a\n\n".encode(),), "clean") for number in range(5)]
    script = scripted.script(*batches, Answer(), path="/channels/busy")
    read(timed, script.url, {"transports": [transport]})
    eventually(lambda: len(script.asked) == 6, 20, "all are asked for")
    assert [ms for ms in timers(timed) if 0 < ms < 6000] == []


RETRY_AFTER = {
    "3000000": A_DAY, "120": 120_000, " 120 ": 120_000, "9" * 400: A_DAY, email.utils.formatdate(4e9, usegmt=True): A_DAY,
    email.utils.formatdate(1e9, usegmt=True): 0, "-5": 0, "soon": 0, "1e9": 0,
}


@pytest.mark.parametrize("value, least", RETRY_AFTER.items())
@pytest.mark.parametrize("transport", ["fetch", "poll"])
def test_a_server_that_says_when_to_come_back_is_not_asked_before_and_not_for_ever_after(timed, scripted, transport, value, least):
    script = scripted.script(Answer((), "clean", 503, headers=(("Retry-After", value),)), path="/channels/full")
    read(timed, script.url, {"transports": [transport]})
    assert logged(timed, 1) == [LOST]
    assert least <= timers(timed)[-1] <= max(least, 1000) * 1.25


def test_a_date_to_come_back_at_is_waited_for(timed, scripted):
    date = email.utils.formatdate(time.time() + 600, usegmt=True)
    script = scripted.script(Answer((), "clean", 503, headers=(("Retry-After", date),)), path="/channels/full")
    read(timed, script.url, {"transports": ["fetch"]})
    assert logged(timed, 1) == [LOST]
    assert 500_000 < timers(timed)[-1] < 800_000


@pytest.mark.parametrize("when", ["9e15", "Infinity", "-9e15", "x", ""])
def test_what_is_remembered_without_a_time_that_can_be_is_forgotten(driver, scripted, when):
    open_page(driver, scripted.url("/"))
    driver.execute_script("localStorage['pollux ' + location.origin] = 'poll ' + arguments[0]", when)
    assert driver.execute_script("const source = new PolluxEventSource('/channels/x'); source.close(); return source.transport") == "native"


# Several pages


@pytest.mark.parametrize("transport", ["poll-sse", "poll", "xdr", "jsonp"])
def test_polls_of_the_same_channel_do_not_wait_for_one_another(foreign, server, road, channel, transport):
    """Chromium's cache lets only one of several equal requests through, until it knows whether the answer may be kept."""
    server.publish(channel, "so that all of them have the same cursor")
    for _ in range(3):
        read(foreign, road.url(channel_path(channel)), {"transports": [transport]})
    eventually(lambda: len(road.asked) == 6, 10, "each has asked twice: a poll to open, and one that is held")
