"""The line under a proxy: so many bytes a second, all connections together."""

import threading
import time


class Line:
    """`rate` may be changed at any time; None is as fast as it goes."""

    def __init__(self, rate=None):
        self.rate = rate
        self.free_at = 0.0
        self.lock = threading.Lock()

    @property
    def piece(self):
        """As many bytes as should be read at once: a twentieth of a second."""
        return 65536 if self.rate is None else max(256, int(self.rate / 20))

    def carry(self, count):
        """Returns when so many bytes have passed, one caller's after the other's."""
        if self.rate is None:
            return
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + count / self.rate
            free_at = self.free_at
        time.sleep(max(0.0, free_at - time.monotonic()))
