"""The client, `pollux.js`, on lines that are slow or that break: what takes long comes, and what came is kept.

Its limits are of silence, and shortened by the option `patience`, so that what takes seconds here takes longer than they allow.
"""

import json

import pytest

from client_pages import driver, folder, page, proxy, server, tabs  # noqa: F401

PATIENCE = {"patience": 1000}


def fill(server, channel, count, size):
    """So many events of so many bytes; their data."""
    data = [f"{number:05}".ljust(size, "x") for number in range(count)]
    for start in range(0, count, 50):
        server.publish_batch(channel, [(None, each) for each in data[start:start + 50]])
    return [json.dumps(each) for each in data]


def test_a_catch_up_that_takes_longer_than_an_answer_may_be_silent_comes_whole(tabs, proxy, server, channel):
    data = fill(server, channel, 200, 1500)
    page = tabs(options=PATIENCE)
    proxy.down.rate = 64_000  # 5 s
    page.read(channel, "earliest")
    page.await_events(channel, 200, timeout=60)
    assert page.data(channel) == data
    assert page.about()["gaps"] == []


def test_what_came_before_a_line_broke_is_kept_and_the_rest_is_asked_for_in_smaller_pieces(tabs, proxy, server, channel):
    data = fill(server, channel, 60, 6000)
    page = tabs(options={**PATIENCE, "transports": ["poll"]})
    proxy.meddle(100_000, "GET", "transport=poll", times=1000)  # no answer gets further
    page.run("read(values[0], { since: 'earliest' })", channel)
    page.await_events(channel, 60, timeout=60)
    assert page.data(channel) == data


def test_the_last_events_come_over_a_slow_line(tabs, proxy, server, channel):
    data = fill(server, channel, 200, 1500)
    page = tabs(options=PATIENCE)
    proxy.down.rate = 64_000
    last = page.run("return (await pollux.channel(values[0]).last(150)).map(({ data }) => data)", channel)
    assert last == data[50:]


def test_a_large_publish_over_a_slow_line_is_sent_once(tabs, proxy, server, channel):
    page = tabs(options=PATIENCE)
    proxy.up.rate = 16_000  # 4 s
    page.publish(channel, "x" * 60_000)
    assert len(proxy.made("POST", channel)) == 1
    assert [len(event["data"]) for event in server.events(f"/channels/{channel}")] == [60_000]


def test_an_answer_that_stops_coming_is_asked_for_again(tabs, proxy, server, channel):
    data = fill(server, channel, 20, 1500)
    page = tabs(options=PATIENCE)
    proxy.meddle("hold", "GET", "since=earliest", times=2)
    page.read(channel, "earliest")
    assert page.data(channel)[0] == data[0]
    assert len(proxy.made("GET", "since=earliest")) == 3


@pytest.mark.parametrize("patience", [-1, 0, "soon", 1e12, None])
def test_a_patience_that_makes_no_sense_is_bounded(tabs, server, channel, patience):
    page = tabs(options={"patience": patience})
    page.read(channel)
    server.publish(channel, "one")
    page.await_events(channel, 1)
