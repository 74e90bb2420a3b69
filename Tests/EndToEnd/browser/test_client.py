"""The client of the browser, `pollux.js`, in Chromium: reading channels."""

import json
import time

import pytest

from client_pages import REFUSED, UNAVAILABLE, Refused, driver, folder, page, proxy, publishing, server, tabs  # noqa: F401
from harness import Server
from wire import eventually


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
