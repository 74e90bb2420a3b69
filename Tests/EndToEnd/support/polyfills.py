"""EventSource as people wrote it around 2013, in Python: what they send, and how they read.

Three scripts are re-implemented from their sources (shared/reference/clients.md, A1 to A3), with their faults:

- remy/polyfills: parses each piece of `responseText` alone, by lines, by the beginnings of lines.
- amvtek/EventSource: waits for a double line end, trims, and leaves when 256 KiB are in `responseText`.
- Yaffle/EventSource: a proper parser; puts the cursor into the query, since it may not set headers.

All requests are written out byte for byte, as a browser of that time sends them.
"""

import codecs
import random
import re
import threading
import time

from wire import Connection, Disconnected

IE9 = "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)"
IE10 = "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)"
CHROME = (
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/28.0.1500.72 Safari/537.36"
)
PAGE = "http://page.example"


def _bytes(*lines):
    return ("\r\n".join(line for line in lines if line is not None) + "\r\n\r\n").encode("utf-8")


def remy_request(server, target, last_event_id=None):
    """XMLHttpRequest of Chrome 28, from another origin."""
    return _bytes(
        f"GET {target} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Connection: keep-alive",
        "Cache-Control: no-cache",
        f"Origin: {PAGE}",
        "X-Requested-With: XMLHttpRequest",
        f"User-Agent: {CHROME}",
        "Accept: text/event-stream",
        None if last_event_id is None else f"Last-Event-ID: {last_event_id}",
        f"Referer: {PAGE}/",
        "Accept-Encoding: gzip,deflate,sdch",
        "Accept-Language: en-US,en;q=0.8",
    )


def amvtek_request(server, target, last_event_id=None):
    """XMLHttpRequest of Internet Explorer 10; the header's name is spelled as the script does."""
    return _bytes(
        f"GET {target} HTTP/1.1",
        "X-Requested-With: XMLHttpRequest",
        "Accept: text/event-stream",
        "Cache-Control: no-cache",
        None if last_event_id is None else f"Last-Event-Id: {last_event_id}",
        f"Referer: {PAGE}/",
        "Accept-Language: en-US",
        f"Origin: {PAGE}",
        "Accept-Encoding: gzip, deflate",
        f"User-Agent: {IE10}",
        f"Host: 127.0.0.1:{server.port}",
        "DNT: 1",
        "Connection: Keep-Alive",
    )


def xdomain_request(server, target):
    """XDomainRequest of Internet Explorer 9: a GET whose head the script cannot touch."""
    return _bytes(
        f"GET {target} HTTP/1.1",
        "Accept: */*",
        f"Origin: {PAGE}",
        "Accept-Language: en-US",
        "UA-CPU: AMD64",
        "Accept-Encoding: gzip, deflate",
        f"User-Agent: {IE9}",
        f"Host: 127.0.0.1:{server.port}",
        "Connection: Keep-Alive",
    )


def yaffle_request(server, target):
    """XMLHttpRequest of Chrome 28 with `Accept` only: no preflight."""
    return _bytes(
        f"GET {target} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Connection: keep-alive",
        "Accept: text/event-stream",
        f"Origin: {PAGE}",
        f"User-Agent: {CHROME}",
        f"Referer: {PAGE}/",
        "Accept-Encoding: gzip,deflate,sdch",
        "Accept-Language: en-US,en;q=0.8",
    )


class XMLHttpRequest:
    """One request, and `responseText` as it grows: `progress()` gives what was added, None at the end."""

    def __init__(self, address, request, timeout=10.0):
        self.connection = Connection(address, timeout)
        self.connection.send(request)
        self.answer = self.connection.read_head(timeout)
        allowed = self.answer.header("access-control-allow-origin")
        assert allowed in ("*", PAGE), f"another origin may not read this: {self.answer}"
        assert not self.answer.header("content-encoding"), self.answer
        self.status = self.answer.status
        self.content_type = self.answer.header("content-type") or ""
        self.chunked = (self.answer.header("transfer-encoding") or "") == "chunked"
        length = self.answer.header("content-length")
        self.left = None if length is None else int(length)
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.received = 0
        self.dropped = False

    def progress(self, timeout=10.0):
        deadline = time.monotonic() + timeout
        try:
            if self.chunked:
                data = self.connection.read_chunk(deadline)
            elif self.left == 0 or not (self.connection.buffer or self.connection.fill(deadline)):
                data = None
            else:
                data = bytes(self.connection.buffer[: self.left])
                del self.connection.buffer[: len(data)]
                self.left = None if self.left is None else self.left - len(data)
        except Disconnected:
            self.dropped = True
            data = None
        if data is None:
            self.connection.close()
            return None
        self.received += len(data)
        return self.decoder.decode(data)

    def abort(self):
        self.connection.close()


