"""A client that reads slowly, but reads, is not cut by `stream.writeTimeout`; one that takes nothing is.

Each of them is owed more than the kernel takes for it, reads slowly for several times the limit, and then as fast as it can.
"""

import time

import pytest

from asking import Throttled, is_held_by_server, until_read
from harness import channel_path, poll_content
from wire import eventually

# Bytes a second, and seconds; the limit is one second. The kernel tells the server in steps of some 32 KB what was read of so
# small a buffer, so a slower rate would be silence.
RATE, SLOW_FOR = 64 * 1024, 5
CONFIGURATION = {
    "stream": {"writeTimeout": "1s"}, "poll": {"size": "8MB"},
    "retention": {"*": {"events": 100000, "age": "1h", "bytes": "64MB"}}, "memory": {"totalBytes": "256MB"}, "limits": {"eventSize": "1MB", "bodySize": "8MB", "batchSize": "8MB"},
}
NARROW = {"receive_buffer": 32 * 1024}
every_road = pytest.mark.roads("http1", "tls", "h2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    (folder / "large.bin").write_bytes(bytes(range(256)) * (6 << 12))
    return folder


@pytest.fixture(scope="module")
def configuration(folder):
    return {**CONFIGURATION, "publicFolder": str(folder)}


@pytest.fixture
def server(module_server, road):
    return module_server.over(road)


def publish_much(server, channel):
    """Six MB; the ids."""
    return [id for _ in range(6) for id in server.publish_batch(channel, [(None, f"{number} " + "x" * 10_000) for number in range(100)])]


def slowly(connection):
    return Throttled.over(connection, RATE, SLOW_FOR)


@every_road
def test_a_stream_is_written_to_the_end_for_a_client_that_reads_slowly(server, channel):
    ids = publish_much(server, channel)
    with server.stream(channel_path(channel) + "?since=earliest", timeout=60, **NARROW) as stream:
        throttle = slowly(stream.connection)
        assert [event.id for event in stream.take(len(ids))] == ids
        assert not throttle.is_slow, "it was read before it could have been cut"


@every_road
def test_a_large_answer_of_a_poll_is_written_to_the_end_for_a_client_that_reads_slowly(server, channel):
    ids = publish_much(server, channel)
    with server.connect(60, **NARROW) as connection:
        throttle = slowly(connection)
        content = poll_content(connection.call("GET", f"{channel_path(channel)}?since=earliest&wait=0", timeout=60))
        assert not throttle.is_slow, "it was read before it could have been cut"
    assert [event["id"] for event in content["events"]] == ids[:500]


@every_road
def test_a_file_is_written_to_the_end_for_a_client_that_reads_slowly(server, folder):
    with server.connect(60, **NARROW) as connection:
        throttle = slowly(connection)
        answer = connection.call("GET", "/large.bin", timeout=60)
        assert not throttle.is_slow, "it was read before it could have been cut"
    assert answer.status == 200 and answer.body == (folder / "large.bin").read_bytes()


@pytest.mark.roads("h2")
@pytest.mark.parametrize("window", [1000, 65535])
def test_a_client_whose_windows_open_slowly_is_written_to_the_end(server, channel, window):
    """What holds the server back is HTTP/2's windows here, not the kernel."""
    ids = publish_much(server, channel)[:100]
    with server.connect(60, window=window) as connection:
        slowly(connection)
        content = poll_content(connection.call("GET", f"{channel_path(channel)}?since=earliest&wait=0&limit=100", timeout=60))
    assert [event["id"] for event in content["events"]] == ids


@every_road
@pytest.mark.parametrize("target", ["?since=earliest&transport=sse", "?since=earliest&wait=0", "?since=earliest&transport=poll-sse&wait=0", None], ids=["a stream", "a poll", "poll-sse", "a file"])
def test_a_client_that_takes_nothing_is_let_go(server, channel, target):
    publish_much(server, channel)
    with server.connect(60, **NARROW) as connection:
        connection.ask("GET", "/large.bin" if target is None else channel_path(channel) + target)
        until_read(connection)
        assert is_held_by_server(connection)
        eventually(lambda: not is_held_by_server(connection), 20, "it is let go")


@pytest.mark.roads("h2")
def test_a_stream_whose_window_stays_shut_is_let_go_though_its_siblings_flow(server, channel):
    publish_much(server, channel)
    with server.connect(60, window=65535) as connection:
        stalled = connection.ask("GET", channel_path(channel) + "?since=earliest&transport=sse")
        stalled.is_stalled = True
        live = connection.ask("GET", channel_path(channel + "/live") + "?transport=sse&heartbeat=0")
        connection.head_of(live)
        seen = 0

        def is_let_go():
            nonlocal seen
            server.publish(channel + "/live", "flows")
            seen += 1
            while b"".join(live.frames).count(b"data: flows\n") < seen:
                connection.fill(time.monotonic() + 10)
            return stalled.ended == "cut"

        eventually(is_let_go, 20, "the stream is reset")
        assert live.ended is None
