"""The client of the browser, `pollux.js`, in Chromium: reading, publishing, and many tabs on one connection."""

import json
import time

import pytest
from selenium.common.exceptions import WebDriverException

import engines
from client_pages import HELPERS, Refused, driver, folder, page, proxy, publishing, server, tabs  # noqa: F401
from harness import Server
from wire import eventually

UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)


PROBLEM = b'{"title": "No", "status": 404, "detail": "Never."}'
REFUSED = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n" % len(PROBLEM) + PROBLEM
)


# Reading


def test_a_channel_can_be_iterated(page, server, channel):
    page.run("""
        window.taken = [];
        const iteration = pollux.channel(values[0])[Symbol.asyncIterator]();
        window.over = (async () => {
          for await (const { type, data, id, channel } of iteration) {
            taken.push([type, data, id, channel]);
            if (data === 'last') break;
          }
          return 'over';
        })();
        await pollux.channel(values[0]).ready();
    """, channel)
    events = [("message", "one"), ("price", '{"eur":12}'), ("message", "last"), ("message", "too late")]
    ids = [server.publish(channel, data, type) for type, data in events]
    assert page.run("return over") == "over"
    assert page.run("return taken") == [[type, data, id, channel] for (type, data), id in zip(events[:3], ids)]


def test_an_iteration_ends_when_its_channel_is_closed(page, server, channel):
    assert page.run("""
        const channel = pollux.channel(values[0]);
        setTimeout(() => channel.close(), 50);
        for await (const event of channel) ;
        for await (const event of channel) ; // of one that is closed: over at once
        return 'over';
    """, channel) == "over"


def test_an_iteration_that_is_too_slow_is_told_so_after_what_was_kept_for_it(page, server, channel):
    page.run("window.iteration = pollux.channel(values[0])[Symbol.asyncIterator](); await pollux.channel(values[0]).ready()", channel)
    page.read(channel)
    page.await_open()
    for start in range(0, 1200, 100):
        server.publish_batch(channel, [(None, number) for number in range(start, start + 100)])
    page.await_events(channel, 1200)
    taken, title, after = page.run("""
        const taken = []; let title;
        try { for (let next; !(next = await iteration.next()).done;) taken.push(next.value.data); } catch (error) { title = error.title; }
        return [taken, title, (await iteration.next()).done];
    """)
    assert taken == [str(number) for number in range(1000)]
    assert title == "The iteration is too slow" and after is True


def test_listeners_hear_their_type_or_every_type_until_they_are_taken_off(page, server, channel):
    page.run("""
        const channel = pollux.channel(values[0]), note = name => event => heard.push([name, event.type, event.data]);
        window.heard = [];
        channel.once('price', note('once'));
        const undo = channel.on('price', note('price'));
        const every = note('every');
        channel.on('*', every);
        channel.on('price', event => { if (event.json.eur === 2) { undo(); channel.off('*', every); } });
        channel.addEventListener('message', { handleEvent: note('object') });
        await channel.ready();
    """, channel)
    for number in range(1, 4):
        server.publish(channel, json.dumps({"eur": number}), "price")
    server.publish(channel, "end")
    heard = eventually(lambda: (heard := page.run("return heard")) and heard[-1][2] == "end" and heard, 10)
    assert heard == [
        ["once", "price", '{"eur": 1}'], ["price", "price", '{"eur": 1}'], ["every", "price", '{"eur": 1}'],
        ["price", "price", '{"eur": 2}'],  # and then both are taken off, one before it was called
        ["object", "message", "end"],
    ]


def test_an_event_of_the_type_that_stands_for_all_is_heard_once(page, server, channel):
    page.read(channel)
    server.publish(channel, "x", "*")
    server.publish(channel, "end")
    assert [(type, data) for type, data, _ in page.await_events(channel, 2)] == [("*", "x"), ("message", "end")]


