"""`Public/eventsource.js` as an object: its URL, its listeners, its end, and where it can be used.

As far as the standard says it, the browser's own EventSource is put to the same tests.
"""

import itertools
import json
import subprocess
import time

import pytest

from event_sources import LOST, MAKERS, OPEN, SCRIPT, WAITS, log_of, logged, message, open_page, start
from scripted_server import Answer


def outcome(page, expression):
    """The name of the error that this throws, or what it gives."""
    return page.execute_script(f"try {{ return {expression} }} catch (error) {{ return [error.name, error instanceof Error || error instanceof DOMException] }}")


@pytest.mark.parametrize("class_", ["EventSource", "PolluxEventSource"])
@pytest.mark.parametrize("arguments, name", [("'http://[::1'", "SyntaxError"), ("'//'", "SyntaxError"), ("", "TypeError")])
def test_a_wrong_url_is_an_error_at_once(page, class_, arguments, name):
    assert outcome(page, f"new {class_}({arguments})") == [name, True]


# Of these the web-platform-tests have the first ones; Chromium's own passes over some.
NO_URLS = ["http://this is invalid/", "http://example.com:demo/", "http://[::1/", "http://[::1", "http://a b/", "http://a%20b/", "http://", "//",
           "https://a<b/", "http://[1.2.3]]/", "http://user@/", "http://a:1:2/", "http://exa|mple/x"]
URLS = ["", "/x", "?a b", "#x", "//a.example/x y", "http://a.example:8080/x", "http://user:pass@a.example/", "http://[::1]:1/", "https://größe.example/",
        "HTTP://A.example:/", "http://127.0.0.1/@:|", "mailto:x@example.org", "data:text/plain,x y"]


@pytest.mark.parametrize("has_url", [True, False], ids=["URL", "no URL"])
def test_what_is_no_url_is_a_syntax_error_and_no_other(driver, scripted, has_url):
    open_page(driver, scripted.url("/"), "" if has_url else "window.URL = undefined;")
    for url in NO_URLS:
        assert outcome(driver, f"new PolluxEventSource({json.dumps(url)}).url") == ["SyntaxError", True], url
    for url in URLS:
        assert outcome(driver, f"new PolluxEventSource({json.dumps(url)}).url === new EventSource({json.dumps(url)}).url") is True, url
    driver.get("about:blank")


@pytest.mark.parametrize("class_", ["EventSource", "PolluxEventSource"])
def test_it_is_a_constructor(page, class_):
    assert outcome(page, f"{class_}('/')") == ["TypeError", True]
    assert page.execute_script(f"const own = new {class_}('/x'); own.close(); return [{class_}, own].map(each => [each.CONNECTING, each.OPEN, each.CLOSED])") == [[0, 1, 2]] * 2
    for name in ("close", "addEventListener", "removeEventListener", "dispatchEvent"):
        assert outcome(page, f"typeof {class_}.prototype.{name}") == "function"


@pytest.mark.parametrize("maker", MAKERS)
def test_it_begins_connecting_with_an_absolute_url(page, scripted, maker):
    states = page.execute_script(f"""
        const options = {{}}, url = 'sub/../script?a=b#c', source = {MAKERS[maker]};
        const first = [source.readyState, source.url, source.withCredentials, source.onopen, source.onmessage, source.onerror];
        source.close();
        return [first, source.readyState];
    """)
    assert states == [[0, scripted.url("/script?a=b#c"), False, None, None, None], 2]


@pytest.mark.parametrize("maker", MAKERS)
def test_a_base_element_counts(page, scripted, maker):
    script = scripted.script(Answer((b"data: a\n\n",)), path="/base/script")
    page.execute_script("document.head.insertAdjacentHTML('beforeend', '<base href=\"/base/\">')")
    start(page, maker, "script")
    logged(page, 2)
    assert page.execute_script("return source.url") == script.url


@pytest.mark.parametrize("maker", MAKERS)
def test_close_in_a_listener_is_the_last_that_is_heard(page, scripted, maker):
    for type, expected in (("open", [OPEN]), ("message", [OPEN, message("a")]), ("error", [OPEN, message("a"), message("b"), LOST])):
        page.execute_script("log.length = 0")
        script = scripted.script(Answer((b"retry: 20\ndata: a\n\ndata: b\n\n", 0.05), "clean"))
        start(page, maker, script, then=f"source.addEventListener('{type}', () => source.close())")
        assert logged(page, len(expected)) == expected
        time.sleep(0.15)
        assert log_of(page) == expected and len(script.asked) == 1
        assert page.execute_script("return source.readyState") == 2


