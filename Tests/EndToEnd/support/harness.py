"""A real `pollux serve` process, its configuration, and the few calls every test makes, over any of the roads to it."""

import functools
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from urllib.parse import quote, urlencode

import http2
import wire
from certificates import Authority

SUPPORT = Path(__file__).resolve().parent
PUBLIC = SUPPORT.parents[2] / "Public"


class Road(NamedTuple):
    """How requests come to a server: by the connections and streams of this module, with TLS or without."""

    protocol: ModuleType
    alpn: str
    has_tls: bool
    versions: tuple  # of HTTP, as `call` and `stream` take them


ROADS = {
    "http1": Road(wire, "http/1.1", False, ("1.1", "1.0")),
    "tls": Road(wire, "http/1.1", True, ("1.1", "1.0")),
    "h2": Road(http2, "h2", True, ("2",)),
    "h2c": Road(http2, "h2", False, ("2",)),  # by prior knowledge
}


class Certificate:
    """A certificate for these names and `127.0.0.1`, its key, and the authority that clients trust for it."""

    def __init__(self, folder, names=("localhost",)):
        authority = Authority(folder)
        self.authority = authority.certificate
        self.file, self.key = authority.issue("server", names)

    @functools.cache
    def context(self, *protocols):
        """For a client that verifies the server and offers these protocols by ALPN, if any."""
        context = ssl.create_default_context(cafile=self.authority)
        if protocols:
            context.set_alpn_protocols(protocols)
        return context


def free_port():
    """Below those that the system gives to connections that go out: one of these would be taken before the server comes to it."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def merged(base, overrides):
    """Both dictionaries; where both have a value, nested ones are merged and others replaced."""
    result = dict(base)
    for key, value in overrides.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def on_file(database, overrides=None):
    """The configuration of a server whose ledger is this file."""
    return merged({"ledger": "sqlite", "sqlite": {"path": str(database)}}, overrides or {})


def own_environment():
    """Ours without POLLUX_..., which is configuration to the server, and ours is not for it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POLLUX_")}


class Client:
    """What is asked of a server, over one road."""

    def __init__(self, server, road):
        self.server = server
        self.road = road

    @property
    def address(self):
        return ("127.0.0.1", self.server.tls_port if self.road.has_tls else self.server.port)

    @property
    def tls(self):
        return self.server.certificate.context(self.road.alpn) if self.road.has_tls else None

    def url(self, target):
        return f"{'https' if self.road.has_tls else 'http'}://127.0.0.1:{self.address[1]}{target}"

    def connect(self, timeout=10.0, **options):
        return self.road.protocol.Connection(self.address, timeout, tls=self.tls, **options)

    def call(self, method, target, headers=(), body=None, version=None, timeout=10.0):
        """One request on a connection of its own."""
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        version = version or self.road.versions[0]
        if version == "1.1":
            pairs.append(("Connection", "close"))
        with self.connect(timeout) as connection:
            return connection.call(method, target, pairs, body, version, timeout)

    def post(self, channel, body, content_type="text/plain", query="", headers=()):
        """A publish as it is, without a check of the answer."""
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        if content_type is not None:
            pairs.append(("Content-Type", content_type))
        body = body.encode("utf-8") if isinstance(body, str) else body
        return self.call("POST", channel_path(channel) + query, pairs, body)

    def publish(self, channel, data, event=None):
        """Publish text that must be taken; its id."""
        query = "?" + urlencode({"event": event}) if event else ""
        answer = self.post(channel, data, query=query)
        assert answer.status == 201, f"{channel!r} {event!r} {data[:80]!r}: {answer}"
        return answer.json()["id"]

    def publish_batch(self, channel, lines):
        """Publish `(event, JSON data)` pairs in one commit; their ids."""
        body = "".join(
            json.dumps({"event": event, "data": data} if event else {"data": data}) + "\n" for event, data in lines
        )
        answer = self.post(channel, body, "application/x-ndjson")
        assert answer.status == 201, answer
        return answer.json()["ids"]

    def stream(self, target, cursor=None, headers=(), **options):
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        if cursor is not None:
            pairs.append(("Last-Event-ID", cursor))
        return self.road.protocol.Stream(self.address, target, pairs, tls=self.tls, **options)

    def poll(self, target, cursor=None, headers=(), timeout=15.0, **query):
        """A JSON poll; the decoded answer, its shape checked."""
        query = {"transport": "poll", **query}
        if cursor is not None:
            query["lastEventId"] = cursor
        target += ("&" if "?" in target else "?") + urlencode(query)
        answer = self.call("GET", target, headers, timeout=timeout)
        return poll_content(answer)

    def events(self, target, cursor=None, **query):
        """All events after the cursor (all kept, without one), by polls that wait for nothing."""
        if cursor is None:
            query = {"since": "earliest", **query}
        found = []
        while True:
            content = self.poll(target, cursor, wait=0, **query)
            found += content["events"]
            if not content["events"]:
                return found
            cursor = content["next"]

    def head_id(self, target):
        """The cursor at the head of these channels: what is published next comes after it."""
        return self.poll(target, wait=0)["next"]