def test_the_last_events_can_be_asked_for_and_what_they_lack_is_heard(page, server, channel):
    ids = [server.publish(channel, str(number), "price") for number in range(4)]
    last = page.run("""
        const channel = pollux.channel(values[0]);
        window.heard = [];
        channel.on('*', ({ data }) => heard.push(data));
        return (await channel.last(3)).map(({ type, data, id, channel, time }) => [type, data, id, channel, time]);
    """, channel)
    assert [event[:4] for event in last] == [["price", str(number), ids[number], channel] for number in (1, 2, 3)]
    assert all(abs(time_ - time.time() * 1000) < 60_000 for *_, time_ in last)
    server.publish(channel, "live")
    eventually(lambda: page.run("return heard") == ["live"], 10, "what is kept is not told once more")


def test_the_last_events_of_a_channel_that_cannot_be_read_are_refused(page):
    with pytest.raises(Refused) as refused:
        page.run("await pollux.channel('no\\u0001name').last(3)")
    assert refused.value.status == 400


def test_a_listener_that_throws_disturbs_no_other(page, server, channel):
    page.run("pollux.channel(values[0]).on('message', () => { throw new Error('mine'); })", channel)
    page.read(channel)
    server.publish(channel, "one")
    server.publish(channel, "two")
    page.await_events(channel, 2)


def test_a_channel_that_is_closed_by_a_listener_tells_nothing_more(page, server, channel):
    for number in range(3):
        server.publish(channel, str(number))
    page.run("""
        window.heard = [];
        const channel = pollux.channel(values[0], { since: 'earliest' });
        channel.on('message', event => { heard.push(event.data); if (event.data === '1') channel.close(); });
    """, channel)
    eventually(lambda: page.run("return heard.length") == 2, 20, "it is closed")
    page.read(channel, "earliest")  # a new one, which has nothing to do with it
    page.await_events(channel, 3)
    assert page.run("return heard") == ["0", "1"]


@pytest.mark.parametrize("since, expected", [("-2", ["old 1", "old 2"]), ("earliest", ["old 0", "old 1", "old 2"]), ("now", [])])
def test_a_channel_begins_where_it_is_asked_to(page, server, channel, since, expected):
    for number in range(3):
        server.publish(channel, f"old {number}")
    page.read(channel, since)
    server.publish(channel, "new")
    page.await_events(channel, len(expected) + 1)
    assert page.data(channel) == [*expected, "new"]


def test_a_long_history_comes_whole_and_in_order(page, server, channel):
    for start in range(0, 900, 100):
        server.publish_batch(channel, [(None, number) for number in range(start, start + 100)])
    page.read(channel, "earliest")
    page.await_events(channel, 900)
    assert page.data(channel) == [str(number) for number in range(900)]


def test_channels_that_come_and_go_while_much_is_published_share_one_stream_and_lose_nothing(page, proxy, server, channel):
    names = [f"{channel}-{letter}" for letter in "abc"]
    with publishing(server, *names, interval=0.005) as sent:
        for name in names:
            eventually(lambda: len(sent[name]) > 20, 10)
            page.read(name, "earliest")
        eventually(lambda: "open" in page.run("return states"), 10)
        eventually(lambda: len(proxy.streams) == 1 and proxy.streams[0].count("channel=") == 3, 10, "one stream of three channels")
        page.run("pollux.channel(values[0]).close()", names[0])
        eventually(lambda: len(proxy.streams) == 1 and proxy.streams[0].count("channel=") == 2, 10, "one stream of two channels")
        page.await_events(names[1], len(sent[names[1]]) + 20)
    for name in names[1:]:
        page.await_events(name, len(sent[name]))
        assert page.data(name) == sent[name]
    first = page.data(names[0])
    assert first == sent[names[0]][:len(first)], "what came before it was closed"
    assert proxy.most_streams == 1, "never two at once"


def test_what_comes_live_while_the_history_is_fetched_comes_after_it(page, proxy, server, channel):
    server.publish(channel, "old")
    page.read(channel + "-other")
    proxy.meddle("delay", "GET", f"{channel}?transport=poll&wait=0&lastEventId=")  # the poll that asks whether there is more history
    page.read(channel, "earliest")
    eventually(lambda: proxy.streams and proxy.streams[-1].count("channel=") == 2, 10, "the stream has both channels")
    eventually(lambda: not proxy.accidents, 10, "the poll was made")
    server.publish(channel, "live")
    server.publish(channel + "-other", "after that")
    page.await_events(channel + "-other", 1)
    assert page.data(channel) == ["old"]
    proxy.release()
    page.await_events(channel, 2)
    assert page.data(channel) == ["old", "live"]


