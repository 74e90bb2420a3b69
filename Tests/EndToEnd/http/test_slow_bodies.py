"""Content that comes slowly: taken while it comes at a least rate, and refused when it only drips or stops."""

import time

import pytest

from harness import channel_path
from http2 import request_fields
from wire import Disconnected, assert_problem

CONFIGURATION = {"limits": {"bodyTimeout": "2s", "headTimeout": "2s", "bodySize": "8MB", "batchSize": "8MB"}}
LINE = b'{"data":"' + b"x" * 1013 + b'"}\n'  # with its line end 1,025 bytes


class Upload:
    """A batch on its way to the server, in pieces, over HTTP/1.1 or HTTP/2."""

    def __init__(self, server, channel, length, chunked=False):
        self.connection = server.connect(timeout=20)
        self.chunked = chunked
        self.exchange = None
        if server.road.alpn == "h2":
            fields = request_fields("POST", channel_path(channel), {"content-type": "application/x-ndjson", "content-length": str(length)})
            self.exchange = self.connection.begin(fields, ends=False)
            self.connection.asked.remove(self.exchange)
        else:
            framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {length}"
            self.connection.send(f"POST {channel_path(channel)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n{framing}\r\n\r\n".encode())

    @property
    def is_answered(self):
        if self.exchange is None:
            return self.connection.has_input()
        try:
            self.connection.fill(time.monotonic() + 0.002)
        except TimeoutError:
            pass
        return self.exchange.head is not None or self.exchange.ended is not None

    def send(self, piece, ends=False):
        try:
            if self.exchange is not None:
                self.connection.send_body(self.exchange, piece, ends)
            elif self.chunked:
                self.connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n" + (b"0\r\n\r\n" if ends else b""))
            else:
                self.connection.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer is still to be read

    def answer(self):
        return self.connection.read_answer() if self.exchange is None else self.connection.answer_of(self.exchange)

    def drip(self, content, rate, most=60):
        """Send the content at so many bytes a second, unless it is answered before or took the most seconds.

        After a pause of this process more is sent at once, so that a busy machine does not make the client slower.
        """
        begun, at = time.monotonic(), 0
        while at < len(content) and not self.is_answered and time.monotonic() - begun < most:
            time.sleep(0.1)
            due = min(len(content), int(rate * (time.monotonic() - begun)))
            self.send(content[at:due], due == len(content))
            at = due


ways = pytest.mark.parametrize("road, chunked", [("http1", False), ("http1", True), ("h2", False)], ids=["a length", "chunks", "HTTP2"])


@ways
def test_slow_but_steady_content_is_taken_however_long_it_takes(module_server, channel, road, chunked):
    """20 KB at 4 KB a second, which are more than two of the time limits."""
    content = LINE * 20
    upload = Upload(module_server.over(road), channel, len(content), chunked)
    upload.drip(content, 4 * 1024)
    answer = upload.answer()
    assert answer.status == 201 and len(answer.json()["ids"]) == 20, answer
    upload.connection.close()


@ways
def test_large_content_at_a_steady_rate_is_taken(module_server, channel, road, chunked):
    content = LINE * 512
    upload = Upload(module_server.over(road), channel, len(content), chunked)
    upload.drip(content, 100 * 1024)
    answer = upload.answer()
    assert answer.status == 201 and len(answer.json()["ids"]) == 512, answer
    upload.connection.close()


@ways
def test_content_that_only_drips_is_408(module_server, channel, road, chunked):
    """100 bytes a second are never silent for as long as the limit, and are no upload."""
    content = LINE * 20
    upload = Upload(module_server.over(road), channel, len(content), chunked)
    begun = time.monotonic()
    upload.drip(content, 100, most=15)
    assert_408(upload)
    assert time.monotonic() - begun < 14, "it could drip on"
    assert module_server.events(channel_path(channel)) == []


@ways
@pytest.mark.parametrize("sent", [0, 5000])
def test_content_that_stops_is_408(module_server, channel, road, chunked, sent):
    upload = Upload(module_server.over(road), channel, 20 * len(LINE), chunked)
    if sent:
        upload.send((LINE * 20)[:sent])
    assert_408(upload)
    assert module_server.events(channel_path(channel)) == []


@ways
def test_what_came_fast_at_first_does_not_pay_for_a_drip_later(module_server, channel, road, chunked):
    """The rate is asked of every such time, not of the whole."""
    content = LINE * 1000
    upload = Upload(module_server.over(road), channel, len(content) + 20 * len(LINE), chunked)
    upload.send(content)
    upload.drip(LINE * 20, 100, most=15)
    assert_408(upload)


def assert_408(upload):
    try:
        assert_problem(upload.answer(), 408)
    except Disconnected:
        pytest.fail("cut without an answer")
    finally:
        upload.connection.close()


def test_a_head_has_its_time_as_a_whole(module_server):
    """However steadily it comes: a head is small."""
    with module_server.connect(timeout=20) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        begun = time.monotonic()
        while not connection.has_input(0.1) and time.monotonic() - begun < 15:
            try:
                connection.send(b"X: " + b"y" * 200 + b"\r\n")
            except (BrokenPipeError, ConnectionResetError):
                break
        assert_problem(connection.read_answer(), 408)
