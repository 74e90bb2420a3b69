"""Requests as browsers and odd clients make them, and the ways to look at a server's side of a connection."""

import socket
import time
from pathlib import Path

from h2.errors import ErrorCodes

from http2 import request_fields
from wire import Disconnected, assert_problem, eventually, request_bytes

# What the native EventSource of each engine sends of itself.
CHROMIUM, FIREFOX, WEBKIT = ({"User-Agent": f"Mozilla/5.0 (X11; Linux x86_64{rest}", "Cache-Control": "no-cache"} for rest in (
    ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    "; rv:153.0) Gecko/20100101 Firefox/153.0",
    ") AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"))


def pairs_of(headers):
    return list(headers.items()) if isinstance(headers, dict) else list(headers)


def ask_as(client, authority, method="GET", target="/healthz", headers=(), body=None):
    """Ask with this authority: `Host` of HTTP/1.1, `:authority` of HTTP/2. None where HTTP/2 refuses by an error of the stream."""
    headers = pairs_of(headers)
    if client.road.alpn != "h2":
        with client.connect() as connection:
            connection.send(request_bytes(method, target, [("Host", authority), *headers], body))
            return connection.read_answer(method)
    with client.connect(checks_requests=False) as connection:
        fields = request_fields(method, target, headers, body, connection.scheme, authority)
        return answer_to(connection, fields, body)


def answer_to(connection, fields, body=None):
    """The answer to these fields over a connection of HTTP/2; None where it is an error of the stream, and of that alone."""
    exchange = connection.begin(fields, ends=not body)
    if body:
        connection.send_body(exchange, body)
    try:
        return connection.answer_of(exchange)
    except Disconnected:
        assert exchange.error == ErrorCodes.PROTOCOL_ERROR, exchange.error
        assert connection.goaway is None and not connection.is_over, "the connection went with it"
        return None


def assert_refused(answer, *statuses):
    """A problem with one of these statuses, or (RFC 9113, 8.1.1) an error of the stream: see `answer_to`."""
    if answer is not None:
        assert_problem(answer, *(statuses or (400,)))


def raw(client, data, timeout=10.0):
    """Send bytes over HTTP/1, and read one answer; the connection is left to the caller."""
    connection = client.connect(timeout)
    try:
        connection.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # answered before it had read all; the answer is still to be read
    return connection, connection.read_answer()


def answer_to_bytes(client, data, timeout=10.0):
    connection, answer = raw(client, data, timeout)
    connection.close()
    return answer


def until_read(connection, timeout=10.0):
    """Wait until the server has read all that was sent so far (or is gone), as the kernel tells it."""
    eventually(lambda: not _unread(connection), timeout, "the server reads")


def is_held_by_server(connection):
    """Whether the server has a descriptor for its end of this connection; an end that it closed has none, though bytes may be left in it."""
    mine, _ = _ends(connection)
    return mine is not None and mine[9] != "0"


def _unread(connection):
    """Bytes on their way to the server or waiting in its socket."""
    mine, client = _ends(connection)
    waiting = int(mine[4].rpartition(":")[2], 16) if mine else 0
    sending = int(client[4].partition(":")[0], 16) if client and mine else 0
    return waiting + sending


def _ends(connection):
    """The lines of /proc/net/tcp about the server's end and the client's, as lists of their fields; None for one that is gone."""
    pair = connection.socket.getpeername()[1], connection.socket.getsockname()[1]
    ends = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ends[tuple(int(address.rpartition(":")[2], 16) for address in fields[1:3])] = fields
    return ends.get(pair), ends.get(pair[::-1])


class Throttled:
    """A socket that takes so many bytes a second for so many seconds, and then all it can get.

    The rate goes by the clock: a process that is woken late takes at once what it was late with.
    """

    def __init__(self, whole, rate, seconds):
        self._whole, self._rate, self._piece = whole, rate, rate // 16
        self._begun = time.monotonic()
        self._ends = self._begun + seconds
        self._taken = 0

    @classmethod
    def over(cls, connection, rate, seconds):
        connection.socket = cls(connection.socket, rate, seconds)
        return connection.socket

    @property
    def is_slow(self):
        return time.monotonic() < self._ends

    def recv(self, most):
        if not self.is_slow:
            return self._whole.recv(most)
        due = self._begun + (self._taken + self._piece) / self._rate
        time.sleep(max(0, due - time.monotonic()))
        data = self._whole.recv(min(most, self._piece))
        self._taken += len(data)
        return data

    def __getattr__(self, name):
        return getattr(self._whole, name)


def half_close(connection):
    """Nothing more will be sent, and what comes is still read."""
    connection.socket.shutdown(socket.SHUT_WR)
