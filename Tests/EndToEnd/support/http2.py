"""HTTP/2 as a strict client speaks it: what `wire` offers, over the streams of one connection.

The library h2 reads and writes the frames, and all its checks of what comes in stay on: what RFC 9113
forbids is an error here. An *exchange* is one request with its answer, on an HTTP/2 stream of its own;
*stream* alone means an event stream, as everywhere.
"""

import ssl
import time
from collections import deque

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (ConnectionTerminated, DataReceived, InformationalResponseReceived, ResponseReceived,
                       StreamEnded, StreamReset, TrailersReceived)
from h2.settings import SettingCodes, Settings

import wire
from wire import Disconnected, Ending, open_socket

# RFC 9113, 8.2.2: these are about a connection, and an answer that has one of them is malformed.
FORBIDDEN_FIELDS = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"}


class Answer(wire.Answer):
    """The head of an answer, and its body once that was read."""

    def __init__(self, fields):  # not `super().__init__`: there is no line to take apart
        names = [name for name, _ in fields]
        assert names[0] == ":status" and not any(name.startswith(":") for name in names[1:]), f"pseudo-headers: {fields}"
        assert all(name == name.lower() for name in names), f"a name that is not in lower case: {fields}"
        assert not FORBIDDEN_FIELDS & set(names), f"a field that HTTP/2 has not: {fields}"
        self.version, self.status, self.reason = "HTTP/2", int(fields[0][1]), ""
        self.line = f"HTTP/2 {self.status}"
        self.headers = fields[1:]
        self.body = b""


class Exchange:
    """What has come of the answer to one request."""

    def __init__(self, id, method):
        self.id = id
        self.method = method
        self.interim = []
        self.head = None
        self.frames = deque()  # contents of the DATA frames that nobody has read yet
        self.ended = None  # "clean" by END_STREAM, or "cut" by RST_STREAM or the end of the connection
        self.error = None  # the code of the server's RST_STREAM
        self.is_stalled = False  # its window is not opened again for what comes
        self.owed = 0  # bytes that came meanwhile


class Frames(H2Connection):
    """h2 takes GOAWAY for the end of all; a server that stops in good order ends its streams after it (RFC 9113, 6.8)."""

    def _receive_goaway_frame(self, frame):
        if frame.error_code != ErrorCodes.NO_ERROR:
            return super()._receive_goaway_frame(frame)
        event = ConnectionTerminated()
        event.error_code, event.last_stream_id = ErrorCodes.NO_ERROR, frame.last_stream_id
        return [], [event]


