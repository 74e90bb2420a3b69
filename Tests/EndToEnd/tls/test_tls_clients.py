"""Clients that are silent, speak no TLS, leave in the middle, or cut what they send."""

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import channel_path
from raw_frames import DATA, Peer, frame
from secure_server import HEAD_TIMEOUT, address, authority, context, hello, secure, still_serving, watch  # noqa: F401
from tls_checks import client_context, raw_exchange, secure_call, secure_connection
from wire import Connection, eventually


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
