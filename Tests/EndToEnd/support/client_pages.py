"""Pages with the client, `pollux.js`, in Chromium: what the tests of it have in common.

A module takes the fixtures by importing them: `driver`, `folder`, `server`, `proxy`, `tabs`, `page`.
"""

import contextlib
import itertools
import shutil
import threading

import pytest

import engines
from harness import PUBLIC, Server, running
from meddling_proxy import MeddlingProxy
from wire import eventually

BLANK = "<!doctype html><title>blank</title><link rel=icon href=data:,>"

UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
PROBLEM = b'{"title": "No", "status": 404, "detail": "Never."}'
REFUSED = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n" % len(PROBLEM) + PROBLEM
)

HELPERS = """
window.seen = {}; window.gaps = []; window.errors = []; window.states = [];
window.begin = async (url, options) => {
  const { Pollux } = await import(window.library || './pollux.js');
  window.pollux = new Pollux(url ?? undefined, options);
  pollux.addEventListener('statechange', () => states.push(pollux.state));
};
window.read = (name, options) => {
  const channel = pollux.channel(name, options);
  seen[name] = [];
  channel.on('*', event => seen[name].push([event.type, event.data, event.id]));
  channel.on('gap', event => gaps.push([name, event.detail]));
  channel.on('error', event => errors.push([name, event.detail.status, event.detail.title, event.detail.detail]));
  return channel.ready();
};
"""


class Refused(Exception):
    """What a script of the page threw."""

    def __init__(self, error):
        super().__init__(error["text"])
        self.title, self.detail, self.status = error["title"], error["detail"], error["status"]


class Page:
    """A tab with the client in it."""

    def __init__(self, driver, handle):
        self.driver = driver
        self.handle = handle

    def run(self, script, *arguments):
        """The body of an async function, and what it returns."""
        self.driver.switch_to.window(self.handle)
        answer = self.driver.execute_async_script("""
            const [source, values, done] = arguments;
            const run = new (Object.getPrototypeOf(async () => {}).constructor)('...values', source);
            run(...values).then(value => done({ value: value ?? null }), error => done({ error: {
              text: String(error), title: error.title, detail: error.detail, status: error.status } }));
        """, script, arguments)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["value"]

    def open(self, url, options=None, server=None, library=None):
        self.driver.switch_to.window(self.handle)
        self.driver.get(url)
        self.driver.execute_script(HELPERS)
        self.run("window.library = values[0]; await begin(values[1], values[2])", library, server, options or {})
        return self

    def read(self, name, since=None):
        self.run("await read(...values)", name, {"since": since} if since else {})

    def publish(self, name, data, **options):
        return self.run("return pollux.channel(values[0]).publish(values[1], values[2])", name, data, options)

    def seen(self, name):
        """(type, data, id) of the events so far."""
        return [tuple(event) for event in self.run("return seen[values[0]]", name)]

    def data(self, name):
        return [data for _, data, _ in self.seen(name)]

    def await_events(self, name, count, timeout=20):
        try:
            return eventually(lambda: (events := self.seen(name)) and len(events) >= count and events, timeout)
        except AssertionError as late:
            raise AssertionError(f"{late}: {count} events of {name}, saw {len(seen := self.data(name))}, …{seen[-20:]}; {self.about()}") from None

    def await_open(self):
        eventually(lambda: self.about()["state"] == "open", 20, "the stream is open")

    def about(self):
        return self.run("return { state: pollux.state, role: pollux.role, transport: pollux.transport, gaps, errors }")

    def close(self):
        self.driver.switch_to.window(self.handle)
        self.driver.close()


@pytest.fixture(scope="module")
def driver():
    driver = engines.chromium_driver()
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The public folder, and a page in it without scripts of its own."""
    folder = tmp_path_factory.mktemp("client") / "public"
    shutil.copytree(PUBLIC, folder)
    (folder / "blank.html").write_text(BLANK, "utf-8")
    return folder


@pytest.fixture(scope="module")
def server(binary, folder):
    with running(Server(binary, folder.parent, {"publicFolder": str(folder)})) as server:
        yield server


@pytest.fixture
def proxy(server):
    """Each test has an origin of its own by it, and with it its own locks and storage."""
    proxy = MeddlingProxy(server)
    yield proxy
    proxy.close()


@pytest.fixture
def tabs(driver, proxy):
    """Opens tabs: `tabs()` gives one more. One stays for the next test."""
    opened = []

    def new_tab(**options):
        driver.switch_to.window(driver.window_handles[0])
        driver.switch_to.new_window("tab")
        page = Page(driver, driver.current_window_handle)
        opened.append(page)
        return page.open(proxy.url("/blank.html"), **options)

    yield new_tab
    for page in opened:
        if page.handle in driver.window_handles:
            page.close()
    driver.switch_to.window(driver.window_handles[0])


@pytest.fixture
def page(tabs):
    return tabs()


@contextlib.contextmanager
def publishing(server, *channels, interval=0.02):
    """Publishes numbers on the channels in turn, in the background; gives the list of what each was sent."""
    sent = {name: [] for name in channels}
    ends = threading.Event()

    def publish():
        for number in itertools.count():
            name = channels[number % len(channels)]
            server.publish(name, str(number))
            sent[name].append(str(number))
            if ends.wait(interval):
                return

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        ends.set()
        thread.join()
