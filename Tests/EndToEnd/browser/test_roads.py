"""`PolluxEventSource` over roads that hold back, refuse, compress or cut what passes, and to a server that dies.

Each time a publisher goes on publishing, and the page sees every event once, in order. How long it took to get through, or to
recover, is shown at the end of the run.
"""

import time

import pytest

from engines import Chromium, Firefox, WebKitGTK
from harness import Server, channel_path, on_file
from nginx import Roads
from proxy import Proxy
from reading import TRANSPORTS, Page, Publisher
from wire import eventually

CONFIGURATION = {"poll": {"jsonp": True}, "stream": {"retry": "200ms"}}

PATIENCE = 1000  # milliseconds after which a road counts as mute, where one is

STREAM, POLL = {"native"}, {"poll-sse", "poll"}
THROUGH = {
    "leaves all as it is": STREAM,
    "speaks HTTP/1.0 to the server": STREAM,
    "buffers": POLL,
    "compresses": STREAM,
    "compresses and buffers": POLL,
    "refuses event streams with 403": POLL,
}

chromium = pytest.mark.parametrize("engine", [Chromium], indirect=True, ids=lambda engine: engine.name)
modern = pytest.mark.parametrize("engine", [Chromium, Firefox, WebKitGTK], indirect=True, ids=lambda engine: engine.name)


@pytest.fixture(scope="module")
def configuration(site):
    return {**CONFIGURATION, "publicFolder": str(site)}


@pytest.fixture
def server(module_server):
    return module_server


@pytest.fixture(scope="module")
def nginx(module_server, tmp_path_factory):
    nginx = Roads(tmp_path_factory.mktemp("nginx"), module_server)
    yield nginx
    nginx.stop()


@pytest.fixture
def proxied():
    """`proxied(server)`: a road to it that can be cut."""
    proxies = []

    def start(server):
        proxies.append(Proxy(server))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.close()


@modern
@pytest.mark.parametrize("road", THROUGH)
def test_a_reader_gets_through_a_road_that(engine, road, nginx, server, channel, note):
    assert_gets_through(engine, road, THROUGH[road], nginx, server, channel, note)


@chromium
def test_a_reader_gets_through_a_road_that_answers_event_streams_as_if_the_server_were_down(engine, nginx, server, channel, note):
    """Which takes longer: it may be true, and polls would be no remedy."""
    assert_gets_through(engine, "refuses event streams with 502", POLL, nginx, server, channel, note)


def assert_gets_through(engine, road, transports, nginx, server, channel, note):
    patience = {"patience": PATIENCE} if "buffers" in road else {}
    with Publisher(server, channel) as publisher:
        reader = Page(engine, nginx.url(road, "/page.html")).read(nginx.url(road, channel_path(channel)), **patience)
        reader.wait_until_open()
        first = len(publisher.ids) + 1  # one may be on its way
        reader.wait(lambda: reader.transport in transports and reader.ids, 20, transports)
        publisher.more(10)
        transport = reader.transport
    reader.assert_saw_all(publisher.ids, first)
    assert transport in transports
    note(f"{engine.name}, a road that {road}: the first event after {reader.time_to_first()} ms, by {transport}, "
         f"then within {reader.delay(transport):.0f} ms")


@modern
def test_a_reader_that_found_its_way_takes_it_at_once_the_next_time(engine, nginx, server, channel):
    page, url = nginx.url("buffers", "/page.html"), nginx.url("buffers", channel_path(channel))
    first = Page(engine, page).read(url, patience=PATIENCE)
    first.wait(lambda: first.transport in POLL, 20, "a way through")
    first.wait_until_open()
    again = Page(engine, f"{page}?again").read(url, patience=PATIENCE)
    again.wait_until_open()
    assert again.transport in POLL and not again.changes


