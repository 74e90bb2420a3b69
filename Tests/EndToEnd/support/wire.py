"""HTTP/1 and text/event-stream, byte by byte, as a strict client sees them.

Nothing here forgives: a chunk that is cut, a CR in a stream, an event that is spread over two
chunks or a head that cannot be parsed is an error. The clients that do forgive are other people's
(test_clients.py); these helpers exist so that a test can send what no library would send and see
what no library would show.
"""

import json
import select
import socket
import ssl
import struct
import time
from collections import deque
from typing import NamedTuple, Optional

STREAM = "text/event-stream"
PROBLEM = "application/problem+json"


class Event(NamedTuple):
    """What a reader is given; `id` is None where the block had no `id:` line."""

    id: Optional[str]
    type: str
    data: str


class Disconnected(Exception):
    """The server closed or reset the connection where an answer was still due."""


class Answer:
    """One HTTP answer; `body` is filled in by `Connection.read_answer`."""

    def __init__(self, head: bytes):
        line, *fields = head.decode("latin-1").split("\r\n")
        self.line = line
        self.version, status, *reason = line.split(" ", 2)
        assert self.version in ("HTTP/1.1", "HTTP/1.0") and len(status) == 3, f"no status line: {line!r}"
        self.status = int(status)
        self.reason = reason[0] if reason else ""
        self.headers = []
        for field in fields:
            name, colon, value = field.partition(":")
            assert colon and name and name == name.strip(), f"no header field: {field!r}"
            self.headers.append((name.lower(), value.strip(" \t")))
        self.body = b""

    def header(self, name):
        """All values of a field, joined as RFC 9110 5.3 joins them; None if it is not there."""
        values = [value for each, value in self.headers if each == name.lower()]
        return ", ".join(values) if values else None

    def tokens(self, name):
        """A comma-separated field as a set, in lower case."""
        return {token.strip().lower() for token in (self.header(name) or "").split(",") if token.strip()}

    @property
    def media_type(self):
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def __repr__(self):
        return f"<{self.line} {self.headers} {self.body[:400]!r}>"


