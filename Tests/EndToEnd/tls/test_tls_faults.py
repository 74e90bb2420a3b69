"""TLS that goes wrong: certificates replaced under load, bad files, silent and broken clients, mutated handshakes.

tlsfuzzer itself is not on PyPI; its toolkit, tlslite-ng, is, and makes the attacks that need a handshake of one's own.
"""

import signal
import socket
import ssl
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from harness import channel_path, poll_content
from raw_frames import DATA, Peer, frame
from certificates import Authority, replace
from tls_checks import Watch, client_context, raw_exchange, secure_call, secure_connection, serving
from wire import STREAM, Connection, EventStreamParser, eventually

HEAD_TIMEOUT = 1.0
CONFIGURATION = {
    "limits": {"headTimeout": "1s", "bodyTimeout": "2s"}, "stream": {"heartbeat": "1s"},
    "retention": {"*": {"age": "1h", "events": 1000, "bytes": "8MB"}},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("faults-authority"))


@pytest.fixture(scope="module")
def context(authority):
    return client_context(authority)


@pytest.fixture(scope="module")
def pairs(authority):
    return [authority.issue(f"turn-{number}", ["pollux.test"]) for number in range(3)]


@pytest.fixture(scope="module")
def secure(binary, tmp_path_factory, authority):
    pair = authority.issue("faults", ["pollux.test"])
    yield from serving(binary, tmp_path_factory.mktemp("faults"), {"secure": {"tls": pair.configuration}}, CONFIGURATION)


@pytest.fixture
def replaceable(binary, tmp_path, authority):
    """A server whose certificate the test may replace."""
    pair = authority.issue(f"server-{tmp_path.name}", ["pollux.test"])
    servers = serving(binary, tmp_path, {"secure": {"tls": pair.configuration}})
    server = next(servers)
    server.pair = pair
    yield server
    next(servers, None)


@pytest.fixture
def address(secure):
    return secure.address_of("secure")


@pytest.fixture
def watch(secure, note, request):
    def begin(most=24):
        return Watch(secure, most, note, request.node.name)

    return begin


@pytest.fixture(autouse=True)
def still_serving(request):
    """After each test the server answers a good client over TLS."""
    yield
    if "secure" in request.fixturenames:
        secure = request.getfixturevalue("secure")
        assert secure.is_alive, secure.log()
        assert secure_call(secure.address_of("secure"), request.getfixturevalue("context")).status == 200


def shown(server, context):
    """The certificate that a new handshake shows."""
    with secure_connection(server.address_of("secure"), context) as connection:
        return connection.socket.getpeercert(binary_form=True)


def reload(server):
    server.process.send_signal(signal.SIGHUP)


# certificates that change


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


# clients that are silent, or leave


