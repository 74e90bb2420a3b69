"""`Public/eventsource.js` where the browser does not say what is wrong: a server that does not know CORS, a page that is stopped."""

import pytest

from event_sources import GONE, LOST, MAKERS, OPEN, SEES_ALL, TRANSPORTS, log_of, logged, message, open_page, opens, read, start
from harness import channel_path, free_port
from scripted_server import Answer
from wire import eventually

CONFIGURATION = {"poll": {"jsonp": True}}

# A server of another origin that answers, but lets no page of ours read it; and one that has lost its proxy.
FORBIDS = Answer((b"retry: 20\ndata: secret\n\n",), has_cors=False)
BROKEN = Answer((b"502",), "clean", 502, "text/html", has_cors=False)


@pytest.fixture
def server(module_server):
    return module_server


@pytest.fixture
def foreign(driver, scripted, elsewhere):
    """A page of another origin than `elsewhere`, which notes errors: their messages, and what the console is told."""
    yield open_page(driver, scripted.url("/"), """
      window.told = [];
      window.messages = [];
      window.statuses = [];
      console.error = text => told.push(text);
      const plain = watch;
      window.watch = (source, types) => {
        source.addEventListener('error', event => messages.push(event.message || ''));
        source.addEventListener('error', event => statuses.push(event.status || 0));
        return plain(source, types);
      };
    """)
    driver.get("about:blank")
    elsewhere.release()


def until_closed(page, timeout=30):
    eventually(lambda: page.execute_script("return source.readyState") == 2, timeout, "it is closed")
    return log_of(page)


@pytest.mark.parametrize("path, options", [
    ("/channels/x", {}), ("/channels/x", {"headers": {"X-Mine": "1"}}), ("/channels/x", {"transports": ["xhr"]}),
    ("/channels/x", {"transports": ["poll"], "withCredentials": True}), ("/stream", {}), ("/stream", {"transports": ["fetch"]}),
], ids=str)
def test_a_server_of_another_origin_that_forbids_reading_is_left_and_the_page_is_told_what_would_do(foreign, scripted, elsewhere, path, options):
    script = elsewhere.script(FORBIDS, path=path)
    read(foreign, script.url, options)
    log = until_closed(foreign)
    assert log[-1] == GONE and OPEN not in log
    asked = len(script.asked)
    text = foreign.execute_script("return messages.pop()")
    assert elsewhere.url() in text and scripted.url() in text and "CORS" in text
    assert ("X-Mine" in text) == ("headers" in options) and ("credentials" in text) == ("withCredentials" in options)
    assert [text in line for line in foreign.execute_script("return told")] == [True]
    assert asked <= 10, "and each request for the connection was followed by one without CORS at the most"


def test_a_server_that_cannot_be_reached_is_asked_again_and_again(foreign):
    """A request without CORS fails, too, so that it is the network."""
    read(foreign, f"http://127.0.0.1:{free_port()}/channels/x", {"transports": ["fetch"]})
    assert logged(foreign, 4, 30) == [LOST] * 4


def test_a_proxy_that_fails_without_cors_for_a_moment_is_come_back_to(foreign, elsewhere):
    """Each attempt is two requests: the own one, and one without CORS."""
    script = elsewhere.script(BROKEN, BROKEN, BROKEN, BROKEN, Answer((b"event: pollux.heartbeat\nid: 1-1\ndata: 15\n\ndata: a\n\n",)), path="/channels/y")
    read(foreign, script.url, {"transports": ["fetch"]})
    assert logged(foreign, 4, 30) == [LOST, LOST, OPEN, message("a", "1-1")]


def test_a_server_that_was_read_once_is_not_left_because_a_proxy_does_not_know_cors(foreign, elsewhere):
    first = Answer((b"retry: 20\nevent: pollux.heartbeat\nid: 1-1\ndata: 15\n\n",), "clean")
    script = elsewhere.script(first, *[BROKEN] * 4, Answer((b"event: pollux.heartbeat\ndata: 15\n\ndata: a\n\n",)), path="/channels/z")
    read(foreign, script.url, {"transports": ["fetch"]})
    assert logged(foreign, 8, 60) == [OPEN, *[LOST] * 5, OPEN, message("a", "1-1")]