def test_a_broken_connection_loses_and_doubles_nothing(page, proxy, server, channel):
    page.read(channel)
    with publishing(server, channel) as sent:
        for _ in range(2):
            page.await_events(channel, len(sent[channel]) + 5)
            proxy.cut()
            proxy.await_attempt()
            proxy.mend()
    page.await_events(channel, len(sent[channel]), timeout=40)
    assert page.data(channel) == sent[channel]
    assert page.about()["gaps"] == []
    assert "reconnecting" in page.run("return states") and page.about()["state"] == "open"


def test_a_gap_is_told_to_the_channel_that_has_it_and_to_no_other(page, proxy, server, channel):
    page.read(channel)
    page.read(channel + "-whole")
    page.await_open()
    before = server.publish(channel, "before")
    page.await_events(channel, 1)
    proxy.cut()
    server.publish(channel, "lost")
    assert server.call("DELETE", f"/channels/{channel}").status == 204
    after = server.publish(channel, "after")
    server.publish(channel + "-whole", "whole")
    proxy.mend()
    page.await_events(channel, 2, timeout=40)
    page.await_events(channel + "-whole", 1)
    assert page.data(channel) == ["before", "after"]
    assert page.about()["gaps"] == [[channel, {"reason": "trimmed", "after": before, "resumedAt": after}]]


def test_a_stream_that_begins_without_a_cursor_after_a_gap_loses_nothing(page, proxy, server, channel):
    page.read(channel)
    page.await_open()
    server.publish(channel, "before")
    page.await_events(channel, 1)
    proxy.cut()
    server.publish(channel, "lost")
    server.call("DELETE", f"/channels/{channel}")
    proxy.mend()
    [[_, gap]] = eventually(lambda: page.about()["gaps"], 30, "the gap")
    assert gap["resumedAt"] is None, "nothing follows, so nothing tells where the stream is"
    page.await_open()
    proxy.meddle(UNAVAILABLE, "GET", f"{channel}-b&", times=3)
    page.read(channel + "-b")  # a new stream, that does not get through at first
    eventually(lambda: proxy.made("GET", f"{channel}-b&"), 10)
    server.publish(channel, "meanwhile")
    page.await_events(channel, 2, timeout=40)
    assert page.data(channel) == ["before", "meanwhile"]


def test_after_a_restart_with_a_new_epoch_the_gap_is_told_and_reading_goes_on(driver, binary, folder, tabs, channel):
    server = Server(binary, folder.parent, {"publicFolder": str(folder)}).start()
    try:
        page = tabs(server=server.url("/"))
        page.read(channel)
        page.await_open()
        server.publish(channel, "old")
        page.await_events(channel, 1)
        server.kill()
        server.start()
        for number in range(3):
            server.publish(channel, f"new {number}")
        page.await_events(channel, 4, timeout=60)
        server.publish(channel, "live")
        page.await_events(channel, 5)
        assert page.data(channel) == ["old", "new 0", "new 1", "new 2", "live"]
        assert [gap["reason"] for _, gap in page.about()["gaps"]] == ["epoch"]
        server.stop()
    finally:
        server.abandon()


def test_a_channel_that_cannot_be_read_says_so_and_harms_no_other(page, server, channel):
    page.run("read('x'.repeat(300)).catch(() => {})")
    page.read(channel)
    page.await_open()
    server.publish(channel, "here")
    page.await_events(channel, 1)
    [[_, status, title, detail]] = eventually(lambda: page.run("return errors"), 10)
    assert status == 400 and title and "256" in detail
    with pytest.raises(Refused) as refused:
        page.run("for await (const event of pollux.channel('y'.repeat(300))) ;")
    assert refused.value.status == 400


def test_a_stream_that_is_refused_loses_nothing_and_is_tried_again(page, proxy, server, channel):
    proxy.meddle(REFUSED, "GET", "/events?", times=2)  # a native EventSource does not tell, so it is asked for twice
    page.read(channel)
    eventually(lambda: len(proxy.made("GET", "/events?")) == 2, 10)
    server.publish(channel, "meanwhile")
    page.run("dispatchEvent(new Event('online'))")  # or half a minute later
    page.await_open()
    page.await_events(channel, 1)


