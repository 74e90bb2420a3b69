"""Publishing by the client, `pollux.js`, in Chromium: once and in order, whatever becomes of the answers and the page."""

import pytest

from client_pages import UNAVAILABLE, Refused, driver, folder, page, proxy, server, tabs  # noqa: F401
from wire import eventually


def test_text_is_published_as_text_and_everything_else_as_json(page, server, channel):
    published = [page.publish(channel, "12"), page.publish(channel, 12, type="number"), page.publish(channel, {"a": "ü"}, type="größe"), page.publish(channel, None)]
    events = server.events(f"/channels/{channel}")
    assert [(event["event"], event["data"]) for event in events] == [("message", "12"), ("number", "12"), ("größe", '{"a":"ü"}'), ("message", "null")]
    assert published == [{name: event[name] for name in ("id", "channel", "time")} for event in events]


def test_what_has_no_json_is_refused_at_once(page, channel):
    with pytest.raises(Refused, match="TypeError"):
        page.run("await pollux.channel(values[0]).publish(undefined)", channel)


def test_a_page_sees_what_it_publishes_right_after_it_began_to_listen(page, proxy, channel):
    proxy.meddle(UNAVAILABLE, "GET", "transport=poll")  # reading begins late
    page.run("read(values[0]); await pollux.channel(values[0]).publish('mine')", channel)
    page.await_events(channel, 1)


@pytest.mark.parametrize("accident", ["swallow", "hold"])
def test_what_was_published_but_not_answered_is_repeated_and_kept_once(page, proxy, server, channel, accident):
    proxy.meddle(accident)
    published = page.publish(channel, "once", type="price")
    assert len(proxy.made("POST")) == 2
    events = server.events(f"/channels/{channel}")
    assert [event["data"] for event in events] == ["once"] and events[0]["id"] == published["id"]


def test_a_server_that_is_unavailable_is_asked_again_and_the_order_is_kept(page, proxy, server, channel):
    proxy.meddle(UNAVAILABLE, times=2)
    page.run("await Promise.all(['a', 'b', 'c'].map(data => pollux.channel(values[0]).publish(data)))", channel)
    assert [event["data"] for event in server.events(f"/channels/{channel}")] == ["a", "b", "c"]
    assert len(proxy.made("POST")) == 5


@pytest.mark.parametrize("publish, status, word", [
    ("pollux.channel('c').publish('x', { type: 'pollux.mine' })", 422, "pollux."),
    ("pollux.channel('c').publish('x'.repeat(70000))", 413, "65536"),
    ("pollux.channel('c').publish('x', { key: 'k' }).then(() => pollux.channel('c').publish('y', { key: 'k' }))", 422, "Idempotency-Key"),
])
def test_what_the_server_refuses_is_rejected_with_its_reason(page, publish, status, word):
    with pytest.raises(Refused) as refused:
        page.run("await " + publish)
    assert refused.value.status == status and refused.value.title
    assert word in refused.value.detail
    assert page.publish("c", "the next goes through")["id"]


def test_what_is_published_offline_waits_and_keeps_its_order(driver, page, server, channel):
    page.read(channel)
    page.await_open()
    driver.set_network_conditions(offline=True, latency=0, throughput=-1)
    try:
        page.run("window.all = Promise.all([...'abcde'].map(data => pollux.channel(values[0]).publish(data)))", channel)
        eventually(lambda: page.about()["state"] == "offline", 10)
        page.run("const now = Date.now; Date.now = () => now() + 10 * 60_000")  # it may be long
        assert server.events(f"/channels/{channel}") == []
    finally:
        driver.delete_network_conditions()
    assert len(page.run("return all")) == 5
    assert [event["data"] for event in server.events(f"/channels/{channel}")] == list("abcde")
    page.await_events(channel, 5)
    assert page.data(channel) == list("abcde")


def test_what_is_published_while_the_road_is_cut_arrives_once_and_in_order(page, proxy, server, channel):
    proxy.cut()
    page.run("window.all = Promise.all([...'abcde'].map(data => pollux.channel(values[0]).publish(data)))", channel)
    proxy.await_attempt()
    proxy.mend()
    assert len(page.run("return all")) == 5
    assert [event["data"] for event in server.events(f"/channels/{channel}")] == list("abcde")


def test_what_has_had_no_answer_for_so_long_that_its_key_is_forgotten_is_given_up(page, proxy, server, channel):
    proxy.cut()
    page.run("window.first = pollux.channel(values[0]).publish('first'); first.catch(() => {}); window.second = pollux.channel(values[0]).publish('second')", channel)
    proxy.await_attempt()
    page.run("const now = Date.now; Date.now = () => now() + 10 * 60_000")
    proxy.mend()
    with pytest.raises(Refused) as refused:
        page.run("await first")
    assert refused.value.status == 0 and refused.value.title == "It is not known whether this was published"
    page.run("await second")
    assert [event["data"] for event in server.events(f"/channels/{channel}")] == ["second"]


def test_what_waits_when_the_page_is_left_is_sent_by_the_browser(driver, page, proxy, server, channel):
    """The first is on its way, without an answer: it is repeated with its key. The others are beacons."""
    proxy.meddle("hold")
    page.run("for (const data of ['a', {b: 1}, 'c']) pollux.channel(values[0]).publish(data, {type: 'last'})", channel)
    eventually(lambda: len(proxy.made("POST")) == 1, 10)
    driver.get("about:blank")
    eventually(lambda: len(server.events(f"/channels/{channel}")) == 3, 10, "three events")
    eventually(lambda: len(proxy.made("POST")) == 4, 10, "the first is repeated")
    events = server.events(f"/channels/{channel}")
    assert sorted((event["event"], event["data"]) for event in events) == [("last", "a"), ("last", "c"), ("last", '{"b":1}')]


def test_what_was_handed_over_is_not_repeated_when_the_page_comes_back_too_late(tabs, proxy, server, channel):
    """With a token there are no beacons: it is sent with its key, which the server forgets after ten minutes."""
    page = tabs(options={"token": "secret"})
    proxy.meddle("hold")
    page.run("window.both = ['a', 'b'].map(data => pollux.channel(values[0]).publish(data)); both.forEach(one => one.catch(() => {}))", channel)
    eventually(lambda: len(proxy.made("POST")) == 1, 10)
    page.run("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    eventually(lambda: sorted(event["data"] for event in server.events(f"/channels/{channel}")) == ["a", "b"], 10, "both are sent")
    page.run("const now = Date.now; Date.now = () => now() + 11 * 60_000")
    page.run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    proxy.cut()
    proxy.mend()
    for number in (0, 1):
        with pytest.raises(Refused) as refused:
            page.run("await both[values[0]]", number)
        assert refused.value.title == "It is not known whether this was published"
    assert len(proxy.made("POST")) == 3, "the first attempt, and the two of the browser"


def test_a_page_that_comes_back_from_the_cache_goes_on_where_it_was(page, proxy, server, channel):
    page.read(channel)
    eventually(lambda: len(proxy.streams) == 1, 10)
    page.run("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    eventually(lambda: not proxy.streams, 10, "no connection while it is hidden")
    server.publish(channel, "meanwhile")
    page.run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.await_events(channel, 1)
    server.publish(channel, "live")
    page.await_events(channel, 2)
    assert page.data(channel) == ["meanwhile", "live"]
