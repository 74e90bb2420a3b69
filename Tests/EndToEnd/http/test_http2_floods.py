"""HTTP/2 clients that are broken or mean: floods, bombs, and clients that take nothing (RFC 9113 section 10.5).

All by raw frames, over the plain listener with prior knowledge and again over TLS. Each ends as the
RFC says, a good client is served meanwhile, and the memory stays as it was.
"""

import pytest

from raw_frames import (
    ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR, HEADERS, MAX_CONCURRENT_STREAMS, PING, PREFACE, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE,
    RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE, Peer, frame, reset, settings, window_update,
)
from certificates import Authority
from tls_checks import Watch, client_context, secure_connection, serving
from wire import eventually

WRITE_TIMEOUT = 2
CONFIGURATION = {
    "limits": {"headTimeout": "2s", "bodyTimeout": "2s"},
    "stream": {"writeTimeout": f"{WRITE_TIMEOUT}s"},
    "retention": {"*": {"events": 10000, "age": "1h", "bytes": "64MB"}},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("floods-authority"))


@pytest.fixture(scope="module")
def flooded(binary, tmp_path_factory, authority):
    pair = authority.issue("floods", ["pollux.test"])
    yield from serving(binary, tmp_path_factory.mktemp("floods"), {"secure": {"tls": pair.configuration}}, CONFIGURATION)


@pytest.fixture(params=["plain", "tls"])
def connect(request, flooded, authority):
    """Open a connection that speaks HTTP/2: `connect()`, with SETTINGS of its own `connect(settings(window=0))`."""
    peers = []

    def open_one(initial=b"", greet=True):
        if request.param == "plain":
            connection = flooded.connect()
        else:
            connection = secure_connection(flooded.address_of("secure"), client_context(authority, alpn=("h2",)))
            assert connection.socket.selected_alpn_protocol() == "h2"
        peers.append(Peer(connection, initial, greet))
        return peers[-1]

    yield open_one
    for peer in peers:
        peer.connection.close()


@pytest.fixture
def watch(flooded, note, request):
    def begin(most=24):
        return Watch(flooded, most, note, request.node.name)

    return begin


def assert_lives(peer, stream):
    """The connection is still good for a request."""
    peer.send(peer.request(stream))
    assert peer.until(lambda: peer.status(stream)), f"no answer: {peer.outcome()}, {peer.resets}"
    assert peer.status(stream) == 200


def assert_over(peer, *codes, timeout=5):
    """GOAWAY with one of these codes, or closed where the GOAWAY was lost to a reset; then the end of the connection."""
    assert peer.until_over(timeout), f"still there: {peer.resets}, {peer.acks}"
    if peer.goaway is not None:
        assert peer.goaway in codes, f"GOAWAY {peer.goaway}, not {codes}"
    assert peer.until_closed(timeout), f"told the end, but left the connection open: {peer.outcome()}"


def assert_stream_or_connection_error(peer, stream, *codes):
    """RFC 9113 5.4: a connection may be ended for what is only a stream's error."""
    assert peer.until(lambda: stream in peer.resets or peer.over), f"nothing happened: {peer.outcome()}, {peer.heads}"
    if stream in peer.resets:
        assert peer.resets[stream] in codes, f"reset with {peer.resets[stream]}, not {codes}"
    else:
        assert_over(peer, *codes)


# floods


def test_rapid_reset(connect, watch, channel):
    """CVE-2023-44487: streams that are opened and reset at once, 10,000 of them."""
    with watch(), connect() as peer:
        peer.flood(
            b"".join(frame(HEADERS, END_HEADERS | END_STREAM, n, peer.block(f"/channels/{channel}?wait=20")) + reset(n) for n in range(at, at + 200, 2))
            for at in range(1, 20001, 200)
        )
        assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR)


@pytest.mark.parametrize("how", ["window update of 0", "window overflow", "data on it after its end"])
def test_rapid_reset_that_the_server_is_made_to_do(connect, watch, channel, how):
    """CVE-2025-8671: it is the server that resets the streams, for errors made on purpose."""
    fault = {"window update of 0": lambda n: window_update(n, 0), "window overflow": lambda n: window_update(n, 0x7FFFFFFF),
             "data on it after its end": lambda n: frame(DATA, 0, n, b"x")}[how]
    with watch(), connect() as peer:
        peer.flood(
            b"".join(frame(HEADERS, END_HEADERS | END_STREAM, n, peer.block(f"/channels/{channel}?wait=20")) + fault(n) for n in range(at, at + 200, 2))
            for at in range(1, 20001, 200)
        )
        assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED)