def test_names_that_hold_commas_are_not_taken_for_several(page, proxy, server, channel):
    page.read(f"b,{channel}")
    page.await_open()
    page.run("pollux.channel(`b,${values[0]}`).close(); await Promise.all([read('b'), read(values[0])])", channel)
    eventually(lambda: proxy.streams and proxy.streams[-1].count("channel=") == 2, 10, "the two channels are read")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_a_browser_would_take_for_a_step_in_the_path_is_refused_at_once(page, name):
    with pytest.raises(Refused, match="TypeError"):
        page.run("pollux.channel(values[0])", name)


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr", "poll-sse", "poll"])
def test_every_transport_brings_types_ids_and_channels(tabs, server, channel, transport):
    page = tabs(options={"transports": [transport]})
    page.read(channel)
    page.read(channel + "-b")
    ids = [server.publish(channel, '{"eur":12}', "price"), server.publish(channel, "two\nlines")]
    id = server.publish(channel + "-b", "other")
    page.await_events(channel, 2)
    page.await_events(channel + "-b", 1)
    assert page.seen(channel) == [("price", '{"eur":12}', ids[0]), ("message", "two\nlines", ids[1])]
    assert page.seen(channel + "-b") == [("message", "other", id)]
    assert page.about()["transport"] == transport


def test_a_page_of_another_origin_asks_the_server_that_the_script_came_from(tabs, server, proxy, channel):
    page = tabs(library=server.url("/pollux.js"))
    assert page.run("return pollux.url") == server.url("/")
    page.read(channel)
    page.publish(channel, {"eur": 12}, type="price")
    [(type, data, _)] = page.await_events(channel, 1)
    assert (type, data) == ("price", '{"eur":12}')
    assert not proxy.made("GET", "channels"), "it asked its own origin"


def test_a_token_goes_with_every_request(tabs, proxy, server, channel):
    page = tabs(options={"token": "secret"})
    page.read(channel)
    page.publish(channel, "x")
    page.await_events(channel, 1)
    page.run("await pollux.channel(values[0]).last(1)", channel)
    requests = [request for method in ("GET", "POST") for request in proxy.made(method, channel)]
    assert len(requests) >= 4 and all(b"authorization: bearer secret\r\n" in request.head.lower() for request in requests)


def test_a_closed_client_has_no_connection_and_publishes_nothing(page, proxy, channel):
    page.read(channel)
    eventually(lambda: len(proxy.streams) == 1, 10)
    page.run("pollux.close()")
    eventually(lambda: not proxy.streams, 10)
    assert page.about()["state"] == "closed" and page.run("return states").count("closed") == 1
    with pytest.raises(Refused) as refused:
        page.publish(channel, "x")
    assert refused.value.title == "The client was closed"
    page.run("for await (const event of pollux.channel(values[0])) ;", channel)  # over at once


# Publishing


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


# Many tabs


def roles(pages):
    return [page.about()["role"] for page in pages]


def leader_of(pages):
    return eventually(lambda: next((page for page, role in zip(pages, roles(pages)) if role == "leader"), None), 10, "a leader")


def test_ten_tabs_share_one_connection_and_none_loses_or_doubles_an_event_when_the_leader_dies(tabs, proxy, server, channel, dice):
    pages = [tabs() for _ in range(10)]
    for page in pages:
        page.read(channel)
    leader_of(pages)
    assert sorted(roles(pages)) == ["follower"] * 9 + ["leader"]
    eventually(lambda: len(proxy.streams) == 1, 10)
    with publishing(server, channel) as sent:
        for _ in range(4):
            target = len(sent[channel]) + dice.randrange(5, 40)
            eventually(lambda: len(sent[channel]) > target, 20)
            leader = leader_of(pages)
            leader.close()
            pages.remove(leader)
            pages[0].await_events(channel, len(sent[channel]) + 3)
            eventually(lambda: len(proxy.streams) == 1, 20, "one connection")
    for page in pages:
        page.await_events(channel, len(sent[channel]))
        assert page.data(channel) == sent[channel]
        assert page.about()["gaps"] == []
    assert proxy.most_streams <= 2, "at most that of a leader that is gone, which its browser is about to close, and the next one's"