def test_an_answer_that_says_no_is_told_with_its_status(foreign, elsewhere):
    script = elsewhere.script(Answer((), "clean", 404, "application/problem+json"), path="/channels/w")
    read(foreign, script.url, {"transports": ["fetch"]})
    assert logged(foreign, 1) == [GONE]
    assert "404" in foreign.execute_script("return messages[0]")


DENIED = (b'event: pollux.denied\ndata: {"reason":"expired"}\n\n',)


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr"])
def test_a_right_that_ends_is_told_and_the_401_after_it_is_the_end(foreign, elsewhere, transport):
    first = Answer((b"retry: 20\nevent: pollux.heartbeat\nid: 1-1\ndata: 15\n\n", *DENIED), "clean")
    script = elsewhere.script(first, Answer((b"{}",), "clean", 401, "application/problem+json"), path=f"/channels/denied-{transport}")
    read(foreign, script.url, {"transports": [transport, "fetch"]}, types=["pollux.denied"])
    log = until_closed(foreign)
    assert log[0] == OPEN and log[-1] == GONE
    assert [entry for entry in log if "expired" in str(entry)], "the event was told"
    assert foreign.execute_script("return statuses.pop()") == 401
    asked = [each.target for each in script.asked]
    assert len(asked) == (3 if transport == "native" else 2), "a native source does not tell the status: one by fetch does"
    assert all("lastEventId=1-1" in target for target in asked[1:])


@pytest.mark.parametrize("status, type", [(401, "application/problem+json"), (401, "text/html"), (403, "application/problem+json")])
def test_a_refusal_of_credentials_is_final_and_told_with_its_status(foreign, elsewhere, status, type):
    script = elsewhere.script(Answer((b"{}",), "clean", status, type), path=f"/channels/refused-{status}-{type[:4]}")
    read(foreign, script.url, {"transports": ["fetch", "xhr", "poll"]})
    assert until_closed(foreign) == [GONE]
    assert foreign.execute_script("return statuses") == [status]
    assert len(script.asked) == 1


# window.stop(), and the browser's own button


@pytest.mark.parametrize("maker", [maker for maker in MAKERS if maker != "fetch"])
def test_a_page_that_is_stopped_has_its_stream_closed(page, scripted, maker):
    """By `fetch` a stop looks like any fault of the network, so that it connects again."""
    script = scripted.script(Answer((b"retry: 20\ndata: a\n\n",)))
    start(page, maker, script)
    logged(page, 2)
    page.execute_script("window.stop()")
    assert logged(page, 3) == [OPEN, message("a"), GONE]
    assert len(script.asked) == 1


@pytest.mark.parametrize("transport", ["native", "xhr", "poll-sse", "poll"])
def test_a_page_that_is_stopped_has_what_it_reads_from_pollux_closed(foreign, server, channel, transport):
    others = [each for each in TRANSPORTS if each not in (transport, "xdr")]
    read(foreign, server.url(channel_path(channel)), {"transports": [transport, *others]})
    opens(foreign)
    server.publish(channel, "a")
    logged(foreign, 2)
    foreign.execute_script("window.stop()")
    assert until_closed(foreign)[-1] == GONE
    server.publish(channel, "b")
    assert logged(foreign, 3)[2:] == [GONE]


@pytest.mark.parametrize("maker", SEES_ALL)
def test_a_connection_that_breaks_is_no_stop(page, scripted, maker):
    script = scripted.script(Answer((b"retry: 20\ndata: a\n\n", 0.1), "cut"), Answer((b"data: b\n\n",)))
    start(page, maker, script)
    assert logged(page, 5) == [OPEN, message("a"), LOST, OPEN, message("b")]