@pytest.mark.parametrize("size", [0, 1, 16000])
def test_continuation_flood(connect, watch, size):
    """CVE-2024-27983 and its like: a head that never ends."""
    with watch(), connect() as peer:
        field = b"\x00\x03x-a" + b"\x7f" + b"\x81\x7c" + b"a" * 15996 if size == 16000 else b"\x82"[:size]
        peer.flood([frame(HEADERS, END_STREAM, 1, peer.block())] + [frame(CONTINUATION, 0, 1, field) * (1 if size > 1 else 100)] * 1000)
        assert peer.sent < 4 << 20, "it read on and on"
        assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, COMPRESSION_ERROR)


@pytest.mark.parametrize("reads", [True, False], ids=["reading", "not reading"])
@pytest.mark.parametrize("kind, flags, payload", [(PING, 0, b"12345678"), (SETTINGS, 0, b""), (SETTINGS, 0, settings(window=65535)), (SETTINGS, 0, settings(table=4096) * 100)], ids=["ping", "empty settings", "settings", "many settings in one"])
def test_a_flood_of_frames_that_must_be_answered(connect, watch, kind, flags, payload, reads):
    """CVE-2019-9512 and 9515. Without the flood's end the answers to a client that does not read would be kept for ever."""
    with watch(), connect() as peer:
        peer.reading = reads
        acks = peer.acks[kind]
        piece = frame(kind, flags, 0, payload) * (200 if len(payload) < 100 else 20)
        all_sent = peer.flood([piece] * 500, timeout=6)
        peer.reading = True
        if reads and all_sent:
            count = 500 * (200 if len(payload) < 100 else 20)
            assert peer.until(lambda: peer.over or peer.acks[kind] >= acks + count, 10), f"{peer.acks} of {count}"
        peer.until_over(2)
        if peer.over:
            assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR)
        else:
            assert reads, "the flood of a client that does not read was taken to its end"
            assert_lives(peer, 1)


def test_a_flood_of_empty_data_frames(connect, watch, channel):
    """CVE-2019-9518."""
    with watch(), connect() as peer:
        peer.send(peer.request(1, f"/channels/{channel}", "POST", [("content-type", "text/plain")], end=False))
        peer.flood([frame(DATA, 0, 1) * 100] * 1000)
        assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR)


def test_a_flood_of_empty_heads(connect, watch):
    """CVE-2019-9518 again: each is malformed (no method, no path), so each costs a reset."""
    with watch(), connect() as peer:
        peer.flood(b"".join(frame(HEADERS, END_HEADERS | END_STREAM, n) for n in range(at, at + 200, 2)) for at in range(1, 20001, 200))
        assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR)


def test_a_flood_of_empty_field_names(connect, watch):
    """CVE-2019-9516: fields without a name or a value, 1 byte each once they are in the table."""
    with watch(), connect() as peer:
        for stream in range(1, 41, 2):
            peer.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, peer.block() + b"\x40\x00\x00" + b"\xbe" * 8000))
        assert peer.until(lambda: peer.over or all(n in peer.resets or n in peer.heads for n in range(1, 41, 2))), peer.outcome()
        assert not any(peer.status(n) == 200 for n in range(1, 41, 2)), "a field without a name was taken"


@pytest.mark.parametrize("piece", [frame(PRIORITY, 0, 1, b"\x00\x00\x00\x03\x10"), b"".join(frame(PRIORITY, 0, n, b"\x80\x00\x00\x01\xff") for n in range(3, 203, 2)), window_update(0, 1), frame(0x42, 0, 0, b"x"), reset(1, CANCEL)],
                         ids=["priority of one", "priority of many", "window update", "unknown", "reset of a closed one"])
def test_a_flood_of_frames_that_need_no_answer(connect, watch, piece):
    """Passed over or ended; never more than the bytes that are under way."""
    with watch(), connect() as peer:
        assert_lives(peer, 1)
        sent = peer.flood([piece * max(1, 200 * 13 // len(piece))] * 250)
        peer.until_over(0.5)
        if peer.over:
            assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, STREAM_CLOSED)
        else:
            assert sent
            assert_lives(peer, 9001)


# heads that are too large


def test_a_header_bomb(connect, watch):
    """HPACK: 4,000 bytes put into the table once, then named 1 byte each time; 20 heads of 60 MB."""
    with watch(), connect() as peer:
        peer.send(peer.request(1, extra=[("x-bomb", "b" * 4000)]))
        peer.until(lambda: peer.status(1))
        for stream in range(3, 43, 2):
            peer.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, peer.block() + b"\xbe" * 15000))
        streams = range(3, 43, 2)
        assert peer.until(lambda: peer.over or all(n in peer.resets or n in peer.heads for n in streams)), peer.outcome()
        assert all(peer.status(n) in (0, 431, 400) for n in streams), peer.heads


