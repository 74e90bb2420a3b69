"""A server with a TLS listener and short limits, for those who do it harm. A module takes the fixtures by importing them."""

import ssl

import pytest

from certificates import Authority
from tls_checks import Watch, client_context, secure_call, serving


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
def secure(binary, tmp_path_factory, authority):
    pair = authority.issue("faults", ["pollux.test"])
    yield from serving(binary, tmp_path_factory.mktemp("faults"), {"secure": {"tls": pair.configuration}}, CONFIGURATION)


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