@pytest.mark.parametrize("maker", MAKERS)
def test_close_ends_the_connection_and_fires_nothing(page, scripted, maker):
    pieces = tuple(itertools.chain.from_iterable((b"data: a\n\n", 0.02) for _ in range(500)))
    start(page, maker, scripted.script(Answer(pieces)))
    logged(page, 2)
    count = page.execute_script("source.close(); source.close(); return log.length")
    time.sleep(0.2)
    assert len(log_of(page)) == count and page.execute_script("return source.readyState") == 2


LISTENERS = """
    const [url, done] = arguments, order = [], source = window.source = MAKER;
    const first = () => { order.push('first'); source.removeEventListener('message', second); source.addEventListener('message', late); };
    const second = () => order.push('second');
    const late = () => order.push('late');
    const object = {handleEvent(event) { order.push('object', this === object, event.target === source, event.currentTarget === source); }};
    const before = new AbortController(), during = new AbortController();
    source.addEventListener('message', first);
    source.addEventListener('message', first);
    source.addEventListener('message', second);
    source.addEventListener('message', () => order.push('once'), {once: true});
    source.addEventListener('message', null);
    source.addEventListener('message', object);
    source.addEventListener('message', function (event) { order.push('this', this === source, event instanceof MessageEvent, event.bubbles, event.cancelable); });
    source.addEventListener('message', () => { throw new Error('of a listener'); });
    source.addEventListener('message', () => order.push('aborted before'), {signal: before.signal});
    before.abort();
    source.addEventListener('message', () => order.push('aborted already'), {signal: before.signal});
    source.addEventListener('message', () => { order.push('aborts'); during.abort(); }, {signal: during.signal});
    source.addEventListener('message', () => order.push('aborted during'), {signal: during.signal});
    source.addEventListener('message', late, {signal: new AbortController().signal, once: true});
    source.addEventListener('message', () => { order.push('last'); });
    source.onerror = () => { source.close(); setTimeout(() => done([order, errors]), 50); };
    const errors = [];
    window.onerror = text => { errors.push(text); return true; };
"""

# Also where EventTarget has no constructor, and the script has its own.
LISTENING = [*MAKERS, "no EventTarget"]


@pytest.mark.parametrize("maker", LISTENING)
def test_listeners_are_called_as_the_dom_says(driver, scripted, maker):
    open_page(driver, scripted.url("/"), "window.EventTarget = undefined;" if maker == "no EventTarget" else "")
    script = scripted.script(Answer((b"data: a\n\ndata: b\n\n", 0.1), "clean"))
    order, errors = driver.execute_async_script(LISTENERS.replace("MAKER", "(options => " + MAKERS.get(maker, MAKERS["fetch"]) + ")({})"), script.url)
    rest = ["object", True, True, True, "this", True, True, False, False]
    assert order == ["first", "once", *rest, "aborts", "late", "last", "first", *rest, "last"]
    assert len(errors) == 2, "they are reported"


@pytest.mark.parametrize("class_", ["EventSource", "PolluxEventSource"])
def test_it_is_an_event_target(page, class_):
    """Of the browser, so that everything an EventTarget can do works, and whatever asks for one takes it."""
    assert page.execute_script(f"""
        const own = new {class_}('/x'), other = new (class extends {class_} {{}})('/x'), heard = [];
        own.close();
        other.close();
        own.addEventListener('x', event => {{ heard.push('first', event.eventPhase, event.composedPath()[0] === own); event.stopImmediatePropagation(); }});
        own.addEventListener('x', () => heard.push('second'));
        const event = new Event('x', {{cancelable: true}});
        own.addEventListener('y', event => event.preventDefault());
        return [own instanceof EventTarget, own instanceof {class_}, own.constructor === {class_}, other instanceof {class_},
          own.dispatchEvent(event), own.dispatchEvent(new Event('y', {{cancelable: true}})), event.target === own, ...heard];
    """) == [True, True, True, True, True, False, True, "first", 2, True]


