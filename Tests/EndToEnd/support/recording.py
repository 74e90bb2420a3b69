"""What the server puts on the wire, written down byte for byte, but for what differs from run to run."""

import re
import socket
import time

import http2

# A client that waits for longer than this for bytes that it was promised gives up.
PATIENCE = 20


class Recording:
    """Asks one server, and keeps what it answers as text: a line for each line, its end shown where it is CR LF."""

    def __init__(self, server):
        self.server = server
        self.epoch = server.head_id("/channels/recording").partition("-")[0]
        self.text = ""

    def ask(self, request, until=None):
        """Sends these bytes on a connection of their own; keeps what comes, up to `until`, or to the connection's end."""
        with self.open(request) as line:
            self.keep(line.until(until) if until else line.rest())

    def get(self, target, *fields, method="GET", version="1.1", until=None, body=b""):
        """A request with these fields. Without `until` the connection is to end with the answer."""
        lines = [f"{method} {target} HTTP/{version}", *fields]
        if version == "1.1":
            lines += ["Host: pollux.test"] + ([] if until else ["Connection: close"])
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.ask("\r\n".join(lines).encode() + b"\r\n\r\n" + body, until)

    def post(self, target, body, *fields):
        self.get(target, *fields, method="POST", body=body if isinstance(body, bytes) else body.encode())

    def open(self, request):
        """A connection on which the scene goes on by itself; what it keeps, it hands to `keep`."""
        self.text += shown(self.settled(request), "> ") + "\n"
        return Line(self.server.port, request)

    def keep(self, answer):
        self.text += shown(self.settled(answer)) + "\n"

    def over_http2(self, method, target, fields=(), body=None):
        """The same over HTTP/2 by prior knowledge: the fields of the answer in their order, and its content."""
        self.text += shown(self.settled(f"> {method} {target} HTTP/2 {list(fields)}".encode()))
        with http2.Connection(("127.0.0.1", self.server.port), PATIENCE) as connection:
            answer = connection.call(method, target, list(fields), body)
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        self.keep(f"HTTP/2 {answer.status}\r\n{head}\r\n".encode() + answer.body)

    def settled(self, answer):
        """Without what no two runs have in common; every replacement is as long as what it replaces."""
        answer = answer.replace(self.epoch.encode(), b"EPOCHxxx"[: len(self.epoch)])
        answer = re.sub(rb"(?i)(date: )[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", rb"\1DATE", answer)
        answer = re.sub(rb"(?i)(last-modified: )[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", rb"\1DATE", answer)
        answer = re.sub(rb'(?i)(etag: )"[^"]*"', rb'\1"TAG"', answer)
        return re.sub(rb'("time":)\d{13}', rb"\g<1>1234567890123", answer)


class Line:
    """A plain connection."""

    def __init__(self, port, request):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.sendall(request)
        self.ahead = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, request):
        self.socket.sendall(request)

    def until(self, end):
        """What comes next, up to these bytes and with them."""
        deadline = time.monotonic() + PATIENCE
        while end not in self.ahead:
            assert time.monotonic() < deadline, f"{end!r} did not come, but {self.ahead!r}"
            more = self.socket.recv(1 << 16)
            assert more, f"the connection ended before {end!r}, after {self.ahead!r}"
            self.ahead += more
        at = self.ahead.index(end) + len(end)
        found, self.ahead = self.ahead[:at], self.ahead[at:]
        return found

    def rest(self):
        """What comes until the server ends the connection."""
        while more := self.socket.recv(1 << 16):
            self.ahead += more
        found, self.ahead = self.ahead, b""
        return found


def shown(text, mark=""):
    lines = text.decode("utf-8", "backslashreplace").replace("\r\n", "\\r\n").replace("\t", "\\t").split("\n")
    return "".join(f"{mark}{line}\n" for line in lines)
