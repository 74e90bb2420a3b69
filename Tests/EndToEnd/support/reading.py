"""Pages that read by `PolluxEventSource`, where they come from, and what is published to them."""

import shutil
import statistics
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness import PUBLIC
from wire import eventually

PAGES = Path(__file__).with_name("pages")
TRANSPORTS = ("native", "fetch", "xhr", "poll-sse", "poll", "jsonp")  # of browsers that are still to be had


def build_site(folder):
    """A public folder with the scripts of ours, and a page that takes no connection of its own."""
    for file in (*PAGES.iterdir(), *PUBLIC.glob("*.js")):
        shutil.copy(file, folder)
    return folder


class StaticHost:
    """Serves a folder of files, and nothing else: what a page of another origin comes from."""

    def __init__(self, folder):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=folder))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, target):
        return f"http://127.0.0.1:{self._server.server_port}{target}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Publisher:
    """Publishes to a channel what time it is (in milliseconds since 1970), again and again, while its block runs."""

    def __init__(self, server, channel, every=0.03):
        self.ids = []
        self._server, self._channel, self._every = server, channel, every
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._ends.is_set():
            self.ids.append(self._server.publish(self._channel, str(time.time() * 1000)))
            self._ends.wait(self._every)

    def more(self, count):
        """Wait for so many more events; the number of all."""
        enough = len(self.ids) + count
        eventually(lambda: len(self.ids) >= enough or not self._thread.is_alive(), 10, "the publisher")
        assert len(self.ids) >= enough, "the publisher failed"
        return len(self.ids)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()


class Page:
    """The test page in a browser, where event sources can be opened."""

    def __init__(self, engine, url):
        self.engine = engine
        engine.open(url)

    def read(self, url, types=("message", "pollux.gap"), **options):
        """A reader with these options of `PolluxEventSource`."""
        number = self.engine.run("return watch(arguments[0], arguments[1], arguments[2])", url, options, types)
        return Reader(self.engine, number)


class Reader:
    """An event source in a page of a browser."""

    def __init__(self, engine, number):
        self._engine, self._number = engine, number

    def _get(self, expression):
        return self._engine.run(f"var reader = readers[{self._number}]; return {expression}")

    @property
    def seen(self):
        return self._get("reader.seen")

    @property
    def ids(self):
        return self._get("reader.seen.map(function (event) { return event.id; })")

    @property
    def last_event_id(self):
        return self._get("reader.source.lastEventId")

    @property
    def transport(self):
        return self._get("reader.source.transport")

    @property
    def states(self):
        """Of its `open` and `error` events: `open`, `connecting`, `closed`."""
        return self._get("reader.states")

    @property
    def changes(self):
        """The transports that it changed to."""
        return self._get("reader.transports")

    @property
    def is_open(self):
        return self._get("reader.source.readyState") == 1

    def use(self, transport):
        self._get(f"reader.source.use('{transport}')")

    def _report(self):
        """For the message of a failure."""
        return self._get("[reader.source.readyState, reader.source.transport, reader.states, reader.transports, reader.seen.slice(-3)]")

    def wait(self, condition, timeout=15, what="the condition"):
        try:
            return eventually(condition, timeout, what)
        except AssertionError as late:
            raise AssertionError(f"{late}; the reader is at {self._report()}") from None

    def wait_until_open(self, timeout=15):
        self.wait(lambda: self.is_open, timeout, "the reader opens")

    def wait_for(self, id, timeout=15):
        self.wait(lambda: id in self.ids, timeout, f"event {id}")

    def assert_saw_all(self, published, first=0):
        """Each of these once, in order; from this one on at the latest, for a reader begins somewhere in the middle."""
        self.wait_for(published[-1])
        ids = self.ids
        lost, repeated = set(published[first:]) - set(ids), {id for id in ids if ids.count(id) > 1}
        assert not lost and not repeated, f"lost {lost}, repeated {repeated}; the reader is at {self._report()}"
        assert ids == published[-len(ids):], f"not in order, or others: {ids}"

    def time_to_first(self):
        """From the beginning to the first event, in milliseconds."""
        return self._get("reader.seen[0].at - reader.begun")

    def delay(self, transport):
        """From the publishing to the event of a `Publisher`, in milliseconds: the median of what this transport brought."""
        return statistics.median(event["at"] - float(event["data"]) for event in self.seen if event["transport"] == transport)