def hello_of(context, name="pollux.test"):
    """The bytes of a real client's first record."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


@pytest.fixture(scope="module")
def hello(context):
    data = hello_of(context)
    assert data[0] == 22 and len(data) == 5 + int.from_bytes(data[3:5], "big")
    return data


@pytest.mark.parametrize("what", ["nothing", "one byte", "half a hello", "a hello", "a whole handshake"])
def test_a_silent_client_is_let_go_at_the_time_limit(address, context, hello, what):
    begun = time.monotonic()
    if what == "a whole handshake":
        with secure_connection(address, context) as client:
            client.send(b"GET / HT")
            assert client.is_closed_within(HEAD_TIMEOUT + 4)
    else:
        data = {"nothing": b"", "one byte": hello[:1], "half a hello": hello[: len(hello) // 2], "a hello": hello}[what]
        _, end = raw_exchange(address, data, HEAD_TIMEOUT + 4)
        assert end != "open", "never let go"
    assert time.monotonic() - begun >= HEAD_TIMEOUT * 0.7, "let go before its time"


def test_a_client_that_drips_its_hello_is_let_go_at_the_same_time(address, hello):
    """The limit is for the whole handshake, not for each byte."""
    begun = time.monotonic()
    with Connection(address) as client:
        try:
            for at in range(len(hello) - 1):
                client.send(hello[at : at + 1])
                if client.has_input(0.1):
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.is_closed_within(1)
    assert time.monotonic() - begun < HEAD_TIMEOUT + 3


def test_200_silent_clients_keep_nobody_out(address, secure, context, hello, watch):
    before = secure.descriptors()
    with watch():
        clients = [Connection(address) for _ in range(200)]
        for number, client in enumerate(clients):
            client.send(hello[: (number * 7) % len(hello)])
        assert secure_call(address, context).status == 200
        eventually(lambda: secure.descriptors() <= before + 4, HEAD_TIMEOUT + 5, "all are let go")
        for client in clients:
            client.close()


@pytest.mark.parametrize("data", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /channels/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"SSH-2.0-x\r\n", b"\x00" * 300, b"\xff" * 300, b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\x07" * 37])
def test_what_is_no_tls_is_the_end_of_the_connection(address, secure, data):
    """The last one is SSL 2.0's hello. No byte of it is taken as a request."""
    received, end = raw_exchange(address, data, HEAD_TIMEOUT + 4)
    assert end != "open", received
    assert received == b"" or received[0] == 21 or received.startswith(b"HTTP/1.1 400"), received
    assert secure.events("/channels/plain") == []


def test_clients_that_leave_at_every_point_of_the_handshake(address, secure, context, hello, watch):
    """By FIN and by RST, after each few bytes of the hello, and after each of the next steps."""
    before = secure.descriptors()
    with watch():
        for at in range(0, len(hello) + 1, 5):
            for by_reset in (True, False):
                client = Connection(address)
                client.send(hello[:at])
                client.reset() if by_reset else client.close()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for most in range(1, 4):
                for by_reset in (True, False):
                    leave_after(address, context, version, most, by_reset)
        eventually(lambda: secure.descriptors() <= before + 4, 10, "the descriptors are given back")