def test_a_new_leader_begins_where_the_tabs_are_now(tabs, proxy, server, channel):
    """Else the server would send once more all that came since the channels were opened."""
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    leader = leader_of(pages)
    ids = [server.publish(channel, str(number)) for number in range(50)]
    for page in pages:
        page.await_events(channel, 50)

    def streams():
        return [request.head for request in proxy.made("GET") if b"/events?" in request.head]

    before = len(streams())
    leader.close()
    eventually(lambda: len(streams()) > before, 10, "the other tab has begun a stream")
    assert ids[-1].encode() in streams()[-1], streams()[-1]


def test_a_leader_that_crashes_is_replaced(driver, tabs, proxy, server, channel):
    pages = [tabs() for _ in range(3)]
    for page in pages:
        page.read(channel)
    with publishing(server, channel) as sent:
        leader = leader_of(pages)
        leader.run("return 0")
        pages.remove(leader)
        with pytest.raises(WebDriverException, match="crash"):
            driver.execute_cdp_cmd("Page.crash", {})
        pages[0].await_events(channel, len(sent[channel]) + 3, timeout=30)
    for page in pages:
        page.await_events(channel, len(sent[channel]))
        assert page.data(channel) == sent[channel]


def test_a_leader_that_sleeps_is_replaced_and_misses_nothing_when_it_wakes(driver, tabs, proxy, server, channel):
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    sleeper = leader_of(pages)
    sleeper.read(channel + "-own")
    pages.remove(sleeper)
    [other] = pages
    sleeper.run("return 0")
    driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})
    server.publish(channel, "while it sleeps")
    other.await_events(channel, 1, timeout=60)
    assert other.about()["role"] == "leader"
    driver.switch_to.window(sleeper.handle)
    driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})
    sleeper.await_events(channel, 1)
    server.publish(channel, "when it is awake")
    for page in (sleeper, other):
        page.await_events(channel, 2)
        assert page.data(channel) == ["while it sleeps", "when it is awake"]
    assert sleeper.about()["role"] == "follower"
    eventually(lambda: len(proxy.streams) == 1 and proxy.streams[0].count("channel=") == 2, 10, "the leader reads for both")
    server.publish(channel + "-own", "only there")
    sleeper.await_events(channel + "-own", 1)


def test_tabs_that_read_different_channels_share_the_stream_and_a_tab_that_goes_takes_its_channel_with_it(tabs, proxy, server, channel):
    names = {tabs(): f"{channel}-{letter}" for letter in "abcd"}
    for page, name in names.items():
        page.read(name)

    def assert_all_are_read():
        eventually(lambda: [selection.count("channel=") for selection in proxy.streams] == [len(names)], 10, f"{len(names)} channels")
        for page, name in names.items():
            count = len(page.seen(name))
            server.publish(name, "here")
            page.await_events(name, count + 1)

    assert_all_are_read()
    for role in ("follower", "leader"):
        page = next(page for page in names if page.about()["role"] == role)
        page.close()
        del names[page]
        leader_of(list(names))
        assert_all_are_read()


def test_a_tab_that_takes_itself_for_offline_alone_gets_what_it_missed_once(tabs, proxy, server, channel):
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    leader = leader_of(pages)
    [follower] = [page for page in pages if page is not leader]
    leader.await_open()
    server.publish(channel, "before")
    follower.await_events(channel, 1)
    follower.run("Object.defineProperty(navigator, 'onLine', {value: false, configurable: true}); dispatchEvent(new Event('offline'))")
    eventually(lambda: follower.about()["state"] == "offline", 10)
    proxy.cut()  # for the leader
    server.publish(channel, "lost")
    server.call("DELETE", f"/channels/{channel}")
    server.publish(channel, "after the gap")
    proxy.mend()
    leader.await_events(channel, 2, timeout=40)
    server.publish(channel, "last")
    for page in pages:
        page.await_events(channel, 3)
        assert page.data(channel) == ["before", "after the gap", "last"]
        assert len(page.about()["gaps"]) == 1


