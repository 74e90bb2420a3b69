"""Who asks, behind a proxy: the fields that proxies write and PROXY headers, over real sockets. The listener that redirects shows
what the server takes to be encrypted, its log who it thinks asks."""

import re
import socket
import ssl
import struct
import time

import pytest

from tls_checks import serving
from certificates import Authority
from wire import Connection, eventually, request_bytes

PROXIES = {"proxies": ["127.0.0.1"], "forwarded": "xForwardedFor", "logLevel": "debug", "limits": {"headTimeout": "1s"}}
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V1 = b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n"
V2 = SIGNATURE + b"\x21\x11" + struct.pack("!H4s4sHH", 12, bytes([192, 0, 2, 2]), bytes([127, 0, 0, 1]), 4711, 80)
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


@pytest.fixture(scope="module")
def world(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("from-where")
    pair = Authority(folder).issue("server", ["localhost"])
    listeners = {
        "secure": {"tls": pair.configuration}, "redirect": {"redirect": "https"}, "proxy": {"proxyProtocol": True},
        "secure proxy": {"tls": pair.configuration, "proxyProtocol": True},
    }
    yield from serving(binary, folder, listeners, PROXIES)


def ask(world, listener, prefix=b"", headers=(), target="/healthz"):
    with Connection(world.address_of(listener)) as connection:
        connection.send(prefix + request_bytes("GET", target, {"Host": "push.test", **dict(headers)}))
        return connection.read_answer("GET")


@pytest.mark.parametrize("scheme, status", [("https", 200), ("http", 308), ("", 308)])
def test_who_came_by_https_to_a_proxy_is_not_sent_there(world, scheme, status):
    fields = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": scheme} if scheme else {}
    assert ask(world, "redirect", headers=fields).status == status


def test_the_field_that_is_not_configured_is_not_believed(world):
    assert ask(world, "redirect", headers={"Forwarded": "for=192.0.2.7;proto=https"}).status == 308


@pytest.mark.parametrize("header", [V1, V2, LOCAL, b"PROXY UNKNOWN\r\n"])
def test_a_proxy_header_comes_first(world, header):
    assert ask(world, "proxy", header).status == 200


@pytest.mark.parametrize("data", [
    b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", V1.lower(), SIGNATURE + b"\x31\x11\x00\x0c", SIGNATURE + b"\x21\x11\xff\xff",
])
def test_a_connection_without_one_is_closed_unheard(world, data):
    with Connection(world.address_of("proxy")) as connection:
        if data:
            connection.send(data)
        assert connection.socket.recv(100) == b""


def test_a_header_that_trickles_in_is_not_waited_for_and_holds_nobody_up(world):
    with socket.create_connection(world.address_of("proxy"), timeout=10) as slow:
        start = time.monotonic()
        try:
            for byte in V1[:-1]:
                slow.sendall(bytes([byte]))
                assert ask(world, "proxy", V2).status == 200
                time.sleep(0.1)
        except OSError:
            pass
        else:
            assert slow.recv(1) == b""
        assert time.monotonic() - start < 10


def test_it_stands_before_tls(world):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(world.address_of("secure proxy"), timeout=10) as plain:
        plain.sendall(V2)
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(request_bytes("GET", "/healthz", {"Host": "localhost", "Connection": "close"}))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("listener, header, field, client", [
    ("proxy", V1, None, "192.0.2.1"), ("proxy", V2, None, "192.0.2.2"), ("proxy", LOCAL, None, "127.0.0.1"),
    ("proxy", LOCAL, "198.51.100.9, 192.0.2.3", "192.0.2.3"), ("proxy", V1, "192.0.2.4", "192.0.2.1"),
    ("redirect", b"", "nonsense, 192.0.2.5, 127.0.0.1", "192.0.2.5"), ("redirect", b"", "192.0.2.6, nonsense", "127.0.0.1"),
])
def test_the_reader_is_the_client(world, channel, listener, header, field, client):
    fields = {"X-Forwarded-Proto": "https"} if listener == "redirect" else {}
    if field:
        fields["X-Forwarded-For"] = field
    answer = ask(world, listener, header, fields, f"/channels/{channel}?transport=poll&wait=0")
    assert answer.status in (200, 204), answer
    came = rf"channels={re.escape(channel)} from={re.escape(client)} .*a reader has come"
    eventually(lambda: re.search(came, world.log(50_000)), 10, f"the reader from {client}")