def leave_after(address, context, version, most, by_reset):
    """A handshake that goes on for so many flights of the client, and no further."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own.check_hostname, own.verify_mode = False, ssl.CERT_NONE
    own.minimum_version = own.maximum_version = version
    client = own.wrap_bio(incoming, outgoing, server_hostname="pollux.test")
    connection = Connection(address)
    for _ in range(most):
        try:
            client.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        connection.send(outgoing.read())
        if done:
            break
        incoming.write(connection.socket.recv(1 << 16))
    connection.reset() if by_reset else connection.close()


# cut short


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"], ids=["length", "chunks"])
@pytest.mark.parametrize("way", ["fin", "reset", "close_notify"])
def test_a_post_that_is_cut_is_not_published(address, secure, context, channel, head, way):
    """Without close_notify a man in the middle may have ended the connection (RFC 8446 6.1): half a body is no event."""
    connection = secure_connection(address, context)
    connection.send(f"POST {channel_path(channel)} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n".encode() + head + b"\r\n5\r\nhello\r\n")
    if way == "reset":
        connection.reset()
    elif way == "fin":
        connection.socket.shutdown(socket.SHUT_WR)  # of TCP, and no close_notify
        connection.close()
    else:
        try:
            connection.socket.settimeout(5)
            connection.socket.unwrap()
        except (OSError, ssl.SSLError):
            pass
        connection.close()
    secure.publish(channel, "a sign")
    assert [event["data"] for event in secure.events(channel_path(channel))] == ["a sign"]


def test_an_http2_post_that_is_cut_is_not_published(address, secure, authority, channel):
    connection = secure_connection(address, client_context(authority, alpn=("h2",)))
    peer = Peer(connection)
    peer.send(peer.request(1, channel_path(channel), "POST", [("content-type", "text/plain")], end=False) + frame(DATA, 0, 1, b"half of it"))
    connection.close()
    secure.publish(channel, "a sign")
    assert [event["data"] for event in secure.events(channel_path(channel))] == ["a sign"]


# mutations and floods of records


def record(kind, payload, version=b"\x03\x03", length=None):
    return bytes([kind]) + version + (len(payload) if length is None else length).to_bytes(2, "big") + payload


def assert_records(received):
    """What the server says before it ends is TLS: whole records of known types. OpenSSL's alert repeats the version that
    the broken record claimed, so that is not looked at."""
    at = 0
    while at < len(received):
        assert received[at] in (20, 21, 22, 23), f"no record at {at}: {received[at:at + 40]!r}"
        at += 5 + int.from_bytes(received[at + 3 : at + 5], "big")
    assert at == len(received), "the last record is cut"


def mutations(hello, dice):
    """Changed hellos, each with a word about what was done to it."""
    body = hello[5:]
    for at in range(len(hello)):  # every truncation, and with a record that fits
        yield "cut", hello[:at]
        if at < len(body):
            yield "cut in a whole record", record(22, body[:at], b"\x03\x01")
    for _ in range(600):
        data = bytearray(hello)
        for _ in range(dice.choice([1, 1, 1, 2, 5, 20])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        yield "bits", bytes(data)
    for _ in range(200):
        at = dice.randrange(len(body))
        piece = dice.randbytes(dice.randrange(1, 40))
        yield "put in", record(22, body[:at] + piece + body[at:], b"\x03\x01")
        yield "taken out", record(22, body[:at] + body[at + len(piece) :], b"\x03\x01")
    for length in (0, 1, 4, len(body) - 1, len(body) + 1, 16384, 16385, 16640, 18433, 32767, 65535):
        yield "length of the record", record(22, body, b"\x03\x01", length)
        yield "oversize", record(22, body + b"\x00" * max(0, length - len(body)), b"\x03\x01")
        yield "length of the message", record(22, body[:1] + length.to_bytes(3, "big") + body[4:], b"\x03\x01")
    yield "length of the message", record(22, body[:1] + b"\xff\xff\xff" + body[4:], b"\x03\x01")
    for kind in (0, 1, 19, 20, 21, 23, 24, 25, 64, 127, 128, 255):
        yield "type of the record", bytes([kind]) + hello[1:]
    for kind in (0, 2, 3, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 24, 254, 255):
        yield "type of the message", record(22, bytes([kind]) + body[1:], b"\x03\x01")
    for version in (b"\x00\x00", b"\x02\x00", b"\x03\x00", b"\x03\x04", b"\x04\x00", b"\x7f\xff", b"\xff\xff"):
        yield "version of the record", record(22, body, version)
        yield "version of the hello", record(22, body[:4] + version + body[6:], b"\x03\x01")
    for _ in range(50):
        yield "random", record(22, dice.randbytes(dice.randrange(1, 600)), b"\x03\x01")


def test_mutated_hellos_end_in_an_alert_or_the_end_of_the_connection(address, secure, hello, dice, watch, note):
    cases = list(mutations(hello, dice))
    before = secure.descriptors()

    def one(case):
        what, data = case
        try:
            # Most of the cut ones also end there, so that not all of them wait for the time limit; each tenth does.
            leaves = what.startswith("cut") and len(data) % 10 != 0
            received, end = raw_exchange(address, data, HEAD_TIMEOUT + 6, half_close=leaves)
            assert end != "open", "it stays open beyond the time limit"
            assert_records(received)
            return "alert" if received[:1] == b"\x15" else "flight" if received else "closed"
        except Exception as problem:  # noqa: BLE001, all are shown together
            failures.append((what, data, problem))
            return "failed"

    failures = []
    begun = time.monotonic()
    with watch(most=48), ThreadPoolExecutor(64) as pool:
        results = Counter(pool.map(one, cases))
    note(f"mutated hellos: {len(cases)}, {dict(results)} in {time.monotonic() - begun:.1f} s")
    assert not failures, f"{len(failures)} in bad form, the first: {failures[0]}"
    assert results["alert"] > 200 and results["flight"] > 20, "the mutations are neither too strong nor too weak"
    eventually(lambda: secure.descriptors() <= before + 4, 10, "the descriptors are given back")


ALERT = record(21, b"\x01\x5a")  # a warning: user_canceled
FLOODS = {
    "warning alerts before the hello": lambda hello: [ALERT * 1000] * 100,
    "warning alerts after it": lambda hello: [hello] + [ALERT * 1000] * 100,
    "change cipher spec before the hello": lambda hello: [record(20, b"\x01") * 1000] * 100,
    "change cipher spec after it": lambda hello: [hello] + [record(20, b"\x01") * 1000] * 100,
    "empty handshake records": lambda hello: [record(22, b"") * 1000] * 100,
    "empty application data": lambda hello: [record(23, b"") * 1000] * 100,
    "early application data": lambda hello: [hello] + [record(23, b"x" * 16000)] * 600,
    "hello after hello": lambda hello: [hello] * 1000,
    "hello requests": lambda hello: [hello] + [record(22, b"\x00\x00\x00\x00") * 1000] * 100,
    "a message that never ends": lambda hello: [record(22, b"\x01\xff\xff\xff" + b"\x00" * 16000, b"\x03\x01")] + [record(22, b"\x00" * 16000)] * 1000,
    "a hello of 130 KB": lambda hello: [record(22, b"\x01\x01\xff\xff" + b"\x03\x03" + b"r" * 16000, b"\x03\x01")] + [record(22, b"\x00" * 16000)] * 8,
}


@pytest.mark.parametrize("make", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_records_without_a_handshake_is_ended(address, hello, watch, make):
    with watch():
        _, end = raw_exchange(address, b"", HEAD_TIMEOUT + 4, pieces=make(hello))
        assert end != "open"


def test_a_hello_in_records_of_one_byte(address, hello, watch):
    """RFC 8446 5.1 allows it: the server's flight, or an alert; then the time limit."""
    with watch():
        data = b"".join(record(22, hello[at : at + 1], b"\x03\x01") for at in range(5, len(hello)))
        received, end = raw_exchange(address, data, HEAD_TIMEOUT + 4)
        assert end != "open" and received[:1] in (b"\x15", b"\x16"), received[:40]
        assert_records(received)


