"""What breaks the rules after the handshake, by a client that could be honest until then.

tlsfuzzer itself is not on PyPI; its toolkit, tlslite-ng, is, and makes the attacks that need a handshake of one's own.
"""

import socket
import ssl
import time

import pytest

from harness import channel_path
from secure_server import HEAD_TIMEOUT, address, authority, context, hello, record, secure, still_serving, watch  # noqa: F401
from wire import Connection


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