class Watcher(threading.Thread):
    """Reads a stream to its end and notes when that was, without parsing."""

    def __init__(self, request, begun, what):
        super().__init__(daemon=True, name=what)
        self.request, self.begun = request, begun
        self.text = ""
        self.ended_after = None
        self.start()

    def run(self):
        try:
            while (piece := self.request.progress(timeout=120)) is not None:
                self.text += piece
        except (OSError, TimeoutError):
            self.request.dropped = True
        self.ended_after = time.monotonic() - self.begun


class Message:
    """What a script's listener is handed."""

    def __init__(self, type, data, last_event_id):
        self.type, self.data, self.last_event_id = type, data, last_event_id

    def __repr__(self):
        return f"<{self.type} {self.last_event_id} {self.data!r}>"


class Script:
    """What the three have in common: the loop over connections. `interval` is not slept, only noted."""

    def __init__(self, server, target, last_event_id=None):
        self.server, self.target = server, target
        self.last_event_id = last_event_id
        self.messages = []
        self.interval = 500
        self.connections = 0
        self.largest = 0  # the longest responseText

    def read(self, count, timeout=30.0, cut=None):
        """Run until `count` messages were handed over. `cut()` true: the network breaks at this point."""
        deadline = time.monotonic() + timeout
        while len(self.messages) < count:
            self.connections += 1
            request = self.open()
            self.begin(request)
            while True:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(self.messages)} of {count} messages after {self.connections} connections"
                piece = request.progress(left)
                if piece is None:
                    assert not request.dropped, "the server broke the connection instead of ending it"
                    break
                self.take(piece)
                self.largest = max(self.largest, request.received)
                if len(self.messages) >= count or (cut and cut()) or self.has_enough(request):
                    request.abort()
                    break
        return self.messages

    def begin(self, request):
        pass

    def has_enough(self, request):
        return False


class Remy(Script):
    """remy/polyfills, EventSource.js of 2013."""

    def open(self):
        return XMLHttpRequest(
            self.server.address, remy_request(self.server, self.target, self.last_event_id)
        )

    def take(self, piece):
        """`responseText.substr(cache.length).split("\\n")`: nothing is carried over to the next piece."""
        data, type = [], "message"
        for line in piece.split("\n"):
            line = line.strip(" \t\n\r\f\v\u00a0\ufeff")
            if line.startswith("event"):
                type = re.sub(r"^event:?\s*", "", line)
            elif line.startswith("retry"):
                number = re.match(r"\d+", re.sub(r"^retry:?\s*", "", line))
                if number:
                    self.interval = int(number[0])
            elif line.startswith("data"):
                data.append(re.sub(r"^data:?\s*", "", line))
            elif line.startswith("id:"):
                self.last_event_id = re.sub(r"^id:?\s*", "", line)
            elif line.startswith("id"):
                self.last_event_id = None
            elif not line and data:
                self.messages.append(Message(type, "\n".join(data), self.last_event_id))
                data, type = [], "message"