def request_bytes(method, target, headers=(), body=None, version="1.1", host="pollux.test"):
    """A request as bytes. `headers` is a dict or a list of pairs; Host and Content-Length are added."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {name.lower() for name, _ in pairs}
    if "host" not in names:
        pairs.insert(0, ("Host", host))
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        pairs.append(("Content-Length", str(len(body))))
    head = f"{method} {target} HTTP/{version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return head.encode("utf-8") + b"\r\n" + (body or b"")


def open_socket(address, timeout, receive_buffer=None, tls=None):
    """A connected socket; with `tls`, an `ssl.SSLContext`, after its handshake."""
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(timeout)
        plain.connect(address)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return plain
        # An end without close_notify shall be an error here: it may be a cut (RFC 8446, 6.1).
        return tls.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
    except BaseException:
        plain.close()
        raise


class Ending:
    """A connection whose `fill(deadline)` reads on, and returns false at its end."""

    def is_closed_within(self, seconds):
        """Whether the server ends the connection within so many seconds (whatever it still says)."""
        deadline = time.monotonic() + seconds
        try:
            while self.fill(deadline):
                pass
            return True
        except TimeoutError:
            return False


class Connection(Ending):
    """One TCP connection to the server, with or without TLS."""

    def __init__(self, address, timeout=10.0, receive_buffer=None, tls=None):
        self.timeout = timeout
        self.socket = open_socket(address, timeout, receive_buffer, tls)
        assert tls is None or self.socket.selected_alpn_protocol() in (None, "http/1.1")
        self.was_cut = False  # TLS only: the connection ended without close_notify
        self.buffer = bytearray()
        self.interim = []  # the 1xx answers that came before the last answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def ask(self, method, target, headers=(), body=None, version="1.1"):
        self.send(request_bytes(method, target, headers, body, version))

    def call(self, method, target, headers=(), body=None, version="1.1", timeout=None):
        self.ask(method, target, headers, body, version)
        return self.read_answer(method, timeout)

    def fill(self, deadline):
        """Wait for more bytes; False at the end of the connection, TimeoutError at the deadline."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"nothing more came; so far {bytes(self.buffer[:300])!r}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError):
            return False
        except ssl.SSLEOFError:
            self.was_cut = True
            return False
        except socket.timeout:
            raise TimeoutError(f"nothing more came; so far {bytes(self.buffer[:300])!r}") from None
        self.buffer += data
        return bool(data)

    def read_until(self, end: bytes, deadline, most=1 << 20):
        start = 0
        while (at := self.buffer.find(end, start)) < 0:
            start = max(0, len(self.buffer) - len(end) + 1)
            assert len(self.buffer) < most, f"no {end!r} within {most} bytes"
            if not self.fill(deadline):
                raise Disconnected(f"closed after {bytes(self.buffer[:300])!r}")
        found = bytes(self.buffer[:at])
        del self.buffer[: at + len(end)]
        return found

    def read_exactly(self, count, deadline):
        while len(self.buffer) < count:
            if not self.fill(deadline):
                raise Disconnected(f"closed {count - len(self.buffer)} bytes too early")
        found = bytes(self.buffer[:count])
        del self.buffer[:count]
        return found

    def read_head(self, timeout=None) -> Answer:
        deadline = time.monotonic() + (timeout or self.timeout)
        self.interim = []
        while True:
            answer = Answer(self.read_until(b"\r\n\r\n", deadline))
            if answer.status >= 200:
                return answer
            self.interim.append(answer)

    def read_chunk(self, deadline):
        """The content of the next chunk; None for the last one (with its trailers)."""
        line = self.read_until(b"\r\n", deadline, most=4096)
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            while self.read_until(b"\r\n", deadline, most=4096):
                pass
            return None
        content = self.read_exactly(size, deadline)
        assert self.read_exactly(2, deadline) == b"\r\n", "a chunk without its end"
        return content

    def read_answer(self, method="GET", timeout=None) -> Answer:
        """A whole answer, its body by the framing that it names."""
        deadline = time.monotonic() + (timeout or self.timeout)
        answer = self.read_head(timeout)
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        length, coding = answer.header("content-length"), answer.header("transfer-encoding")
        assert not (length and coding), f"two lengths: {answer}"
        if coding:
            assert coding.lower() == "chunked"
            parts = []
            while (part := self.read_chunk(deadline)) is not None:
                parts.append(part)
            answer.body = b"".join(parts)
        elif length is not None:
            answer.body = self.read_exactly(int(length), deadline)
        else:
            while self.fill(deadline):
                pass
            assert not self.was_cut, "the end of the connection is the end of the answer, and TLS says it was cut"
            answer.body, self.buffer = bytes(self.buffer), bytearray()
        return answer

    def has_input(self, seconds=0.0):
        """Whether there are bytes to read, or the end, within so many seconds."""
        if self.buffer:
            return True
        if not isinstance(self.socket, ssl.SSLSocket):
            return bool(select.select([self.socket], [], [], seconds)[0])
        # What a TLS connection says may be for TLS alone, such as a session ticket.
        try:
            self.fill(time.monotonic() + max(seconds, 0.001))
            return True
        except TimeoutError:
            return False

    def reset(self):
        """Close with a RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


class EventStreamParser:
    """WHATWG HTML 9.2.6, narrowed to what Pollux promises: LF only, valid UTF-8, no BOM."""

    def __init__(self):
        self.rest = b""
        self.started = False
        self.last_event_id = ""
        self.retries = []
        self.comments = []
        self.heartbeats = 0  # lines after the first block that carry no event: `retry:` or comments
        self._clear()

    def _clear(self):
        self._id, self._type, self._data = None, "", None

    @property
    def at_rest(self):
        """No event is begun and not yet ended."""
        return not self.rest and self._id is None and not self._type and self._data is None

    def feed(self, data: bytes):
        assert b"\r" not in data, f"a CR in the stream: {data[:200]!r}"
        if not self.started and data:
            assert not data.startswith(b"\xef\xbb\xbf"), "a BOM"
            self.started = True
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            event = self._line(line.decode("utf-8"))
            if event:
                events.append(event)
        return events

    def _line(self, line):
        if not line:
            return self._end_of_block()
        if line.startswith(":"):
            self.comments.append(line)
            return None
        name, colon, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        assert colon and name in ("id", "event", "data", "retry"), f"an unknown line: {line!r}"
        assert self._id is None, f"the id is not the last line of its block: {line!r}"
        if name == "id":
            self._id = value
        elif name == "event":
            assert not self._type and self._data is None, "event is after data, or twice"
            self._type = value
        elif name == "data":
            self._data = value if self._data is None else self._data + "\n" + value
        else:
            assert value.isascii() and value.isdigit(), f"not a reconnection time: {line!r}"
            self.retries.append(int(value))
        return None

    def _end_of_block(self):
        if self._id is not None:
            self.last_event_id = self._id
        event = None
        if self._data is not None:
            event = Event(self._id, self._type or "message", self._data)
        else:
            assert self._id is not None, "an empty block, or one with a type only"
        self._clear()
        return event


class StreamEnded(Exception):
    """The stream ended (`clean` or not) before the event that was waited for."""


class Stream:
    """A reader of one event stream over its own connection."""

    def __init__(self, address, target, headers=(), version="1.1", method="GET", body=None, timeout=10.0,
                 receive_buffer=None, accept=True, tls=None):
        self.connection = Connection(address, timeout, receive_buffer, tls)
        self.begin(method, target, headers, body, version, timeout, accept)
        self.chunked = (self.answer.header("transfer-encoding") or "").lower() == "chunked"
        self.length = self.answer.header("content-length")
        self.left = None if self.length is None else int(self.length)

    def begin(self, method, target, headers, body, version, timeout, accept):
        """Ask, and read the head of the answer."""
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        if accept and not any(name.lower() == "accept" for name, _ in pairs):
            pairs.append(("Accept", STREAM))
        self.answer = self.ask(method, target, pairs, body, version, timeout)
        if self.answer.status != 200 or self.answer.header("content-type") != STREAM:
            self.connection.close()
            raise AssertionError(f"{method} {target[:300]}: not an event stream: {self.answer}")
        self.parser = EventStreamParser()
        self.waiting = deque()
        self.raw = bytearray()
        self.chunks = []
        self.whole_chunks = True
        self.ended = None  # "clean" or "cut"
        self.timeout = timeout

    def ask(self, method, target, headers, body, version, timeout):
        self.connection.ask(method, target, headers, body, version)
        return self.connection.read_head(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def last_event_id(self):
        return self.parser.last_event_id

    def pump(self, deadline):
        """Read one chunk (or what is there, where the stream is not chunked)."""
        connection = self.connection
        try:
            if self.chunked:
                data = connection.read_chunk(deadline)
                if data is None:
                    self.ended = "clean"
                    return
            else:
                if self.left == 0:
                    self.ended = "clean"
                    return
                if not connection.buffer and not connection.fill(deadline):
                    whole = self.left is None and self.parser.at_rest and not connection.was_cut
                    self.ended = "clean" if whole else "cut"
                    return
                data = bytes(connection.buffer[: self.left])
                del connection.buffer[: len(data)]
                if self.left is not None:
                    self.left -= len(data)
        except Disconnected:
            self.ended = "cut"
            return
        self.take_in(data)
        if self.chunked and not self.parser.at_rest:
            self.whole_chunks = False

    def take_in(self, data):
        self.raw += data
        self.chunks.append(data)
        self.waiting.extend(self.parser.feed(data))

    def next(self, timeout=None) -> Event:
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self.waiting:
            if self.ended:
                raise StreamEnded(self.ended)
            self.pump(deadline)
        return self.waiting.popleft()

    def take(self, count, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        return [self.next(deadline - time.monotonic()) for _ in range(count)]

    def rest(self, timeout=None):
        """All events until the server ends the stream."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self.ended:
            self.pump(deadline)
        events = list(self.waiting)
        self.waiting.clear()
        return events

    def until(self, condition, timeout=None):
        """Read on until `condition(self)` holds; events stay waiting."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not condition(self):
            assert not self.ended, f"the stream ended ({self.ended}) before the condition held"
            self.pump(deadline)
        return self

    def opened(self, timeout=None):
        """Read the first bytes, which go out with the head."""
        return self.until(lambda stream: stream.parser.retries, timeout)

    def close(self):
        self.connection.close()

    def reset(self):
        self.connection.reset()


def assert_problem(answer, *statuses, cors="*"):
    """Section 7: an error is problem+json, names itself, and is readable from another origin."""
    assert answer.status in statuses, f"expected {statuses}: {answer}"
    assert answer.media_type == PROBLEM, f"not {PROBLEM}: {answer}"
    problem = answer.json()
    assert problem["status"] == answer.status, problem
    for member in ("type", "title", "detail"):
        assert isinstance(problem.get(member), str) and problem[member], f"no {member}: {problem}"
    assert not any(line.startswith(b"data") for line in answer.body.splitlines()), answer.body
    assert answer.header("access-control-allow-origin") == cors, f"CORS: {answer}"
    return problem


def eventually(condition, timeout=10.0, what="the condition"):
    """Wait until `condition()` is true, and return its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.02)
