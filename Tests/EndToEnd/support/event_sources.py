"""Pages in Chromium that load `Public/eventsource.js`, and what they log: for the tests of the polyfill.

The fixtures are known to every test, since `conftest.py` names this module as a plugin.
"""

import time

import pytest

from engines import chromium_driver
from harness import PUBLIC
from scripted_server import BLANK, Answer, ScriptedServer, file
from wire import eventually

SCRIPT = PUBLIC / "eventsource.js"

# How a source is made: the browser's own, and the script by the streams that any server knows.
OWN = "browser's own"
MAKERS = {
    OWN: "new EventSource(url, options)",
    "native": "new PolluxEventSource(url, Object.assign({transports: ['native']}, options))",
    "fetch": "new PolluxEventSource(url, Object.assign({transports: ['fetch']}, options))",
    "xhr": "new PolluxEventSource(url, Object.assign({transports: ['xhr']}, options))",
}
SEES_ALL = ["fetch", "xhr"]
TRANSPORTS = ["native", "fetch", "xhr", "poll-sse", "poll", "xdr", "jsonp"]

# XDomainRequest as Internet Explorer 8 had it, as far as a page may tell.
XDR = """
  window.XDomainRequest = function () {
    const xdr = this, xhr = new XMLHttpRequest();
    xdr.contentType = xdr.responseText = '';
    xdr.open = (method, url) => xhr.open(method, url);
    xdr.send = () => xhr.send();
    xdr.abort = () => { xhr.onprogress = xhr.onload = xhr.onerror = null; xhr.abort(); };
    const take = () => {
      xdr.contentType = xhr.getResponseHeader('Content-Type');
      xdr.responseText = xhr.responseText;
    };
    xhr.onprogress = () => { take(); if (xhr.status === 200) xdr.onprogress(); };
    xhr.onload = () => { take(); xhr.status === 200 ? xdr.onload() : xdr.onerror(); };
    xhr.onerror = () => xdr.onerror();
  };
"""

PAGE = """
  window.log = [];
  window.note = event => log.push(event.data === undefined ? [event.type, event.target.readyState] : [event.type, event.data, event.lastEventId]);
  window.watch = (source, types = []) => {
    for (const type of new Set(['open', 'error', 'message', ...types])) source.addEventListener(type, window.note);
    return window.source = source;
  };
"""


@pytest.fixture(scope="session")
def driver():
    # Without the cache of pages gone by, whose connections would count among the six to a host.
    driver = chromium_driver("--disable-features=BackForwardCache")
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def scripted():
    server = ScriptedServer([file(SCRIPT)])
    yield server
    server.close()


@pytest.fixture(scope="module")
def elsewhere():
    """Another origin."""
    server = ScriptedServer()
    yield server
    server.close()


def open_page(driver, url, before=""):
    """A blank page of this origin that has loaded the script, after `before` ran."""
    driver.get(url)
    driver.delete_all_cookies()  # a script with cookies is refused by the server
    driver.execute_script("localStorage.clear();" + PAGE + before)
    assert driver.execute_async_script("""
        const done = arguments[0], script = document.createElement('script');
        script.src = 'eventsource.js';
        script.onload = () => done(typeof PolluxEventSource);
        script.onerror = () => done('not loaded');
        document.head.append(script);
    """) == "function"
    return driver


@pytest.fixture
def page(driver, scripted, elsewhere):
    yield open_page(driver, scripted.url("/"))
    driver.get("about:blank")
    for server in (scripted, elsewhere):
        server.release()


def start(page, maker, script, types=(), options=None, then=""):
    page.execute_script(f"const [url, types, options] = arguments; watch({MAKERS[maker]}, types); {then}",
                        getattr(script, "url", script), list(types), options or {})


def log_of(page):
    return [tuple(entry) for entry in page.execute_script("return log")]


def logged(page, count, timeout=5):
    """The log, when it has so many entries and time enough for one too many has passed."""
    try:
        eventually(lambda: len(log_of(page)) >= count, timeout, f"{count} entries")
    except AssertionError as late:
        raise AssertionError(f"{late}: {log_of(page)}") from None
    time.sleep(0.1)
    return log_of(page)


def message(data, id="", type="message"):
    return (type, data, id)


# Chromium tells XMLHttpRequest of a head together with the first byte.
WAITS = Answer((b":\n",))

OPEN, LOST, GONE = ("open", 1), ("error", 0), ("error", 2)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_bytes(BLANK)
    (folder / "eventsource.js").write_bytes(SCRIPT.read_bytes())
    return folder


@pytest.fixture(params=["same origin", "cross origin"])
def reader(request, driver, server, scripted):
    """A page with everything, of the server's own origin or of another."""
    yield open_page(driver, server.url("/") if request.param == "same origin" else scripted.url("/"), XDR)
    driver.get("about:blank")


@pytest.fixture
def foreign(driver, scripted):
    yield open_page(driver, scripted.url("/"), XDR)
    driver.get("about:blank")


def read(page, url, options=None, types=("pollux.gap", "transportchange")):
    page.execute_script("const [url, options, types] = arguments; watch(new PolluxEventSource(url, options), types)", url, options or {}, list(types))


def opens(page, timeout=15):
    eventually(lambda: page.execute_script("return source.readyState") == 1, timeout, "it opens")


def events(page, count, timeout=15):
    """The messages so far: (data, id), at least `count` of them."""
    def found():
        return [tuple(entry[1:]) for entry in log_of(page) if len(entry) == 3]
    try:
        eventually(lambda: len(found()) >= count, timeout, f"{count} events")
    except AssertionError as late:
        state = page.execute_script("return [source.transport, source.readyState, source.lastEventId]")
        raise AssertionError(f"{late}: {state} {log_of(page)[-20:]}") from None
    return found()
