"""Certificates that are replaced under load, and bad files in their place."""

import signal
import threading
import time
from collections import Counter
from urllib.parse import quote

import pytest

from certificates import replace
from harness import channel_path, poll_content
from secure_server import authority, context  # noqa: F401
from tls_checks import secure_connection, serving
from wire import STREAM, EventStreamParser, eventually


@pytest.fixture(scope="module")
def pairs(authority):
    return [authority.issue(f"turn-{number}", ["pollux.test"]) for number in range(3)]


@pytest.fixture
def replaceable(binary, tmp_path, authority):
    """A server whose certificate the test may replace."""
    pair = authority.issue(f"server-{tmp_path.name}", ["pollux.test"])
    servers = serving(binary, tmp_path, {"secure": {"tls": pair.configuration}})
    server = next(servers)
    server.pair = pair
    yield server
    next(servers, None)


def shown(server, context):
    """The certificate that a new handshake shows."""
    with secure_connection(server.address_of("secure"), context) as connection:
        return connection.socket.getpeercert(binary_form=True)


def reload(server):
    server.process.send_signal(signal.SIGHUP)


class Follower(threading.Thread):
    """Reads a channel over TLS until it has seen an event with the data `end`: one stream, or poll after poll."""

    def __init__(self, server, context, channel, polls):
        super().__init__(daemon=True)
        self.server, self.context, self.channel, self.polls = server, context, channel, polls
        self.data, self.handshakes, self.problem = [], 0, None
        self.ready = threading.Event()
        self.start()

    def run(self):
        try:
            self._poll() if self.polls else self._stream()
        except Exception as problem:  # noqa: BLE001, told by `finish`
            self.problem = problem
        finally:
            self.ready.set()

    def _open(self):
        self.handshakes += 1
        return secure_connection(self.server.address_of("secure"), self.context, timeout=30)

    def _stream(self):
        with self._open() as connection:
            connection.ask("GET", channel_path(self.channel) + "?since=earliest", {"Accept": STREAM})
            assert connection.read_head().status == 200
            self.ready.set()
            parser = EventStreamParser()
            while not self.data or self.data[-1] != "end":
                chunk = connection.read_chunk(time.monotonic() + 30)
                assert chunk is not None, "the stream was ended"
                self.data += [event.data for event in parser.feed(chunk)]

    def _poll(self):
        cursor = None
        while not self.data or self.data[-1] != "end":
            query = f"lastEventId={quote(cursor)}" if cursor else "since=earliest"
            with self._open() as connection:
                target = f"{channel_path(self.channel)}?transport=poll&wait=5&{query}"
                self.ready.set()
                content = poll_content(connection.call("GET", target, {"Connection": "close"}, timeout=30))
            assert content["gap"] is None, content
            self.data += [event["data"] for event in content["events"]]
            cursor = content["next"]

    def finish(self):
        self.join(20)
        assert not self.is_alive(), f"still waits after {len(self.data)} events"
        if self.problem:
            raise AssertionError(f"after {len(self.data)} events: {self.problem!r}") from self.problem
        return self.data


def test_certificates_are_replaced_under_load_and_no_event_is_lost(replaceable, context, pairs, channel, note):
    followers = [Follower(replaceable, context, channel, polls) for polls in (False, False, False, False, True, True, True)]
    for follower in followers:
        assert follower.ready.wait(10)
    seen, published = Counter(), []
    for number in range(180):
        if number % 10 == 0:
            replace(replaceable.pair, pairs[number // 10 % 3])
        if number % 4 == 0:
            reload(replaceable)
        data = f"event {number}"
        with secure_connection(replaceable.address_of("secure"), context) as connection:
            seen[connection.socket.getpeercert(binary_form=True)] += 1
            answer = connection.call("POST", channel_path(channel), {"Content-Type": "text/plain", "Connection": "close"}, data.encode())
        assert answer.status == 201, answer
        published.append(data)
    replaceable.publish(channel, "end")
    for follower in followers:
        assert follower.finish() == [*published, "end"]
    assert all(follower.handshakes == 1 for follower in followers[:4]), "a stream was broken"
    reload(replaceable)
    last = pairs[170 // 10 % 3].der
    eventually(lambda: shown(replaceable, context) == last, 5, "the last certificate is shown")
    assert len(seen) >= 3, f"the load saw only {len(seen)} certificates"
    note(f"18 certificates and 45 SIGHUP under load: {len(seen)} seen, {sum(f.handshakes for f in followers)} handshakes of readers, no event lost")


def test_a_changed_file_alone_is_seen(replaceable, context, pairs):
    before = shown(replaceable, context)
    with secure_connection(replaceable.address_of("secure"), context) as old:
        replace(replaceable.pair, pairs[0])
        eventually(lambda: shown(replaceable, context) == pairs[0].der, 12, "the new certificate is shown, without a signal")
        assert before != pairs[0].der
        assert old.call("GET", "/healthz").status == 200, "the old connection goes on"


def break_files(pair, other, how):
    if how == "garbage":
        pair.certificate.write_text("this is no certificate\n")
    elif how == "cut":
        text = pair.certificate.read_text()
        pair.certificate.write_text(text[: len(text) // 4])
    elif how == "empty":
        pair.certificate.write_text("")
    elif how == "missing":
        pair.certificate.unlink()
    elif how == "the key of another":
        pair.key.write_bytes(other.key.read_bytes())
    elif how == "a key that is cut":
        pair.key.write_bytes(pair.key.read_bytes()[:100])


def test_bad_new_files_keep_the_old_certificate_and_are_told(replaceable, context, pairs):
    before = shown(replaceable, context)
    good = [replaceable.pair.certificate.read_bytes(), replaceable.pair.key.read_bytes()]
    for how in ("garbage", "cut", "empty", "missing", "the key of another", "a key that is cut"):
        length = len(replaceable.log(1 << 30))
        break_files(replaceable.pair, pairs[0], how)
        reload(replaceable)
        news = lambda: replaceable.log(1 << 30)[length:].lower()  # noqa: E731
        eventually(lambda: "warn" in news() or "error" in news(), 8, f"{how}: a warning in the log")
        assert "BEGIN" not in news() and "PRIVATE" not in news(), "keys are not for logs"
        assert shown(replaceable, context) == before, how
        assert replaceable.is_alive
        for path, content in zip((replaceable.pair.certificate, replaceable.pair.key), good):
            path.write_bytes(content)
        reload(replaceable)
    replace(replaceable.pair, pairs[1])
    reload(replaceable)
    eventually(lambda: shown(replaceable, context) == pairs[1].der, 8, "a good one is taken after the bad ones")