@pytest.mark.parametrize("extra", [[("x-large", "a" * 20000)], [("x-large", "a" * 15000), ("x-more", "b" * 15000)], [(f"x-{n}", "1") for n in range(150)]], ids=["one field", "two", "150 fields"])
def test_a_head_beyond_the_limit(connect, watch, extra):
    with watch(), connect() as peer:
        block = peer.block(extra=extra)
        first, rest = block[:16000], [block[at : at + 16000] for at in range(16000, len(block), 16000)]
        peer.send(frame(HEADERS, END_STREAM | (0 if rest else END_HEADERS), 1, first) + b"".join(
            frame(CONTINUATION, END_HEADERS if n == len(rest) - 1 else 0, 1, part) for n, part in enumerate(rest)))
        assert peer.until(lambda: peer.over or 1 in peer.resets or peer.status(1)), "nothing happened"
        if peer.over:
            assert_over(peer, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, COMPRESSION_ERROR)
        else:
            assert peer.status(1) in (0, 431), peer.heads
            assert_lives(peer, 3)


# streams and windows


def test_more_streams_than_agreed(connect, watch, flooded, channel):
    """As many as were agreed on are held, and each gets its event. One more ends the connection, where RFC 9113 would
    have it end the stream only: swift-nio-http2 takes it for an error of the connection."""
    with watch(), connect() as peer:
        most = peer.server_settings[MAX_CONCURRENT_STREAMS]
        assert 1 <= most <= 1000
        streams = [2 * n + 1 for n in range(most)]
        peer.send(b"".join(peer.request(n, f"/channels/{channel}?wait=20") for n in streams))
        ended = peer.until(lambda: peer.over, 0.5)
        assert not ended, peer.outcome()
        flooded.publish(channel, "for all")
        assert peer.until(lambda: len(peer.heads) >= most), f"{len(peer.heads)} of {most} answered, {peer.outcome()}"
        beyond = [streams[-1] + 2 + 2 * n for n in range(most + 1)]
        peer.send(b"".join(peer.request(n, f"/channels/{channel}?wait=20") for n in beyond))
        assert peer.until(lambda: peer.over), f"{len(peer.resets)} reset, {peer.outcome()}"


def test_a_client_that_sends_more_than_the_window(connect, watch, flooded, channel):
    with watch(), connect() as peer:
        peer.send(peer.request(1, f"/channels/{channel}", "POST", [("content-type", "text/plain")], end=False))
        peer.flood([frame(DATA, 0, 1, b"x" * 16000)] * 1000)
        assert peer.until(lambda: peer.over or 1 in peer.resets or peer.status(1)), "nothing happened"
        assert peer.status(1) in (0, 413), peer.heads
        if peer.over:
            assert_over(peer, FLOW_CONTROL_ERROR, ENHANCE_YOUR_CALM, STREAM_CLOSED, PROTOCOL_ERROR)
    assert flooded.events(f"/channels/{channel}") == []


