"""A real browser: its own EventSource and XMLHttpRequest, from the same origin and from another."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engines import chromium_driver
from harness import channel_path
from proxy import Proxy
from wire import eventually


SCRIPT = """
window.seen = []; window.states = [];
window.watch = (url, types) => {
  const source = window.source = new EventSource(url);
  const note = event => seen.push([event.type, event.data, event.lastEventId, event.origin]);
  for (const type of ['message', 'pollux.gap', ...types]) source.addEventListener(type, note);
  source.onopen = () => states.push('open');
  source.onerror = () => states.push(source.readyState === EventSource.CLOSED ? 'closed' : 'error');
};
"""


@pytest.fixture(scope="session")
def browser():
    driver = chromium_driver(keeps_log=True)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    """A public folder that holds a page without scripts of its own, which would take connections."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "blank.html").write_text("<!doctype html><title>blank</title>", "utf-8")
    return {"publicFolder": str(folder)}


@pytest.fixture
def server(module_server):
    return module_server


@pytest.fixture(scope="session")
def blank():
    """A page of another origin."""

    class Blank(BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<!doctype html><title>blank</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy(server):
    proxy = Proxy(server)
    yield proxy
    proxy.close()


@pytest.fixture(params=["same origin", "cross origin"])
def page(request, browser, server, blank):
    """A page with the script above, of the server's own origin or of another."""
    if request.param == "cross origin":
        return open_page(browser, blank)
    return open_page(browser, server.url("/blank.html"))


@pytest.fixture
def foreign_page(browser, blank):
    return open_page(browser, blank)


def open_page(browser, url):
    browser.get(url)
    browser.execute_script(SCRIPT)
    return browser


def watch(page, url, *types):
    page.execute_script("watch(arguments[0], arguments[1])", url, types)
    eventually(lambda: "open" in page.execute_script("return states"), 10, f"{url} opens")


def seen(page, count, timeout=20):
    """The first `count` events that were dispatched: (type, data, lastEventId)."""
    try:
        eventually(lambda: page.execute_script("return seen.length") >= count, timeout, f"{count} events")
    except AssertionError as late:
        raise AssertionError(f"{late}; saw {page.execute_script('return seen')}, {page.execute_script('return states')}") from None
    return [tuple(each[:3]) for each in page.execute_script("return seen")]


def ask(page, url, **options):
    """fetch(): (status, headers that the script may see, text), or the error's text."""
    return page.execute_async_script("""
        const [url, options, done] = arguments;
        fetch(url, options).then(async response => done({status: response.status, headers: Object.fromEntries(response.headers), text: await response.text()}))
          .catch(error => done({error: String(error)}));
    """, url, options)


# EventSource


def test_an_eventsource_receives_events_with_types_ids_and_data(page, server, channel):
    watch(page, server.url(channel_path(channel)), "price", "größe")
    events = [("message", "plain"), ("price", '{"eur":12}'), ("message", "two\nlines"), ("größe", "grüße 🎺"), ("message", ""), ("message", " blank first")]
    ids = [server.publish(channel, data, type) for type, data in events]
    assert seen(page, len(events)) == [(type, data, id) for (type, data), id in zip(events, ids)]
    assert page.execute_script("return states") == ["open"]
    origins = {each[3] for each in page.execute_script("return seen")}
    assert origins == {server.url("")}


def test_an_eventsource_reconnects_with_its_cursor_after_a_clean_end(page, server, channel):
    watch(page, server.url(channel_path(channel) + "?budget=250"))
    ids = [server.publish(channel, f"event {number} " + "x" * 60) for number in range(4)]
    assert [each[2] for each in seen(page, 4)] == ids
    assert page.execute_script("return states").count("open") >= 2
    assert len(page.execute_script("return seen")) == 4, "none twice"


def test_an_eventsource_that_breaks_before_its_first_event_loses_nothing(foreign_page, server, proxy, channel):
    """The opening block gave it a cursor, though nothing was dispatched."""
    watch(foreign_page, proxy.url(channel_path(channel)))
    eventually(lambda: b"id: " in proxy.received, 5, "the opening block")
    assert foreign_page.execute_script("return seen") == []
    proxy.cut()
    ids = [server.publish(channel, str(number)) for number in range(3)]
    assert [(data, id) for _, data, id in seen(foreign_page, 3)] == [(str(number), id) for number, id in enumerate(ids)]
    assert b"Last-Event-ID: " in proxy.sent


def test_an_eventsource_whose_connection_breaks_in_the_middle_loses_and_repeats_nothing(foreign_page, server, proxy, channel):
    watch(foreign_page, proxy.url(channel_path(channel)))
    ids = [server.publish(channel, str(number)) for number in range(3)]
    seen(foreign_page, 3)
    proxy.cut()
    ids += [server.publish(channel, str(number)) for number in range(3, 6)]
    assert [each[2] for each in seen(foreign_page, 6)] == ids


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_an_eventsource_is_told_of_the_gap_after_a_restart(foreign_page, pollux, way):
    server = pollux()
    watch(foreign_page, server.url("/channels/x"))
    old = [server.publish("x", f"old {number}") for number in range(2)]
    seen(foreign_page, 2)
    getattr(server, way)()
    server.start()
    new = [server.publish("x", f"new {number}") for number in range(2)]
    events = seen(foreign_page, 5, timeout=45)
    assert [each[2] for each in events[:2]] == old and [each[2] for each in events[3:]] == new
    assert events[2][0] == "pollux.gap"
    assert json.loads(events[2][1]) == {"reason": "epoch", "after": old[1], "resumedAt": new[0]}
    assert "closed" not in foreign_page.execute_script("return states")


def test_several_channels_come_over_one_eventsource(page, server, channel):
    watch(page, server.url(f"/events?channel={channel}&channel={channel}-b&envelope=json"))
    ids = [server.publish(channel, "one", "price"), server.publish(channel + "-b", "two")]
    events = seen(page, 2)
    assert [(each[0], each[2]) for each in events] == [("message", id) for id in ids]
    assert [json.loads(each[1]) for each in events] == [{"channel": channel, "event": "price", "data": "one"}, {"channel": channel + "-b", "event": "message", "data": "two"}]


def test_an_eventsource_that_polls_by_poll_sse_gets_every_event_once(page, server, channel):
    page.execute_script("watch(arguments[0], [])", server.url(channel_path(channel) + "?transport=poll-sse&wait=1"))
    eventually(lambda: "open" in page.execute_script("return states"), 10)
    ids = []
    for number in range(4):
        ids.append(server.publish(channel, str(number)))
        seen(page, number + 1)
    assert [each[2] for each in seen(page, 4)] == ids


# XMLHttpRequest


def test_xhr_polls_json_in_a_loop(page, server, channel):
    page.execute_script("""
        const url = arguments[0];
        window.gaps = []; window.cursors = [];
        (function poll(query) {
          const xhr = new XMLHttpRequest();
          xhr.open('GET', url + query);
          xhr.setRequestHeader('Accept', 'application/json');
          xhr.onload = () => {
            const answer = JSON.parse(xhr.responseText);
            cursors.push([answer.next, xhr.getResponseHeader('Last-Event-ID')]);
            gaps.push(answer.gap);
            for (const event of answer.events) seen.push([event.event, event.data, event.id]);
            poll('?lastEventId=' + encodeURIComponent(answer.next) + '&limit=2');
          };
          xhr.onerror = () => states.push('error');
          xhr.send();
        })('?wait=0');
    """, server.url(channel_path(channel)))
    eventually(lambda: page.execute_script("return cursors.length") >= 1, 10)
    ids = []
    for number in range(7):
        ids.append(server.publish(channel, f"grüße {number}", "price"))
        if number % 3 == 0:
            seen(page, number + 1)
    assert seen(page, 7) == [("price", f"grüße {number}", id) for number, id in enumerate(ids)]
    assert page.execute_script("return states") == [] and set(page.execute_script("return gaps")) == {None}
    assert all(one == other for one, other in page.execute_script("return cursors")), "the header is exposed"


def test_xhr_reads_a_stream_as_it_grows(page, server, channel):
    page.execute_script("""
        const xhr = window.xhr = new XMLHttpRequest();
        window.pieces = []; let length = 0;
        xhr.open('GET', arguments[0]);
        xhr.onprogress = () => { pieces.push(xhr.responseText.substring(length)); length = xhr.responseText.length; };
        xhr.onload = () => states.push('load');
        xhr.onerror = () => states.push('error');
        xhr.send();
    """, server.url(channel_path(channel) + "?transport=sse&evs_preamble=2056&budget=2700&open=id"))
    eventually(lambda: page.execute_script("return pieces.join('').includes('\\nid: ')"), 10, "the opening block")
    ids = []
    for number in range(3):
        ids.append(server.publish(channel, f"event {number}"))
        block = f"data: event {number}\nid: {ids[-1]}\n\n"
        eventually(lambda: block in page.execute_script("return pieces.join('')"), 10, block)
        assert page.execute_script("return states") == [], "the answer is not over yet"
    pieces = page.execute_script("return pieces")
    assert all(piece.endswith("\n") for piece in pieces), f"a piece ends within a line: {pieces}"
    while not page.execute_script("return states"):
        server.publish(channel, "x" * 200)
    assert page.execute_script("return states") == ["load"], "it ends in good order"
    assert page.execute_script("return xhr.responseText.length") <= 2700


# writing


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"])
def test_a_simple_request_writes_without_a_preflight(foreign_page, server, proxy, channel, content_type):
    body = "data=gr%C3%BC%C3%9Fe" if "form" in content_type else "grüße"
    answer = ask(foreign_page, proxy.url(channel_path(channel)), method="POST", body=body, headers={"Content-Type": content_type})
    assert answer.get("status") == 201, answer
    assert json.loads(answer["text"])["id"] == answer["headers"]["last-event-id"]
    assert [line.split()[0] for line in proxy.requests()] == ["POST"], "no OPTIONS came before it"
    assert [each["data"] for each in server.events(channel_path(channel))] == ["grüße"]


def test_a_beacon_writes_without_a_preflight(foreign_page, server, proxy, channel):
    assert foreign_page.execute_script("return navigator.sendBeacon(arguments[0], 'goodbye')", proxy.url(channel_path(channel)))
    eventually(lambda: server.events(channel_path(channel)), 10, "the beacon")
    assert [line.split()[0] for line in proxy.requests()] == ["POST"]


def test_json_with_a_key_is_written_after_a_preflight(foreign_page, server, proxy, channel):
    options = {"method": "POST", "body": '{"eur": 12}', "headers": {"Content-Type": "application/json", "Idempotency-Key": "k-1"}}
    first = ask(foreign_page, proxy.url(channel_path(channel)), **options)
    again = ask(foreign_page, proxy.url(channel_path(channel)), **options)
    assert (first.get("status"), again.get("status")) == (201, 200), (first, again)
    assert again["headers"]["idempotency-replayed"] == "true" and first["text"] == again["text"]
    methods = [line.split()[0] for line in proxy.requests()]
    assert methods[0] == "OPTIONS" and methods.count("POST") == 2
    assert methods.count("OPTIONS") == 1, "the preflight is remembered for its 7,200 seconds"


def test_a_script_of_another_origin_can_read_an_error(foreign_page, server, channel):
    answer = ask(foreign_page, server.url(channel_path(channel)), method="POST", body="{", headers={"Content-Type": "application/json"})
    assert answer.get("status") == 400, answer
    assert json.loads(answer["text"])["status"] == 400


def test_a_script_of_another_origin_deletes_after_a_preflight(foreign_page, server, channel):
    server.publish(channel, "gone soon")
    assert ask(foreign_page, server.url(channel_path(channel)), method="DELETE").get("status") == 204
    assert server.events(channel_path(channel)) == []


def test_an_allow_list_keeps_others_out_and_lets_its_own_in(browser, blank, pollux):
    origin = blank.rstrip("/")
    for origins, allowed in (([origin], True), (["https://elsewhere.example"], False)):
        server = pollux({"cors": {"origins": origins}})
        page = open_page(browser, blank)
        answer = ask(page, server.url("/channels/x"), method="POST", body="x", credentials="include", headers={"Content-Type": "text/plain"})
        assert (answer.get("status") == 201) == allowed, answer
        assert len(server.events("/channels/x")) == (1 if allowed else 0)
        page.execute_script("watch(arguments[0], [])", server.url("/channels/x"))
        state = eventually(lambda: page.execute_script("return states"), 10)
        assert state[0] == ("open" if allowed else "closed"), state


def test_the_front_page_loads_without_an_error_in_its_console(browser, pollux):
    server = pollux()
    if server.call("GET", "/").status != 200:
        pytest.skip("there is no front page yet")
    browser.get_log("browser")  # forget what earlier tests left
    browser.get(server.url("/"))
    eventually(lambda: browser.execute_script("return document.readyState") == "complete", 10)
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == [], severe
