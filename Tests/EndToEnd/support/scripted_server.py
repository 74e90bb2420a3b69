"""A server that does what a test tells it to, byte by byte, and a road that spoils what passes on it.

Both speak HTTP/1.1 with one request a connection, so that nothing of one answer can be taken for another's.
"""

import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple, Optional

from listener import Listener, reset

STREAM = "text/event-stream"
BLANK = b"<!doctype html><title>blank</title>"


class Answer(NamedTuple):
    """The pieces are sent one by one: bytes as they are, a number is a pause in seconds."""

    pieces: tuple = ()
    end: str = "hold"  # then "hold" the connection, end it "clean", or "cut" it
    status: int = 200
    type: Optional[str] = STREAM
    headers: tuple = ()
    has_cors: bool = True  # pages of other origins may read it


class Asked(NamedTuple):
    at: float
    target: str
    headers: dict  # names in lower case

    @property
    def cursor(self):
        """The Last-Event-ID, decoded as UTF-8; None without one."""
        value = self.headers.get("last-event-id")
        return value if value is None else value.encode("latin-1").decode("utf-8")


class Script:
    """What one path answers: the first request by the first answer, and so on; the last answers all others."""

    def __init__(self, server, path, answers):
        self.path, self.url, self.answers, self.asked = path, server.url(path), answers, []

    def next(self, asked):
        self.asked.append(asked)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


class ScriptedServer:
    def __init__(self, files=(), knows_preflights=True):
        """`files`: paths to serve besides the scripts and a blank page at `/`: (path, type, content)."""
        self.scripts, self.files, self.held = {}, {"/": ("text/html", BLANK)}, threading.Event()
        for path, type, content in files:
            self.files[path] = (type, content)
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                scripted.answer(self)

            def do_OPTIONS(self):
                self.send_response(204)
                scripted.allow(self)
                if knows_preflights:
                    self.send_header("Access-Control-Allow-Headers", "last-event-id, authorization")
                self.end_headers()
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, target=""):
        return f"http://127.0.0.1:{self.port}{target}"

    def script(self, *answers, path=None):
        script = Script(self, path or f"/script-{len(self.scripts)}", answers)
        self.scripts[script.path] = script
        return script

    def release(self):
        """End all connections that are held."""
        self.held.set()
        self.held = threading.Event()

    def close(self):
        self.release()
        self.server.shutdown()
        self.server.server_close()

    def allow(self, handler):
        handler.send_header("Access-Control-Allow-Origin", handler.headers.get("Origin") or "*")
        handler.send_header("Access-Control-Allow-Credentials", "true")

    def answer(self, handler):
        handler.close_connection = True
        path = handler.path.partition("?")[0]
        script = self.scripts.get(path)
        if script is None:
            type, content = self.files.get(path, ("text/plain", b"not here"))
            answer = Answer((content,), "clean", 200 if path in self.files else 404, type)
        else:
            headers = {name.lower(): value for name, value in handler.headers.items()}
            answer = script.next(Asked(time.monotonic(), handler.path, headers))
        handler.send_response(answer.status)
        if answer.has_cors:
            self.allow(handler)
        for name, value in ((("Content-Type", answer.type),) if answer.type else ()) + answer.headers:
            handler.send_header(name, value)
        has_body = answer.status not in (204, 304)
        if has_body:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Connection", "close")
        handler.end_headers()
        if has_body:
            self.send(handler, answer)

    def send(self, handler, answer):
        try:
            for piece in answer.pieces:
                if isinstance(piece, bytes):
                    handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                else:
                    time.sleep(piece)
            if answer.end == "hold":
                self.held.wait()
                handler.wfile.write(b"0\r\n\r\n")
            elif answer.end == "clean":
                handler.wfile.write(b"0\r\n\r\n")
            else:
                reset(handler.connection)
        except OSError:
            pass  # the browser has gone


