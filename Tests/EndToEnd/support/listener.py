"""What proxies of the tests have in common: a port, a thread for each connection, and ways to break connections."""

import socket
import struct
import threading


class Listener:
    """Accepts connections on a free port and gives each to `serve(client)`, in a thread of its own, until it is closed."""

    def __init__(self):
        """A subclass calls this last, for the first connection may come at once."""
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, target=""):
        return f"http://127.0.0.1:{self.port}{target}"

    def close(self):
        self.listener.close()
        self.cut()

    def serve(self, client):
        """What is done with a connection."""
        raise NotImplementedError

    def cut(self):
        """Breaks the connections that are open."""
        raise NotImplementedError

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()


def break_off(connection):
    """Wakes whoever reads from it. When it is closed, its other end sees a reset, as when a network breaks."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was closed meanwhile


def reset(connection):
    break_off(connection)
    connection.close()