def handshaken(address, minimum, maximum=None):
    from tlslite.api import HandshakeSettings, TLSConnection

    settings = HandshakeSettings()
    settings.minVersion, settings.maxVersion = minimum, maximum or minimum
    client = TLSConnection(socket.create_connection(address, timeout=10))
    client.sock.settimeout(5)
    client.handshakeClientCert(serverName="pollux.test", settings=settings)
    client.closeSocket = False  # tlslite would close it when it meets an error
    return client


def read_to_the_end(client, seconds):
    """Read what comes, by the plain socket; whether the server ended the connection."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        client.sock.settimeout(left)
        try:
            if not client.sock.recv(1 << 16):
                return True
        except (ConnectionResetError, BrokenPipeError):
            return True
        except socket.timeout:
            return False
    return False


def attack(client, what):
    from tlslite.constants import AlertDescription, AlertLevel, KeyUpdateMessageType
    from tlslite.messages import Alert, ApplicationData, ChangeCipherSpec, Finished, KeyUpdate

    def send(message, times=1):
        for _ in range(times):
            for _ in client._sendMsg(message, randomizeFirstBlock=False):
                pass

    if what == "key updates that want one in return":
        for _ in range(1000):
            for _ in client.send_keyupdate_request(KeyUpdateMessageType.update_requested):
                pass
    elif what == "a key update of a wrong kind":
        send(KeyUpdate().create(7))
    elif what == "warning alerts":
        send(Alert().create(AlertDescription.user_canceled, AlertLevel.warning), 1000)
    elif what == "empty application data":
        send(ApplicationData().create(bytearray()), 1000)
    elif what == "a second finished":
        send(Finished((3, 4), 32).create(bytearray(32)))
    elif what == "change cipher spec":
        send(ChangeCipherSpec().create(), 200)
    elif what == "a broken record":
        client.sock.sendall(record(23, b"\x00" * 100))
    elif what == "an oversize record":
        client.sock.sendall(record(23, b"\x00" * 20000))
    elif what == "a plain alert":
        client.sock.sendall(record(21, b"\x02\x00"))
    elif what == "a fatal alert":
        send(Alert().create(AlertDescription.internal_error, AlertLevel.fatal))


@pytest.mark.parametrize("version", [(3, 3), (3, 4)], ids=["1.2", "1.3"])
@pytest.mark.parametrize("what", ["key updates that want one in return", "a key update of a wrong kind", "warning alerts", "empty application data", "a second finished", "change cipher spec", "a broken record", "an oversize record", "a plain alert", "a fatal alert"])
def test_what_breaks_the_rules_after_the_handshake_ends_the_connection(address, watch, version, what):
    """Key updates are TLS 1.3's; in 1.2 they are an unknown message."""
    with watch():
        client = handshaken(address, version)
        try:
            attack(client, what)
        except Exception as problem:  # noqa: BLE001, the server may have ended it
            assert isinstance(problem, OSError) or "tls" in type(problem).__module__, problem
        assert read_to_the_end(client, HEAD_TIMEOUT + 5), "the connection is left open"
        client.sock.close()