def request_fields(method, target, headers=(), body=None, scheme="https", authority="localhost"):
    """A request's fields. As in `wire.request_bytes`, Content-Length is added."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    fields = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", target)]
    fields += [(name.lower(), value) for name, value in pairs]
    if body is not None and not any(name == "content-length" for name, _ in fields):
        fields.append(("content-length", str(len(body))))
    return [(name.encode("utf-8"), value.encode("utf-8")) for name, value in fields]


class Connection(Ending):
    """One connection, with TLS or by prior knowledge; requests are sent at once, their answers read in that order.

    `window` is what an exchange, and `connection_window` what all of them together may send before it is read
    (65,535 bytes at least). They are wide unless a test wants them narrow, so that no batch is cut by them.
    """

    def __init__(self, address, timeout=10.0, receive_buffer=None, tls=None, window=1 << 22, connection_window=1 << 26,
                 checks_requests=True):
        self.timeout = timeout
        self.scheme = "http" if tls is None else "https"
        self.socket = open_socket(address, timeout, receive_buffer, tls)
        assert tls is None or self.socket.selected_alpn_protocol() == "h2", "the server did not choose h2"
        self.h2 = Frames(H2Configuration(header_encoding="utf-8", validate_outbound_headers=checks_requests,
                                         normalize_outbound_headers=checks_requests))
        self.h2.local_settings = Settings(client=True, initial_values={
            SettingCodes.ENABLE_PUSH: 0, SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.h2.initiate_connection()
        if connection_window > 65535:
            self.h2.increment_flow_control_window(connection_window - 65535)
        self.exchanges = {}
        self.asked = deque()  # the exchanges whose answers nobody has read yet
        self.goaway = None  # the code of the server's GOAWAY
        self.is_over = False
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # sending

    def flush(self):
        data = self.h2.data_to_send()
        if not data:
            return
        try:
            self.socket.settimeout(self.timeout)
            self.socket.sendall(data)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            pass  # what the server said before is still to be read

    def ask(self, method, target, headers=(), body=None, version="2"):
        """Send a request, whole unless the server ends it early."""
        assert version == "2"
        fields = request_fields(method, target, headers, body, self.scheme)
        exchange = self.begin(fields, ends=not body)
        if body:
            self.send_body(exchange, body)
        return exchange

    def begin(self, fields, ends):
        """Send the head of a request, these fields and no others; `ends` says that nothing follows."""
        method = dict(fields).get(b":method", b"").decode("latin-1")
        exchange = Exchange(self.h2.get_next_available_stream_id(), method)
        self.exchanges[exchange.id] = exchange
        self.asked.append(exchange)
        self.h2.send_headers(exchange.id, fields, end_stream=ends)
        self.flush()
        return exchange

    def send_body(self, exchange, body, ends=True):
        deadline = time.monotonic() + self.timeout
        at = 0
        while at < len(body):
            if exchange.ended:
                if exchange.ended == "clean" and exchange.error is None and not self.is_over:
                    self.reset_exchange(exchange)
                return
            room = min(self.h2.local_flow_control_window(exchange.id), self.h2.max_outbound_frame_size, len(body) - at)
            if room <= 0:
                self.fill(deadline)
                continue
            self.h2.send_data(exchange.id, body[at : at + room], end_stream=ends and at + room == len(body))
            self.flush()
            at += room

    def reset_exchange(self, exchange, code=ErrorCodes.CANCEL):
        """RST_STREAM: this exchange alone is given up."""
        self.h2.reset_stream(exchange.id, code)
        exchange.ended = exchange.ended or "cut"
        self.flush()

    # receiving

    def fill(self, deadline):
        """Wait for more frames; False at the end of the connection, TimeoutError at the deadline."""
        if self.is_over:
            return False
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing more came")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            data = b""
        except TimeoutError:
            raise TimeoutError("nothing more came") from None
        if not data:
            self.is_over = True
            for exchange in self.exchanges.values():
                exchange.ended = exchange.ended or "cut"
            return False
        for event in self.h2.receive_data(data):
            self.take_in(event)
        self.flush()
        return True

    def take_in(self, event):
        if isinstance(event, ConnectionTerminated):
            self.goaway = event.error_code
            return
        exchange = self.exchanges.get(getattr(event, "stream_id", None))
        if exchange is None or exchange.ended == "cut":
            return
        assert not isinstance(event, TrailersReceived), f"fields after the content: {event.headers}"
        if isinstance(event, InformationalResponseReceived):
            exchange.interim.append(Answer(event.headers))
        elif isinstance(event, ResponseReceived):
            exchange.head = Answer(event.headers)
        elif isinstance(event, DataReceived):
            assert exchange.method != "HEAD" or not event.data, "an answer to HEAD with content"
            if event.data:
                exchange.frames.append(event.data)
            if exchange.is_stalled:
                exchange.owed += event.flow_controlled_length
            else:
                self.h2.acknowledge_received_data(event.flow_controlled_length, exchange.id)
        elif isinstance(event, StreamEnded):
            exchange.ended = "clean"
        elif isinstance(event, StreamReset):
            assert event.remote_reset, f"h2 refuses what came: {event}"
            exchange.error = event.error_code
            exchange.ended = exchange.ended or "cut"

    def unstall(self, exchange):
        """Open the window for what has come, and for what will."""
        exchange.is_stalled = False
        if exchange.owed:
            self.h2.acknowledge_received_data(exchange.owed, exchange.id)
        exchange.owed = 0
        self.flush()

    def read_frame(self, exchange, deadline):
        """The content of the next DATA frame of this answer; None at its end, however it ended."""
        while not exchange.frames and not exchange.ended:
            self.fill(deadline)
        return exchange.frames.popleft() if exchange.frames else None

    def head_of(self, exchange, timeout=None) -> Answer:
        deadline = time.monotonic() + (timeout or self.timeout)
        while exchange.head is None and not exchange.ended:
            self.fill(deadline)
        if exchange.head is None:
            raise Disconnected(f"no answer: {exchange.error!r}")
        return exchange.head

    def answer_of(self, exchange, timeout=None) -> Answer:
        """The whole answer to this request."""
        deadline = time.monotonic() + (timeout or self.timeout)
        answer = self.head_of(exchange, timeout)
        while not exchange.ended:
            self.fill(deadline)
        if exchange.ended == "cut":
            raise Disconnected(f"an answer that was cut: {exchange.error!r}")
        assert exchange.error in (None, ErrorCodes.NO_ERROR), f"a whole answer, and then {exchange.error!r}"
        answer.body = b"".join(exchange.frames)
        exchange.frames.clear()
        return answer

    def read_head(self, timeout=None) -> Answer:
        """The head of the answer to the first request that has not had one."""
        return self.head_of(self.asked.popleft(), timeout)

    def read_answer(self, method="GET", timeout=None) -> Answer:
        """The whole answer to the first request that has not had one."""
        return self.answer_of(self.asked.popleft(), timeout)

    def call(self, method, target, headers=(), body=None, version="2", timeout=None):
        exchange = self.ask(method, target, headers, body, version)
        self.asked.remove(exchange)
        return self.answer_of(exchange, timeout)

    def has_input(self, seconds=0.0):
        """Whether there is anything of an answer, or the end of the connection, within so many seconds."""
        deadline = time.monotonic() + max(seconds, 0.001)
        try:
            while not self.is_over and not any(each.head or each.interim or each.ended for each in self.asked):
                self.fill(deadline)
            return True
        except TimeoutError:
            return False

    def reset(self):
        """Close with a RST instead of a FIN."""
        wire.Connection.reset(self)

    def close(self):
        self.socket.close()


class Stream(wire.Stream):
    """A reader of one event stream, over a connection of its own or beside others (`connection`)."""

    def __init__(self, address, target, headers=(), version="2", method="GET", body=None, timeout=10.0, accept=True,
                 connection=None, is_stalled=False, **options):
        self.is_alone = connection is None
        self.is_stalled = is_stalled
        self.connection = connection or Connection(address, timeout, **options)
        self.begin(method, target, headers, body, version, timeout, accept)
        self.chunked = True  # DATA frames are its chunks

    def ask(self, method, target, headers, body, version, timeout):
        self.exchange = self.connection.ask(method, target, headers, body, version)
        self.exchange.is_stalled = self.is_stalled
        self.connection.asked.remove(self.exchange)
        return self.connection.head_of(self.exchange, timeout)

    def pump(self, deadline):
        """Read one DATA frame."""
        data = self.connection.read_frame(self.exchange, deadline)
        if data is None:
            self.ended = self.exchange.ended
            return
        self.take_in(data)
        # A batch that is larger than a frame may be cut where a frame is full.
        if not self.parser.at_rest and len(data) < self.connection.h2.max_inbound_frame_size:
            self.whole_chunks = False

    def close(self):
        """Close the connection; beside others, end this stream alone."""
        if self.is_alone:
            self.connection.close()
        elif not self.exchange.ended:
            self.connection.reset_exchange(self.exchange)