@pytest.mark.parametrize("maker", MAKERS)
def test_handlers_are_listeners_in_the_order_in_which_they_were_first_set(page, scripted, maker):
    start(page, maker, scripted.script(WAITS), then="""
        window.heard = [];
        const hear = name => () => { heard.push(name); };
        source.addEventListener('message', hear('first'));
        source.onmessage = hear('not any more');
        source.addEventListener('message', hear('third'));
        source.onmessage = hear('second');
        source.onopen = hear('open');
        source.onopen = null;
        source.onerror = 5;
        source.dispatchEvent(new MessageEvent('message', {data: ''}));
        source.dispatchEvent(new Event('open'));
        source.dispatchEvent(new Event('error'));
        source.onmessage = null;
        source.onmessage = hear('last');
        source.dispatchEvent(new MessageEvent('message', {data: ''}));
        window.set = [typeof source.onmessage, source.onopen, source.onerror];
    """)
    assert page.execute_script("return heard") == ["first", "second", "third", "first", "third", "last"]
    assert page.execute_script("return set") == ["function", None, None]


@pytest.mark.parametrize("maker", MAKERS)
def test_handlers_are_called_and_can_be_replaced(page, scripted, maker):
    script = scripted.script(Answer((b"data: a\n\n", 0.1, b"data: b\n\n", 0.1, b"event: x\ndata: c\n\n"), "clean"))
    start(page, maker, script, then="""
        window.heard = [];
        source.onopen = function (event) { heard.push('open', this === source, event.type); };
        source.onmessage = event => { heard.push(event.data); source.onmessage = other => heard.push('other ' + other.data); };
        source.onerror = event => { heard.push(event.type); source.close(); };
        source.onx = event => heard.push('no such handler');
    """)
    logged(page, 4)
    assert page.execute_script("return heard") == ["open", True, "open", "a", "other b", "error"]


@pytest.mark.parametrize("maker", MAKERS)
def test_events_of_ones_own_can_be_dispatched(page, scripted, maker):
    start(page, maker, scripted.script(WAITS), ["x"])
    assert page.execute_script("return source.dispatchEvent(new MessageEvent('x', {data: 'mine'}))") is True
    assert ("x", "mine", "") in log_of(page)


@pytest.mark.parametrize("maker", MAKERS)
def test_a_listener_that_comes_later_is_heard(page, scripted, maker):
    start(page, maker, scripted.script(Answer((b":\n", 0.3, b"event: later\ndata: a\n\n"))))
    logged(page, 1)
    page.execute_script("for (let i = 0; i < 2; i += 1) { source.addEventListener('later', note); source.removeEventListener('later', note); source.addEventListener('later', note); }")
    assert logged(page, 2)[1:] == [message("a", type="later")], "once"


# Elsewhere than in a page


@pytest.mark.parametrize("maker", MAKERS)
def test_it_works_in_a_worker(page, scripted, maker):
    script = scripted.script(Answer((b"retry: 50\nid: 1\ndata: a\n\n",), "clean"), Answer((b"data: b\n\n",)))
    page.execute_script(f"""
        const code = `importScripts('${{location.origin}}/eventsource.js');
          const url = ${{JSON.stringify(arguments[0])}}, options = {{}}, source = {MAKERS[maker]};
          for (const type of ['open', 'error', 'message'])
            source.addEventListener(type, event => postMessage(event.data === undefined ? [type, source.readyState] : [type, event.data, event.lastEventId]));`;
        new Worker(URL.createObjectURL(new Blob([code]))).onmessage = event => log.push(event.data);
    """, script.url)
    assert logged(page, 5) == [OPEN, message("a", "1"), LOST, OPEN, message("b", "1")]


def test_it_can_be_imported_as_a_module(driver, scripted):
    driver.get(scripted.url("/"))
    assert driver.execute_async_script("import('/eventsource.js').then(() => arguments[0](typeof PolluxEventSource), error => arguments[0](String(error)))") == "function"


def test_it_becomes_the_eventsource_of_a_browser_without_one_only(driver, scripted):
    open_page(driver, scripted.url("/"))
    assert driver.execute_script("return EventSource === PolluxEventSource") is False
    open_page(driver, scripted.url("/"), "delete window.EventSource;")
    assert driver.execute_script("return EventSource === PolluxEventSource && 'EventSource' in window") is True
    assert driver.execute_script("const source = new EventSource('/x'); source.close(); return source.transport") == "fetch"


def test_it_is_es3_and_small():
    check = "require('/usr/share/nodejs/acorn').parse(require('fs').readFileSync(0, 'utf8'), {ecmaVersion: 3, allowReserved: 'never'})"
    done = subprocess.run(["node", "-e", check], input=SCRIPT.read_bytes(), capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert len(SCRIPT.read_bytes()) < 31 * 1024