H = END_HEADERS | END_STREAM
CONNECTION_ERRORS = {
    "the window of the connection overflows": (lambda p: window_update(0, 0x7FFFFFFF) * 2, FLOW_CONTROL_ERROR),
    "a window update of zero for the connection": (lambda p: window_update(0, 0), PROTOCOL_ERROR),
    "a window update of 3 bytes": (lambda p: frame(WINDOW_UPDATE, 0, 0, b"abc"), FRAME_SIZE_ERROR),
    "settings too large": (lambda p: frame(SETTINGS, 0, 0, settings(window=1) * 3000), FRAME_SIZE_ERROR),
    "settings of 5 bytes": (lambda p: frame(SETTINGS, 0, 0, b"12345"), FRAME_SIZE_ERROR),
    "settings on a stream": (lambda p: frame(SETTINGS, 0, 1), PROTOCOL_ERROR),
    "an acknowledgement of settings with content": (lambda p: frame(SETTINGS, ACK, 0, settings(window=1)), FRAME_SIZE_ERROR),
    "a first window beyond 2^31-1": (lambda p: frame(SETTINGS, 0, 0, settings(window=0x80000000)), FLOW_CONTROL_ERROR),
    "a ping of 7 bytes": (lambda p: frame(PING, 0, 0, b"1234567"), FRAME_SIZE_ERROR),
    "a ping on a stream": (lambda p: frame(PING, 0, 1, b"12345678"), PROTOCOL_ERROR),
    "a head too large for a frame": (lambda p: frame(HEADERS, H, 1, p.block() + b"\x82" * 16400), FRAME_SIZE_ERROR),
    "a frame of 16 MB, announced": (lambda p: b"\xff\xff\xff" + frame(DATA, 0, 1)[3:], FRAME_SIZE_ERROR, PROTOCOL_ERROR),
    "data on stream 0": (lambda p: frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    "data on a stream that was never opened": (lambda p: frame(DATA, 0, 5, b"x"), PROTOCOL_ERROR, STREAM_CLOSED),
    "a reset of a stream that was never opened": (lambda p: reset(5), PROTOCOL_ERROR),
    "a window update of a stream that was never opened": (lambda p: window_update(5, 1), PROTOCOL_ERROR),
    "a reset of 3 bytes": (lambda p: p.request(1, end=False) + frame(RST_STREAM, 0, 1, b"abc"), FRAME_SIZE_ERROR),
    "a stream of the server's numbers": (lambda p: frame(HEADERS, H, 2, p.block()), PROTOCOL_ERROR),
    "a stream below the last": (lambda p: p.request(5) + frame(HEADERS, H, 3, p.block()), PROTOCOL_ERROR, STREAM_CLOSED),
    "a head on stream 0": (lambda p: frame(HEADERS, H, 0, p.block()), PROTOCOL_ERROR),
    "a promise": (lambda p: frame(PUSH_PROMISE, END_HEADERS, 1, b"\x00\x00\x00\x02" + p.block()), PROTOCOL_ERROR),
    "a continuation of nothing": (lambda p: frame(CONTINUATION, END_HEADERS, 1, p.block()), PROTOCOL_ERROR),
    "another frame amid a head": (lambda p: frame(HEADERS, END_STREAM, 1, p.block()) + frame(PING, 0, 0, b"12345678"), PROTOCOL_ERROR),
    "padding longer than the frame": (lambda p: p.request(1, "/channels/x", "POST", end=False) + frame(DATA, 0x8, 1, b"\xffabc"), PROTOCOL_ERROR),
    "an index that is not in the table": (lambda p: frame(HEADERS, H, 1, b"\xff\xff\x03"), COMPRESSION_ERROR),
    "a table larger than agreed": (lambda p: frame(HEADERS, H, 1, b"\x3f\xe1\xff\x3f" + p.block()), COMPRESSION_ERROR),
    "an integer without an end": (lambda p: frame(HEADERS, H, 1, b"\x7f" + b"\xff" * 100), COMPRESSION_ERROR),
    "Huffman's end inside a text": (lambda p: frame(HEADERS, H, 1, b"\x40\x84\xff\xff\xff\xff\x01a"), COMPRESSION_ERROR),
}


@pytest.mark.parametrize("case", CONNECTION_ERRORS.values(), ids=CONNECTION_ERRORS.keys())
def test_an_error_of_the_connection_is_its_end(connect, watch, case):
    make, *codes = case
    with watch(), connect() as peer:
        peer.send(make(peer))
        assert_over(peer, *codes, ENHANCE_YOUR_CALM)


STREAM_ERRORS = {
    "the window of a stream overflows": (lambda p, c: p.request(1, f"/channels/{c}?wait=20") + window_update(1, 0x7FFFFFFF), FLOW_CONTROL_ERROR),
    "a window update of zero": (lambda p, c: p.request(1, f"/channels/{c}?wait=20") + window_update(1, 0), PROTOCOL_ERROR),
    "data after the end of the request": (lambda p, c: p.request(1, f"/channels/{c}?wait=20") + frame(DATA, 0, 1, b"x"), STREAM_CLOSED),
    "data too large for a frame": (lambda p, c: p.request(1, f"/channels/{c}", "POST", end=False) + frame(DATA, 0, 1, b"x" * 16385), FRAME_SIZE_ERROR),
    "a stream that depends on itself": (lambda p, c: p.request(1, f"/channels/{c}?wait=20") + frame(HEADERS, H, 1, p.block()), PROTOCOL_ERROR, STREAM_CLOSED),
}


@pytest.mark.parametrize("case", STREAM_ERRORS.values(), ids=STREAM_ERRORS.keys())
def test_an_error_of_a_stream_is_its_end(connect, watch, channel, case):
    make, *codes = case
    with watch(), connect() as peer:
        peer.send(make(peer, channel))
        assert_stream_or_connection_error(peer, 1, *codes)
        if not peer.over:
            assert_lives(peer, 3)


def test_data_on_a_stream_that_was_reset(connect, watch, flooded, channel):
    with watch(), connect() as peer:
        peer.send(peer.request(1, f"/channels/{channel}", "POST", [("content-type", "text/plain")], end=False) + frame(DATA, 0, 1, b"half") + reset(1))
        peer.send(frame(DATA, END_STREAM, 1, b"whole"))
        peer.until_over(0.3)
        if peer.over:
            assert_over(peer, STREAM_CLOSED, PROTOCOL_ERROR)
        else:
            assert_lives(peer, 3)
    assert flooded.events(f"/channels/{channel}") == [], "a request that was reset is no publish"


@pytest.mark.parametrize("data", [PREFACE[:-1], PREFACE[:10] + b"x" * 14, PREFACE + b"GET / HTTP/1.1\r\n\r\n", PREFACE + frame(PING, 0, 0, b"12345678"), PREFACE, PREFACE + frame(SETTINGS)[:5]],
                         ids=["cut", "broken", "then HTTP/1", "ping instead of settings", "then nothing", "cut settings"])
def test_a_beginning_that_is_none(connect, watch, data):
    """Ended at once, or at the time limit of a head."""
    with watch(), connect(greet=False) as peer:
        peer.send(data)
        assert peer.until_closed(6), "it waits for ever"


# clients that take nothing


@pytest.mark.heavy
@pytest.mark.parametrize("what", ["polls", "streams"])
def test_slow_readers_cost_little_and_are_let_go(connect, watch, flooded, channel, what, note):
    """200 answers of 800 KB each on windows of zero: not made before they can be sent, and given up after the time limit."""
    flooded.publish_batch(channel, [(None, "y" * 4000)] * 200)
    query = "?since=earliest&limit=500&wait=0" if what == "polls" else "?since=earliest&transport=sse&heartbeat=0"
    with watch(most=64) as seen:
        peers = [connect(settings(window=0)) for _ in range(4)]
        for peer in peers:
            most = min(50, peer.server_settings.get(MAX_CONCURRENT_STREAMS, 50))
            peer.send(b"".join(peer.request(2 * n + 1, f"/channels/{channel}{query}") for n in range(most)))
        for peer in peers:
            assert peer.until(lambda: peer.heads or peer.over), f"no answer: {peer.outcome()}"
        for peer in peers:
            # Those that were answered; others wait until there is room for their answers.
            gone = peer.until(lambda: peer.over or len(peer.resets) >= len(peer.heads) // 2, WRITE_TIMEOUT + 6)
            assert gone, f"{len(peer.resets)} of {len(peer.heads)} given up {WRITE_TIMEOUT + 6} s later: {peer.outcome()}"
            assert not any(peer.bodies.values()), "more than the window allows"
    note(f"200 slow {what}: +{seen.grown:.1f} MB")


def test_a_window_that_opens_byte_by_byte_holds_nothing_up(connect, watch, flooded, channel):
    """CVE-2019-9511: each byte of the window could be a frame. Other streams of the connection go on."""
    flooded.publish_batch(channel, [(None, "y" * 4000)] * 50)
    with watch(), connect(settings(window=0)) as peer:
        peer.send(peer.request(1, f"/channels/{channel}?since=earliest&limit=500&wait=0"))
        peer.until(lambda: peer.status(1))
        for _ in range(20):
            peer.send(window_update(1, 1) * 50)
        peer.until(lambda: len(peer.bodies.get(1, b"")) >= 1000 or 1 in peer.resets or peer.over)
        assert len(peer.bodies.get(1, b"")) <= 1000
        if not peer.over:
            assert_lives(peer, 3)


def test_a_connection_that_takes_nothing_from_tcp_is_let_go(connect, watch, flooded, channel):
    """Windows as wide as can be, but the client does not read at all."""
    flooded.publish_batch(channel, [(None, "y" * 4000)] * 200)
    with watch(most=64), connect(settings(window=0x7FFFFFFF)) as peer:
        peer.send(window_update(0, 0x7FFF0000 - 65535))
        peer.reading = False
        before = flooded.descriptors()
        peer.send(b"".join(peer.request(2 * n + 1, f"/channels/{channel}?since=earliest&limit=500&wait=0") for n in range(50)))
        eventually(lambda: flooded.descriptors() < before, WRITE_TIMEOUT + 8, "the connection is let go")
