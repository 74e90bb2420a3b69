"""By what a polyfill of 2013 is known, whose streams are ended early: the value of `X-Requested-With`, not that it is there."""

import pytest

from harness import channel_path

pytestmark = pytest.mark.roads("http1", "h2")
CONFIGURATION = {"stream": {"polyfillLifetime": "1s"}}


@pytest.fixture
def server(module_server, road):
    return module_server.over(road)


@pytest.mark.parametrize("value", ["XMLHttpRequest", "xmlhttprequest", "XMLHTTPREQUEST"])
def test_a_stream_of_a_polyfill_is_ended_whole_after_its_lifetime(server, channel, value):
    with server.stream(channel_path(channel) + "?heartbeat=0", headers={"X-Requested-With": value}) as stream:
        assert stream.rest(timeout=20) == [] and stream.ended == "clean"


@pytest.mark.parametrize("headers, query", [
    ({"X-Requested-With": "com.example.app"}, ""), ({"X-Requested-With": "com.android.browser"}, ""), ({"X-Requested-With": ""}, ""), ({"X-Requested-With": "XMLHttpRequest2"}, ""),
    ({"X-Requested-With": "not XMLHttpRequest"}, ""), ({"X-Requested-With": "XMLHttpRequest"}, "&evs_preamble=0"), ({}, ""),
], ids=lambda value: None)
def test_every_other_stream_goes_on(server, channel, headers, query):
    """Three heartbeats, a second apart, are more than a polyfill's lifetime."""
    with server.stream(f"{channel_path(channel)}?heartbeat=1{query}", headers=headers) as stream:
        stream.until(lambda stream: len(stream.parser.retries) >= 4, timeout=20)
        id = server.publish(channel, "still here")
        assert stream.next().id == id