class Amvtek(Script):
    """amvtek/EventSource 0.9.7 over XMLHttpRequest, and over XDomainRequest where `xdomain` is set."""

    LIMIT = 256 * 1024

    def __init__(self, server, target, last_event_id=None, xdomain=False, resplit=None):
        super().__init__(server, target, last_event_id)
        self.xdomain = xdomain
        self.resplit = resplit  # a random.Random: progress events that fall anywhere in the text

    def open(self):
        separator = "&" if "?" in self.target else "?"
        if not self.xdomain:
            target = f"{self.target}{separator}evs_buffer_size_limit={self.LIMIT}"
            request = amvtek_request(self.server, target, self.last_event_id)
        else:
            target = f"{self.target}{separator}evs_buffer_size_limit={self.LIMIT}&evs_preamble=2056"
            if self.last_event_id:
                target += f"&evs_last_event_id={self.last_event_id}"
            request = xdomain_request(self.server, target)
        opened = XMLHttpRequest(self.server.address, request)
        assert opened.status == 200, "CLOSED for good"
        return opened

    def begin(self, request):
        self.text = ""

    def has_enough(self, request):
        return request.received > self.LIMIT

    def take(self, piece):
        while piece:
            size = self.resplit.randint(1, len(piece)) if self.resplit else len(piece)
            self.text, piece = self.text + piece[:size], piece[size:]
            self.dispatch()

    def dispatch(self):
        while found := re.search(r"\r\n\r\n|\n\n|\r\r", self.text):
            block, self.text = self.text[: found.start()], self.text[found.end() :]
            line_end = found[0][: len(found[0]) // 2]
            data, type = [], "message"
            for line in block.split(line_end):
                line = line.strip(" \t\n\r\f\v\u00a0\ufeff")
                if line.startswith(":"):
                    continue
                if line.startswith("event"):
                    type = re.sub(r"^event:?\s*", "", line)
                elif line.startswith("retry"):
                    number = re.match(r"\d+", re.sub(r"^retry:?\s*", "", line))
                    if number:
                        self.interval = int(number[0])
                elif line.startswith("data"):
                    data.append(re.sub(r"^data:?\s*", "", line))
                elif line.startswith("id:"):
                    self.last_event_id = re.sub(r"^id:?\s*", "", line)
                elif line.startswith("id"):
                    self.last_event_id = None
            if data:
                self.messages.append(Message(type, "\n".join(data) or None, self.last_event_id))


class Yaffle(Script):
    """event-source-polyfill: 1.0.31, or the form of 2013 to 2018 (`form="2013"`), or over XDomainRequest."""

    def __init__(self, server, target, last_event_id="", form="1.0.31", resplit=None):
        super().__init__(server, target, last_event_id)
        self.form, self.resplit = form, resplit

    def url(self):
        """The query parameter of an older connection is taken out, which may leave an empty segment."""
        if self.form == "1.0.31":
            if not self.last_event_id:
                return self.target
            path, _, query = self.target.partition("?")
            query = re.sub(r"(^|&)lastEventId=[^&]*(?=&|$)", r"\1", query)
            return f"{path}?{query}&lastEventId={self.last_event_id}"
        separator = "&" if "?" in self.target else "?"
        random_number = str(random.random())[2:]
        url = f"{self.target}{separator}lastEventId={self.last_event_id}&r={random_number}"
        return url + "&padding=true" if self.form == "xdomain" else url

    def open(self):
        make = xdomain_request if self.form == "xdomain" else yaffle_request
        request = XMLHttpRequest(self.server.address, make(self.server, self.url()))
        assert request.status == 200, "CLOSED for good"
        assert re.fullmatch(r"text/event-stream(;.*)?", request.content_type, re.IGNORECASE), request.content_type
        return request

    def begin(self, request):
        self.line, self.after_cr = "", False
        self.data, self.type, self.id = "", "", self.last_event_id

    def take(self, piece):
        while piece:
            size = self.resplit.randint(1, len(piece)) if self.resplit else len(piece)
            for character in piece[:size]:
                if self.after_cr and character == "\n":
                    self.after_cr = False
                    continue
                self.after_cr = character == "\r"
                if character in "\r\n":
                    self.end_of_line()
                else:
                    self.line += character
            piece = piece[size:]

    def end_of_line(self):
        line, self.line = self.line, ""
        if not line:
            self.last_event_id = self.id
            if self.data:
                self.messages.append(Message(self.type or "message", self.data[1:], self.id))
            self.data, self.type = "", ""
            return
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self.data += "\n" + value
        elif name == "id":
            self.id = value
        elif name == "event":
            self.type = value
        elif name == "retry":
            number = re.match(r"\d+", value)
            if number:
                self.interval = max(1000, min(int(number[0]), 18_000_000))