def test_renegotiation_by_a_hello_inside_the_connection(address, context, hello, watch):
    """CVE-2009-3555 and its load: a second ClientHello, encrypted, 20 times."""
    from tlslite.messages import ClientHello

    with watch():
        client = handshaken(address, (3, 3))
        second = ClientHello().create((3, 3), bytearray(32), bytearray(0), [0xC02B, 0x00FF])
        try:
            for _ in range(20):
                for _ in client._sendMsg(second, randomizeFirstBlock=False):
                    pass
        except OSError:
            pass
        assert read_to_the_end(client, HEAD_TIMEOUT + 5)
        client.sock.close()


def test_bytes_behind_the_closing_alert_are_thrown_away(address, secure, context, channel, watch):
    """Of a client to whom an answer is still on its way, because it does not take it."""
    for _ in range(5):
        secure.publish_batch(channel, [(None, "x" * 60_000) for _ in range(14)])
    connection = Connection(address, receive_buffer=4096)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="pollux.test")

    def shake_hands():
        try:
            client.do_handshake()
            return True
        except ssl.SSLWantReadError:
            connection.send(outgoing.read())
            incoming.write(connection.socket.recv(1 << 16))

    while not shake_hands():
        pass
    client.write(f"GET {channel_path(channel)}?transport=poll&since=earliest HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    connection.send(outgoing.read())
    time.sleep(0.5)  # the kernel has what it takes of the answer
    with pytest.raises(ssl.SSLWantReadError):
        client.unwrap()
    connection.socket.settimeout(2)
    with watch(most=24):
        connection.send(outgoing.read())
        for _ in range(64):
            connection.send(record(23, b"x" * 16_000) * 64)
    connection.reset()


def test_many_handshakes_leave_the_memory_as_it_was(address, secure, context, watch):
    """Each with a request, by four clients, some of which leave without a word."""

    def some(worker):
        for number in range(100):
            with secure_connection(address, context) as connection:
                assert connection.call("GET", "/healthz").status == 200
                if number % 3 == worker % 3:
                    connection.reset()

    def round_of_400():
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(some, range(4)))

    round_of_400()  # what the allocator keeps is kept after the first round
    with watch(most=12):
        round_of_400()
