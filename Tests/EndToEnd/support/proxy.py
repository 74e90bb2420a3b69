"""A road that can be cut: passes TCP connections on, notes the request heads, and can cut, tear or freeze all that are open."""

import re
import socket
import threading

from line import Line
from listener import Listener, reset


class Proxy(Listener):
    def __init__(self, server):
        self.up, self.down = Line(), Line()
        self.target = server.address
        self.pairs, self.frozen, self.torn = [], set(), set()
        self.has_torn = threading.Event()
        self.sent, self.received = bytearray(), bytearray()
        self.lock = threading.Lock()
        super().__init__()

    def serve(self, client):
        try:
            upstream = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        with self.lock:
            self.pairs.append((client, upstream))
        threading.Thread(target=self.pump, args=(upstream, client, self.received, self.down), daemon=True).start()
        self.pump(client, upstream, self.sent, self.up)

    def pump(self, source, sink, record, line):
        try:
            while data := source.recv(line.piece):
                line.carry(len(data))
                with self.lock:
                    record += data
                    frozen, torn = source in self.frozen, source in self.torn
                if torn:
                    data = data[: len(data) // 2]
                if not frozen:
                    sink.sendall(data)
                if torn:
                    self.has_torn.set()
                    break
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def freeze(self):
        """Nothing passes any more on the connections that are open, and neither end is told."""
        with self.lock:
            self.frozen.update(end for pair in self.pairs for end in pair)

    def tear(self):
        """The connections that are open end in the middle of what the server says next: `has_torn` when one has."""
        with self.lock:
            self.torn.update(upstream for _, upstream in self.pairs)

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                reset(end)

    def requests(self):
        """The request lines so far."""
        with self.lock:
            sent = bytes(self.sent).decode("latin-1")
        return re.findall(r"((?:GET|HEAD|POST|DELETE|OPTIONS) /\S* HTTP/1\.1)\r\n", sent)
