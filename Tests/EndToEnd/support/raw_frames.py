"""HTTP/2 frame by frame, without the manners of a library (RFC 9113; header blocks by hpack)."""

import select
import ssl
import time

from hpack import Decoder, Encoder

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4
PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR = 1, 3, 5, 6
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 7, 8, 9, 11
HIGHEST_STREAM = 2**31 - 1
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def settings(**values):
    numbers = {"table": HEADER_TABLE_SIZE, "window": INITIAL_WINDOW_SIZE, "streams": MAX_CONCURRENT_STREAMS}
    return b"".join(numbers[name].to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in values.items())


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def window_update(stream, by):
    return frame(WINDOW_UPDATE, 0, stream, by.to_bytes(4, "big"))


class Peer:
    """One HTTP/2 connection over a connection of wire.py, plain or TLS. What comes back is kept by kind."""

    def __init__(self, connection, initial=b"", greet=True):
        self.connection = connection
        self.socket = connection.socket
        self.socket.setblocking(False)
        self.encoder, self.decoder = Encoder(), Decoder()
        self.buffer = bytearray()
        self.reading = True
        self.sent = 0
        self.ended = None  # "closed" or "reset"
        self.goaway = None  # its code, if it tells of an error
        self.last_streams = []  # named by each GOAWAY with NO_ERROR, which only announces the end
        self.pings = []  # contents of those that were not acknowledged
        self.resets = {}  # code by stream
        self.heads = {}  # a dict by stream
        self.bodies = {}  # bytes by stream
        self.done = set()  # streams that the server ended
        self.acks = {PING: 0, SETTINGS: 0}
        self.server_settings = None
        if greet:
            self.send(PREFACE + frame(SETTINGS, payload=initial))
            self.until(lambda: self.server_settings is not None, 5)
            self.send(frame(SETTINGS, ACK))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    @property
    def over(self):
        return self.ended is not None or self.goaway is not None

    def block(self, path="/healthz", method="GET", extra=()):
        head = [(":method", method), (":scheme", "https"), (":authority", "pollux.test"), (":path", path), *extra]
        return self.encoder.encode(head, huffman=False)

    def request(self, stream, path="/healthz", method="GET", extra=(), end=True):
        return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.block(path, method, extra))

    def send(self, data, timeout=10):
        """Send, and read meanwhile; True if all of it was taken before the connection was over."""
        return self._turn(memoryview(bytes(data)), lambda: False, timeout)

    def until(self, condition, timeout=5):
        """Read until the condition holds or the connection ends; whether it holds."""
        self._turn(memoryview(b""), condition, timeout, wait=True)
        return condition()

    def acknowledge_pings(self):
        pings, self.pings = self.pings, []
        return self.send(b"".join(frame(PING, ACK, payload=payload) for payload in pings))

    def until_over(self, timeout=5):
        return self.until(lambda: self.over, timeout)

    def until_closed(self, timeout=5):
        return self.until(lambda: self.ended is not None, timeout)

    def flood(self, pieces, timeout=10):
        """Send pieces until the connection is over, all are sent, or the server takes no more for the rest of the time."""
        deadline = time.monotonic() + timeout
        for piece in pieces:
            if self.over or not self.send(piece, deadline - time.monotonic()):
                return False
        return not self.over

    def _turn(self, data, condition, timeout, wait=False):
        deadline = time.monotonic() + timeout
        while self.ended is None and not condition() and (wait or data):
            moved = False
            if data:
                try:
                    count = self.socket.send(data[: 1 << 16])
                    self.sent += count
                    data = data[count:]
                    moved = True
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    pass
                except (BrokenPipeError, ConnectionResetError, ssl.SSLError, OSError):
                    data = memoryview(b"")
                    if not self.reading:
                        self.ended = "reset"
            if self.reading and self._receive():
                moved = True
            if self.over and not wait:
                return False
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if not moved:
                select.select([self.socket] if self.reading else [], [self.socket] if data else [], [], min(left, 0.2))
        return not data and self.ended is None

    def _receive(self):
        try:
            data = self.socket.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError, OSError):
            self.ended = "reset"
            return True
        if not data:
            self.ended = "closed"
            return True
        self.buffer += data
        while len(self.buffer) >= 9 and len(self.buffer) >= 9 + (size := int.from_bytes(self.buffer[:3], "big")):
            head, payload = bytes(self.buffer[:9]), bytes(self.buffer[9 : 9 + size])
            del self.buffer[: 9 + size]
            self._take(head[3], head[4], int.from_bytes(head[5:9], "big"), payload)
        return True

    def _take(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            pairs = (payload[at : at + 6] for at in range(0, len(payload), 6))
            self.server_settings = {int.from_bytes(p[:2], "big"): int.from_bytes(p[2:], "big") for p in pairs}
        elif kind == PING and not flags & ACK:
            self.pings.append(payload)
        elif kind in (SETTINGS, PING):
            self.acks[kind] += 1
        elif kind == GOAWAY:
            code = int.from_bytes(payload[4:8], "big")
            if code == 0:
                self.last_streams.append(int.from_bytes(payload[:4], "big"))
            else:
                self.goaway = code
        elif kind == RST_STREAM:
            self.resets[stream] = int.from_bytes(payload, "big")
        elif kind == HEADERS:
            head = dict(self.decoder.decode(payload))
            if head.get(":status") != "100":
                self.heads.setdefault(stream, head)
        elif kind == DATA:
            self.bodies[stream] = self.bodies.get(stream, b"") + payload
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.done.add(stream)

    def status(self, stream):
        return int(self.heads.get(stream, {}).get(":status", 0))

    def outcome(self):
        return f"GOAWAY {self.goaway}" if self.goaway is not None else self.ended or "lives"
