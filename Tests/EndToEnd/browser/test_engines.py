"""`PolluxEventSource` in real browsers, with what they have and with parts of it taken away.

Each browser gets every event of a running publisher, by the transport that is the best it has left. What was measured is shown
at the end of the run as a table, and written as Markdown into the file that POLLUX_TABLE names.
"""

import json
import os
import re
from pathlib import Path

import pytest

from engines import Chromium, Firefox, QtWebKit, WebKitGTK
from harness import channel_path
from reading import TRANSPORTS, Page, Publisher
from wire import eventually

# What is taken away from a browser, and what is then the best; the first of them that it has.
BEST = {
    "": ["native"],
    "EventSource": ["fetch", "xhr"],
    "EventSource,fetch": ["xhr"],
    "EventSource,fetch,progress": ["poll-sse"],
    "EventSource,fetch,XMLHttpRequest": ["jsonp"],
}

delays = {}  # by engine and transport: what the table is made of, in milliseconds


@pytest.fixture(scope="module")
def configuration(site):
    return {"publicFolder": str(site), "poll": {"jsonp": True}, "sources": [{"channel": "date", "kind": "clock", "every": "200ms"}]}


@pytest.fixture
def server(module_server):
    return module_server


@pytest.fixture(params=["same origin", "cross origin"])
def page(request, server, static_host):
    host = static_host if request.param == "cross origin" else server
    return host.url("/page.html")


@pytest.fixture(scope="session", autouse=True)
def table(note):
    """Of the engines and transports, at the end."""
    yield
    rows = [["delay (median)", *TRANSPORTS], ["---"] * (len(TRANSPORTS) + 1)]
    rows += [[engine, *(of.get(transport, "–") for transport in TRANSPORTS)] for engine, of in sorted(delays.items())]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    if delays:
        note(text)
    if delays and (file := os.environ.get("POLLUX_TABLE")):
        Path(file).write_text(text + "\n", "utf-8")


def assert_reads(engine, server, page, channel, transport, **options):
    """The reader sees all that is published from its opening on, by this transport; the reader."""
    with Publisher(server, channel) as publisher:
        reader = Page(engine, page).read(server.url(channel_path(channel)), **options)
        reader.wait_until_open()
        first = len(publisher.ids) + 1  # one may be on its way
        reader.wait(lambda: reader.transport == transport, 10, transport)
        publisher.more(10)
        assert reader.transport == transport
    reader.assert_saw_all(publisher.ids, first)
    assert reader.seen[-1]["transport"] == transport
    return reader


@pytest.mark.parametrize("without", BEST)
def test_a_browser_reads_by_the_best_that_it_is_left_with(engine, server, page, channel, without):
    best = next(transport for transport in BEST[without] if engine.has(transport))
    # A browser that shows nothing of an answer until its end looks like a road that holds it back, and is found out by patience.
    patience = {"patience": 600} if "progress" in without else {}
    assert_reads(engine, server, f"{page}?without={without}", channel, best, **patience)
    if without:
        assert engine.run("return window.EventSource === window.PolluxEventSource"), "it becomes the EventSource of a browser without one"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_browser_reads_by_the_transport_that_it_is_told(engine, server, static_host, channel, transport):
    if not engine.has(transport):
        pytest.skip(f"{engine.name} has no {transport}")
    reader = assert_reads(engine, server, static_host.url("/page.html"), channel, transport, transports=[transport])
    delays.setdefault(f"{engine.name} {engine.version}", {})[transport] = f"{reader.delay(transport):.0f} ms"


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr"])
def test_a_reader_has_a_cursor_before_the_first_event(engine, server, static_host, channel, transport):
    if not engine.has(transport):
        pytest.skip(f"{engine.name} has no {transport}")
    server.publish(channel, "before")
    reader = Page(engine, static_host.url("/page.html")).read(server.url(channel_path(channel)), transports=[transport])
    reader.wait_until_open()
    cursor = reader.last_event_id
    again = Page(engine, static_host.url("/page.html")).read(
        server.url(channel_path(channel)), transports=[transport], lastEventId=cursor)
    again.wait_until_open()
    assert again.last_event_id == cursor
    after = server.publish(channel, "after")
    content = server.poll(channel_path(channel), cursor, wait=0)
    assert cursor and content["gap"] is None and [event["id"] for event in content["events"]] == [after]


OWN_SOURCE = """
window.own = {opened: 0, seen: [], gaps: 0};
var source = new EventSource(arguments[0]);
source.onopen = function () { own.opened += 1; };
source.onmessage = function (event) { own.seen.push(event.lastEventId); };
source.addEventListener("pollux.gap", function () { own.gaps += 1; });
"""