def test_a_late_tab_gets_its_history_and_then_what_the_leader_reads(tabs, proxy, server, channel):
    first = tabs()
    first.read(channel)
    with publishing(server, channel, interval=0.005) as sent:
        first.await_events(channel, 30)
        second = tabs()
        second.read(channel, "earliest")
        second.await_events(channel, len(sent[channel]) + 10)
    for page in (first, second):
        page.await_events(channel, len(sent[channel]))
        assert page.data(channel) == sent[channel]
    assert proxy.most_streams == 1


@pytest.mark.parametrize("missing", ["navigator.locks", "BroadcastChannel"])
def test_where_tabs_cannot_share_each_has_its_own_connection(driver, tabs, proxy, server, channel, missing):
    take_away = {
        "navigator.locks": "Object.defineProperty(Navigator.prototype, 'locks', {get: () => undefined})",
        "BroadcastChannel": "delete globalThis.BroadcastChannel",
    }[missing]
    pages = [tabs() for _ in range(2)]
    for page in pages:
        driver.switch_to.window(page.handle)
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": take_away})
        page.open(proxy.url("/blank.html"))
        assert page.run(f"return typeof {missing}") == "undefined"
        page.read(channel)
    assert roles(pages) == ["alone"] * 2
    eventually(lambda: len(proxy.streams) == 2, 10)
    server.publish(channel, "for both")
    for page in pages:
        page.await_events(channel, 1)


def test_a_sandboxed_frame_that_may_have_no_locks_has_its_own_connection(page, proxy, server, channel):
    page.run("""
        const [library, channel] = values, frame = document.createElement('iframe');
        window.heard = [];
        addEventListener('message', ({ data }) => heard.push(data));
        frame.sandbox = 'allow-scripts';
        frame.srcdoc = `<script type=module>
          import { Pollux } from '${library}';
          const pollux = new Pollux(), channel = pollux.channel('${channel}');
          channel.on('message', event => parent.postMessage([event.data, pollux.role], '*'));
          await channel.ready();
          await channel.publish('from the frame');
        </script>`;
        document.body.append(frame);
    """, proxy.url("/pollux.js"), channel)
    assert eventually(lambda: page.run("return heard"), 10) == [["from the frame", "alone"]]


def test_tabs_with_different_tokens_share_nothing(tabs, proxy, channel):
    pages = [tabs(options={"token": token}) for token in ("one", "two")]
    for page in pages:
        page.read(channel)
    assert roles(pages) == ["leader"] * 2
    eventually(lambda: len(proxy.streams) == 2, 10)


# Other browsers


@pytest.mark.parametrize("engine", [engines.Firefox, engines.WebKitGTK], indirect=True, ids=lambda engine: engine.name)
def test_two_frames_of_another_browser_share_a_connection_and_the_one_that_stays_goes_on(engine, proxy, server, channel):
    engine.open(proxy.url("/blank.html"))
    engine.run("""
        const [helpers, channel] = arguments;
        for (let number = 0; number < 2; number += 1) {
          const frame = document.createElement('iframe');
          frame.src = 'blank.html';
          frame.onload = () => frame.contentWindow.eval(`${helpers}; begin().then(() => read('${channel}'))`);
          document.body.append(frame);
        }
    """, HELPERS, channel)

    def in_frames(expression):
        return engine.run(f"return [...document.querySelectorAll('iframe')].map(({{contentWindow: page}}) => page.pollux && {expression})")

    def data():
        return in_frames(f"page.seen['{channel}'].map(event => event[1])")

    eventually(lambda: in_frames("page.pollux.state") == ["open", "open"], 20, "both are open")
    assert sorted(in_frames("page.pollux.role")) == ["follower", "leader"]
    in_frames(f"void page.pollux.channel('{channel}').publish({{eur: 12}}, {{type: 'price'}})")
    eventually(lambda: data() == [['{"eur":12}'] * 2] * 2, 10, "each has what both published")
    assert len(proxy.streams) == 1
    engine.run("[...document.querySelectorAll('iframe')].find(frame => frame.contentWindow.pollux.role === 'leader').remove()")
    eventually(lambda: in_frames("page.pollux.role") == ["leader"], 10, "the other leads")
    server.publish(channel, "after")
    eventually(lambda: data() == [['{"eur":12}'] * 2 + ["after"]], 10)
    assert len(proxy.streams) == 1