class Server(Client):
    """Starts, watches and stops one server process. Never touches a process that it did not start.

    With a certificate it has two listeners, and may be asked over every road.
    """

    def __init__(self, binary, folder, overrides=None, certificate=None):
        super().__init__(self, ROADS["http1"])
        self.binary = binary
        self.folder = Path(folder)
        self.port = free_port()
        self.tls_port = free_port() if certificate else None
        self.certificate = certificate
        self.configuration = merged(
            {
                **self._listeners(),
                "ledger": "memory",
                "loops": 2,
                "publicFolder": str(PUBLIC),
                # Who may do what has tests of its own; all others send any Host.
                "access": {"open": True},
            },
            overrides or {},
        )
        self.process = None
        self.runs = 0

    def _listeners(self):
        if self.certificate is None:
            return {"host": "127.0.0.1", "port": self.port}
        tls = {"certificate": str(self.certificate.file), "key": str(self.certificate.key)}
        return {"listen": [{"address": f"127.0.0.1:{self.port}"}, {"address": f"127.0.0.1:{self.tls_port}", "tls": tls}]}

    def over(self, road):
        """The requests of a `Client`, over another road."""
        return Client(self, ROADS[road])

    # the process

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def log_file(self):
        return self.folder / f"pollux-{self.port}-{self.runs}.log"

    @property
    def database(self):
        return Path(self.configuration["sqlite"]["path"])

    def log(self, last=4000):
        return self.log_file.read_text("utf-8", "replace")[-last:] if self.log_file.exists() else ""

    @property
    def configuration_file(self):
        return self.folder / f"pollux-{self.port}.json"

    def write_configuration(self):
        self.configuration_file.write_text(json.dumps(self.configuration, indent=2))

    def reconfigure(self, **sections):
        """Replace whole sections of the configuration, and have the process read it anew."""
        self.configuration = {**self.configuration, **sections}
        self.write_configuration()
        said = lambda: self.log(1 << 20).count("the configuration was read anew")  # noqa: E731
        before = said()
        self.process.send_signal(signal.SIGHUP)
        wire.eventually(lambda: said() > before, 20, "the new configuration")

    def spawn(self):
        """Start the process, and wait for nothing."""
        self.write_configuration()
        self.runs += 1
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--config", str(self.configuration_file)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=own_environment(),
            )
        return self

    def start(self):
        return self.spawn().wait_until_healthy()

    def wait_until_healthy(self):
        deadline = time.monotonic() + 20
        while True:
            assert self.is_alive, f"the server stopped while starting ({self.process.returncode}):\n{self.log()}"
            try:
                if self.call("GET", "/healthz", timeout=2).status == 200:
                    return self
            except (OSError, Exception) as problem:  # noqa: BLE001, any answer but 200 means: not yet
                if time.monotonic() > deadline:
                    raise AssertionError(f"not healthy after 20 s: {problem!r}\n{self.log()}") from problem
            assert time.monotonic() < deadline, f"not healthy after 20 s\n{self.log()}"
            time.sleep(0.02)

    def terminate(self):
        """Ask it to stop, as a service manager does."""
        os.kill(self.pid, signal.SIGTERM)

    def stop(self, timeout=20):
        """Stop in good order. It must have been alive until now, and exit with 0."""
        if self.process is None:
            return
        process, self.process = self.process, None
        code = process.poll()
        assert code is None, f"the server had died ({code}):\n{self.log()}"
        os.kill(process.pid, signal.SIGTERM)
        self._assert_leaves(process, timeout)

    def assert_stops(self, timeout=20):
        """After `terminate()`: it goes by itself, with exit code 0."""
        process, self.process = self.process, None
        self._assert_leaves(process, timeout)

    def _assert_leaves(self, process, timeout):
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"still there {timeout} s after SIGTERM:\n{self.log()}") from None
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()}"

    def kill(self):
        """As the kernel or a power cut does it."""
        process, self.process = self.process, None
        assert process.poll() is None, f"the server had died:\n{self.log()}"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def abandon(self):
        """After a failed test: make sure that nothing is left behind, ask no questions."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.process = None

    def resident_bytes(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def command(self, *arguments, timeout=60):
        """Run another command of the same binary, such as `inspect`; what it says, and its exit code."""
        return subprocess.run(
            [self.binary, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout, env=own_environment(), check=False,
        )


@contextmanager
def running(server):
    """A server from its start to its end, which is in good order unless something failed meanwhile."""
    try:
        yield server.start()
        server.stop()
    finally:
        server.abandon()


def channel_path(name):
    return "/channels/" + quote(name, safe="")


def events_path(*names):
    return "/events?" + urlencode([("channel", name) for name in names])


def poll_content(answer):
    """Section 4: the members of a poll's answer, their types, and the header that repeats `next`."""
    assert answer.status == 200, answer
    assert answer.media_type == "application/json", answer
    content = answer.json()
    assert set(content) == {"events", "next", "gap"}, content
    for event in content["events"]:
        assert set(event) == {"id", "channel", "event", "data", "time"}, event
        assert all(isinstance(event[name], str) for name in ("id", "channel", "event", "data")), event
        assert isinstance(event["time"], int), event
    assert isinstance(content["next"], str) and content["next"], content
    assert answer.header("last-event-id") == content["next"], answer
    assert "no-store" in (answer.header("cache-control") or ""), answer
    if content["events"]:
        # The last event of the answer, or further on where the ledger's next positions are other channels'. It may be of a later
        # life than the events, in which positions go on.
        last, position = (int(id.rpartition("-")[2]) for id in (content["events"][-1]["id"], content["next"]))
        assert position >= last, content
    return content


def is_valid_id(text):
    """DESIGN: ASCII letters, digits, `-` and `.`, at most 128 bytes."""
    return 0 < len(text) <= 128 and text.isascii() and all(c.isalnum() or c in "-." for c in text)


def shifted_id(event_id, by):
    """The id `by` positions further on, of the same epoch (a memory ledger has one partition)."""
    epoch, dash, position = event_id.rpartition("-")
    assert dash and position.isdigit(), event_id
    return f"{epoch}-{int(position) + by}"