@pytest.mark.parametrize("gap", [False, True], ids=["from now on", "behind a gap"])
@pytest.mark.parametrize("engine", [Chromium, Firefox, WebKitGTK], indirect=True, ids=lambda engine: engine.name)
def test_a_source_of_the_browsers_own_that_is_served_by_polls_loses_nothing_between_two_empty_ones(engine, server, static_host, channel, gap):
    """Each poll goes on where the last one ended, though none has brought an event: the browser keeps the id that it was told."""
    path = f"{channel_path(channel)}?transport=poll-sse&wait=0"
    if gap:
        path += f"&after={server.head_id(channel_path(channel))}"
        server.publish(channel, "gone")
        assert server.call("DELETE", channel_path(channel)).status == 204
    engine.open(static_host.url("/page.html"))
    engine.run(OWN_SOURCE, server.url(path))
    eventually(lambda: engine.run("return own.opened") >= 3, 15, "three polls")
    ids = [server.publish(channel, "in between")]
    eventually(lambda: engine.run("return own.seen") == ids, 15, "the event")
    ids += [server.publish(channel, str(number)) for number in range(3)]
    eventually(lambda: engine.run("return own.seen") == ids, 15, "all events, each once")
    assert engine.run("return own.gaps") == (1 if gap else 0)


def test_a_reader_that_changes_its_transport_in_mid_stream_loses_and_repeats_nothing(engine, server, static_host, channel):
    with Publisher(server, channel) as publisher:
        reader = Page(engine, static_host.url("/page.html")).read(server.url(channel_path(channel)))
        reader.wait_until_open()
        first = len(publisher.ids) + 1
        for transport in filter(engine.has, (*TRANSPORTS, *reversed(TRANSPORTS))):
            reader.use(transport)
            reader.wait(lambda: reader.seen and reader.seen[-1]["transport"] == transport, 10, transport)  # noqa: B023
    reader.assert_saw_all(publisher.ids, first)
    assert reader.states == ["open"], "nobody needs to know"


@pytest.mark.parametrize("transport", ["native", "xhr", "poll"])
@pytest.mark.parametrize("engine", [Chromium, Firefox, WebKitGTK], indirect=True, ids=lambda engine: engine.name)
def test_a_page_that_is_stopped_reads_no_more(engine, server, static_host, channel, transport):
    """As the standard has it. WebKit tells nothing to its own EventSource, nor to the page."""
    if engine.name == WebKitGTK.name and transport == "native":
        pytest.skip("nothing is told")
    reader = Page(engine, static_host.url("/page.html")).read(server.url(channel_path(channel)), transports=[transport, "fetch"])
    reader.wait_until_open()
    reader.wait_for(server.publish(channel, "before"))
    engine.run("window.stop()")
    reader.wait(lambda: reader.states[-1] == "closed", 10, "it is closed")
    assert reader.changes == []


@pytest.mark.parametrize("engine", [Chromium, Firefox, WebKitGTK], indirect=True, ids=lambda engine: engine.name)
def test_a_server_that_lets_other_pages_read_only_is_left(engine, pollux, static_host):
    server = pollux({"cors": {"origins": ["https://elsewhere.example"]}})
    reader = Page(engine, static_host.url("/page.html")).read(server.url("/channels/x"))
    reader.wait(lambda: reader.states and reader.states[-1] == "closed", 30, "it is closed")
    assert "open" not in reader.states


@pytest.mark.parametrize("engine", [Chromium, Firefox], indirect=True, ids=lambda engine: engine.name)
def test_a_browser_that_asks_others_only_by_xdomainrequest_uses_it(engine, server, static_host, channel):
    """As Internet Explorer 8 and 9 do, for which something else of ours stands in."""
    assert_reads(engine, server, static_host.url("/page.html?without=EventSource,fetch,cors"), channel, "xdr")


@pytest.mark.parametrize("engine", [QtWebKit], indirect=True, ids=lambda engine: engine.name)
def test_an_old_browser_shows_the_date_by_polling(engine, server, page):
    reader = Page(engine, f"{page}?without=EventSource,fetch,progress").read(server.url("/channels/date"), ["date"], patience=300)
    reader.wait(lambda: len(reader.seen) >= 3, 10, "three dates")
    dates = [json.loads(event["data"])["date"] for event in reader.seen]
    assert dates == sorted(dates) and len(set(dates)) == len(dates)
    assert reader.transport in ("poll-sse", "poll")


@pytest.mark.parametrize("engine", [QtWebKit], indirect=True, ids=lambda engine: engine.name)
def test_an_old_browser_shows_the_date_on_the_front_page(engine, pollux):
    """It has no ES modules, of which the page is made for others."""
    server = pollux({"sources": [{"channel": "date", "kind": "clock", "every": "1s"}]})
    engine.open(server.url("/"))

    def date():
        found = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", engine.run("return document.body.innerText"))
        return found and found.group()

    first = eventually(date, 10, "a date")
    eventually(lambda: date() > first, 10, "the next date")