@chromium
def test_a_reader_gets_over_the_cuts_of_a_road_that_bears_no_silence(engine, nginx, server, channel, note):
    road = "cuts what is silent for 5 s"
    reader = Page(engine, nginx.url(road, "/page.html")).read(nginx.url(road, channel_path(channel)))
    reader.wait_until_open()
    ids = [server.publish(channel, "before")]
    reader.wait_for(ids[-1])
    reader.wait(lambda: "connecting" in reader.states, 10, "the cut")
    begun = time.monotonic()
    ids += [server.publish(channel, "while it is cut"), server.publish(channel, "and again")]
    reader.assert_saw_all(ids)
    note(f"{engine.name}, a road that {road}: recovered {(time.monotonic() - begun) * 1000:.0f} ms after the cut")
    assert reader.transport == "native", "a cut now and then is no reason to poll"


@modern
def test_an_event_source_of_the_browser_s_own_that_is_cut_before_its_first_event_loses_nothing(
    engine, server, static_host, proxied, channel
):
    road = proxied(server)
    Page(engine, static_host.url("/page.html"))
    engine.run(
        "window.ids = []; window.source = new EventSource(arguments[0]);"
        "source.onmessage = function (event) { ids.push(event.lastEventId); };",
        road.url(channel_path(channel) + "?heartbeat=1"),
    )
    eventually(lambda: engine.run("return source.readyState") == 1, 10, "the source opens")
    road.tear()
    assert road.has_torn.wait(10)
    ids = [server.publish(channel, text) for text in ("while it is away", "and again")]
    eventually(lambda: ids[-1] in engine.run("return ids"), 15, "the last event")
    assert engine.run("return ids") == ids


@chromium
def test_a_reader_leaves_a_connection_that_died_without_a_word(engine, server, static_host, proxied, channel, note):
    """As where a router forgets it: no heartbeat comes any more."""
    road = proxied(server)
    reader = Page(engine, static_host.url("/page.html")).read(road.url(channel_path(channel)), heartbeat=1, patience=PATIENCE)
    reader.wait_until_open()
    road.freeze()
    begun = time.monotonic()
    ids = [server.publish(channel, "into the void")]
    reader.assert_saw_all(ids)
    note(f"{engine.name}, a connection that is dead: left after {(time.monotonic() - begun) * 1000:.0f} ms, with a heartbeat of 1 s")


def test_cuts_and_the_death_of_the_server_lose_and_repeat_nothing(engine, binary, tmp_path, static_host, proxied, note):
    """By each transport, side by side; each has a road of its own, for a browser opens only so many connections on one.

    The cut is in the middle of an event or an answer, and the server dies as by a power cut.
    """
    server = Server(binary, tmp_path, on_file(tmp_path / "ledger", CONFIGURATION)).start()
    try:
        page = Page(engine, static_host.url("/page.html"))
        roads = {transport: proxied(server) for transport in TRANSPORTS if engine.has(transport)}
        readers = {transport: page.read(road.url("/channels/x"), transports=[transport]) for transport, road in roads.items()}
        with Publisher(server, "x") as publisher:
            for reader in readers.values():
                reader.wait_until_open()
            first = len(publisher.ids) + 1  # one may be on its way
            publisher.more(3)
            for road in roads.values():
                road.tear()
            assert all(road.has_torn.wait(10) for road in roads.values())
            after_cut = recoveries(readers, publisher.ids[publisher.more(2) - 1])
        server.kill()
        server.start()
        ids = publisher.ids + [server.publish("x", "after the death")]
        after_death = recoveries(readers, ids[-1])
        for transport, reader in readers.items():
            reader.assert_saw_all(ids, first)
            assert {event["transport"] for event in reader.seen} == {transport}
            note(f"{engine.name}, {transport}: recovered {after_cut[transport]:.0f} ms after a cut, "
                 f"{after_death[transport]:.0f} ms after a restart")
        server.stop()
    finally:
        server.abandon()


def recoveries(readers, id):
    """How long it takes each of them to see this event, in milliseconds from now."""
    begun, times = time.monotonic(), {}

    def all_have_it():
        for transport, reader in readers.items():
            if transport not in times and id in reader.ids:
                times[transport] = (time.monotonic() - begun) * 1000
        return len(times) == len(readers)

    try:
        eventually(all_have_it, 20)
    except AssertionError as late:
        raise AssertionError(f"{late}: {set(readers) - set(times)} are without {id}") from None
    return times