class Road(Listener):
    """A proxy in front of a server. `mode` is what it does to the requests that come from now on:

    pass         nothing
    hold         nothing of an event stream gets through before its end
    hold body    its head gets through, the rest does not before its end
    swallow      what comes after the first bytes of a stream is lost, and the connection stays
    refuse       event streams are answered by a page that says 403
    refuse polls the same for polls
    break        streams that stay are answered by 502, polls pass
    break polls  polls are answered by 502, streams pass
    unavailable  everything is answered by 503

    Beside its mode it may be slow, and carry only `rate` bytes a second on each connection; or have a `reach`, the bytes after
    which each connection breaks.
    """

    def __init__(self, address):
        self.address, self.mode, self.asked, self.open, self.lock = address, "pass", [], set(), threading.Lock()
        self.rate = self.reach = None
        super().__init__()

    def cut(self):
        with self.lock:
            pairs, self.open = self.open, set()
        for pair in pairs:
            for end in pair:
                reset(end)

    def serve(self, client):
        upstream = None
        try:
            head = read_head(client)
            if not head:
                return
            with self.lock:
                self.asked.append(head.split(b" ")[1].decode())
            if self.spoils_request(client, head):
                return
            upstream = socket.create_connection(self.address)
            with self.lock:
                self.open.add((client, upstream))
            upstream.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1).replace(b"Connection: keep-alive\r\n", b""))
            threading.Thread(target=self.watch, args=(client, upstream), daemon=True).start()
            self.carry(client, upstream)
        except OSError:
            pass
        finally:
            for end in (client, upstream):
                if end is not None:
                    end.close()

    def spoils_request(self, client, head):
        is_stream = b"transport=sse" in head.split(b"\r\n")[0]
        status = None
        if self.mode == "unavailable":
            status = "503 Service Unavailable"
        elif self.mode == ("break" if is_stream else "break polls"):
            status = "502 Bad Gateway"
        elif self.mode == "refuse" and b"text/event-stream" in head or self.mode == "refuse polls" and not is_stream:
            status = "403 Forbidden"
        if status:
            client.sendall(f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 2\r\n"
                           "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\nno".encode())
        return bool(status)

    def carry(self, client, upstream):
        mode, (head, end, body) = self.mode, read_head(upstream).partition(b"\r\n\r\n")
        is_stream = b"text/event-stream" in head
        if is_stream and mode == "hold body":
            client.sendall(head + end)
            head = end = b""
        if is_stream and mode in ("hold", "hold body"):
            while data := upstream.recv(65536):
                body += data
        if is_stream and mode == "swallow" and not body:
            body = upstream.recv(65536)
        passed = self.send(client, head + end + body, 0)
        while data := upstream.recv(65536):
            if not (is_stream and mode == "swallow"):
                passed = self.send(client, data, passed)
        client.shutdown(socket.SHUT_WR)

    def send(self, client, data, passed):
        """Carries data to a client to which so many bytes have passed; the new number of them."""
        size = max(1, self.rate // 20) if self.rate else len(data) or 1
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            passed += len(piece)
            if self.reach and passed > self.reach:
                client.sendall(piece[: len(piece) - (passed - self.reach)])
                client.shutdown(socket.SHUT_WR)  # and no reset, so that the browser has what came
                raise ConnectionAbortedError
            client.sendall(piece)
            if self.rate:
                time.sleep(len(piece) / self.rate)
        return passed

    def watch(self, client, upstream):
        """A browser that leaves ends the connection to the server too."""
        try:
            while client.recv(65536):
                pass
            upstream.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def transports(self):
        """The `transport` of each request so far; None where there was none."""
        with self.lock:
            return [(re.findall(r"[?&]transport=([\w-]+)", target) or [None])[0] for target in self.asked]


def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    return data


def file(path, type="text/javascript"):
    """A file as `ScriptedServer` serves it."""
    path = Path(path)
    return (f"/{path.name}", type, path.read_bytes())
