"""A road on which requests meet with accidents: an HTTP/1.1 proxy that can lose an answer, hold it, or refuse a request.

It opens a connection to the server for each request and closes both after the answer, so that each connection is one
request, and an open stream can be counted.
"""

import collections
import re
import select
import socket
import threading
import time

from line import Line
from listener import Listener, break_off, reset
from wire import eventually


class Request(collections.namedtuple("Request", "method target head body time", defaults=[0])):
    @property
    def selection(self):
        """The query, or the form of a POST to `/events`."""
        return self.body.decode() if self.target == "/events" else self.target

    def field(self, name):
        """Of the head, without blanks around it; None where there is none."""
        found = re.search(rb"(?im)^%s:[ \t]*([^\r]*?)[ \t]*\r$" % name.encode(), self.head)
        return found and found[1].decode("latin-1")

    @property
    def is_stream(self):
        return self.target.partition("?")[0] == "/events" and "transport=poll" not in self.selection


class MeddlingProxy(Listener):
    def __init__(self, server):
        self.server = server
        self.requests = []
        self.answers = []  # (request, status, when by the monotonic clock), of those that were passed on
        self.open_streams = []  # (selection, client)
        self.most_streams = 0
        self.up, self.down = Line(), Line()
        self.most_open = self.open = 0  # requests at once
        self.accidents = []  # (method, part of the target, what happens), each for one request
        self.is_cut = False
        self.turned_away = 0  # connections that came while it was cut
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.clients = set()
        super().__init__()

    @property
    def streams(self):
        """The selections of the event streams that are open."""
        with self.lock:
            return [selection for selection, client in self.open_streams if not _has_left(client)]

    # What the tests do to it

    def meddle(self, accident, method="POST", target="/", times=1):
        """The next request with this in its target, or in the form of a POST to `/events`, is served, but its answer is `swallow`ed, not given at all (`hold`), or given as it was
        after `release` (`delay`); or the request is answered with the `bytes` given, or the answer is cut off after so many
        bytes (a number)."""
        with self.lock:
            self.accidents += [(method, target, accident)] * times

    def cut(self):
        """Reset all connections, and all that come, until `mend`."""
        self.is_cut = True
        with self.lock:
            clients = list(self.clients)
        for client in clients:
            break_off(client)  # and its thread closes it

    def await_attempt(self):
        """Until somebody has tried the road that is cut, from now on."""
        before = self.turned_away
        eventually(lambda: self.turned_away > before, 60, "an attempt")

    def mend(self):
        self.is_cut = False

    def release(self):
        self.released.set()

    def made(self, method, part=""):
        """The requests so far that have this method, and this in their target."""
        with self.lock:
            return [request for request in self.requests if request.method == method and part in request.target]

    # What it does

    def serve(self, client):
        with self.lock:
            if self.is_cut:
                self.turned_away += 1
                return reset(client)
            self.clients.add(client)
        try:
            request = _read_request(client, self.up)
            if request:
                self.answer(client, request)
        except OSError:
            pass
        finally:
            with self.lock:
                self.clients.discard(client)
            client.close()

    def answer(self, client, request):
        accident = self.note(request)
        if isinstance(accident, bytes):
            return client.sendall(accident)
        with socket.create_connection(self.server.address) as upstream:
            upstream.sendall(request.head + request.body)
            if accident is None or isinstance(accident, int):
                return self.pass_on(upstream, client, request, accident)
            answer = b"".join(iter(lambda: upstream.recv(65536), b""))
        if accident == "hold":
            client.recv(1)  # until it gives up
        if accident == "delay":
            self.released.wait(30)
            client.sendall(answer)

    def note(self, request):
        """Remember the request, and say what is to happen to it."""
        with self.lock:
            self.requests.append(request)
            for accident in self.accidents:
                method, part, what = accident
                if request.method == method and (part in request.target or part in request.selection):
                    self.accidents.remove(accident)
                    return what
        return None

    def note_answer(self, request, data):
        status = re.match(rb"HTTP/1\.1 (\d+)", data)
        with self.lock:
            self.answers.append((request, int(status[1]) if status else None, time.monotonic()))

    def pass_on(self, upstream, client, request, most=None):
        is_stream, is_answered = request.is_stream, False
        with self.lock:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        entry = (request.selection, client)
        if is_stream:
            with self.lock:
                self.open_streams.append(entry)
            self.most_streams = max(self.most_streams, len(self.streams))
        try:
            while True:
                for source in select.select([upstream, client], [], [])[0]:
                    data = source.recv(self.down.piece)
                    if source is client or not data:
                        return
                    self.down.carry(len(data))
                    if not is_answered:
                        self.note_answer(request, data)
                        is_answered = True
                    if most is not None and (most := most - len(data)) < 0:
                        return break_off(client)
                    client.sendall(data)
        finally:
            with self.lock:
                self.open -= 1
                if is_stream:
                    self.open_streams.remove(entry)


def _read_request(client, line):
    """One request, with `Connection: close`; None where the client has none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(line.piece)
        if not more:
            return None
        line.carry(len(more))
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]):
        more = client.recv(line.piece)
        if not more:
            return None
        line.carry(len(more))
        body += more
    method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
    head = re.sub(rb"\r\nconnection:[^\r]*", b"", head, flags=re.IGNORECASE) + b"\r\nConnection: close\r\n\r\n"
    return Request(method, target, head, body, time.monotonic())


def _has_left(client):
    """Whether a client has closed its connection, also where the thread that serves it has not seen that yet."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
