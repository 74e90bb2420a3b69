"""A function that gives the token: when `pollux.js` asks it, and which requests carry what it gave."""

import re

from client_pages import driver, folder, page, proxy, server, tabs  # noqa: F401
from wire import eventually

PROBLEM = b'{"title": "No token", "status": 401}'
UNAUTHORIZED = (
    b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n"
    b'WWW-Authenticate: Bearer realm="pollux", error="invalid_token"\r\nConnection: close\r\n\r\n' % len(PROBLEM) + PROBLEM
)
BEGIN = "pollux.close(); window.asked = 0; const give = %s; await begin(undefined, { token: async () => { asked += 1; return give(); } })"


def tokens(proxy, part):  # noqa: F811
    """The tokens of the requests so far for this, in order."""
    heads = [request.head.decode("latin-1") for request in proxy.requests if part in request.selection]
    return [(re.findall(r"(?im)^authorization: Bearer (\S+)", head) or [None])[0] for head in heads]


def test_a_refused_token_is_replaced_and_sent_no_more(page, proxy, server, channel):  # noqa: F811
    page.run(BEGIN % "() => `t${asked}`")
    proxy.meddle(UNAUTHORIZED, method="GET", target=channel)
    page.read(channel)
    page.await_open()
    server.publish(channel, "a")
    page.await_events(channel, 1)
    assert page.run("return asked") == 2
    seen = tokens(proxy, channel)
    assert seen[0] == "t1" and set(seen[1:]) == {"t2"} and proxy.streams


def test_a_function_that_gives_a_refused_token_again_is_told_and_no_request_carries_it(page, proxy, channel):  # noqa: F811
    page.run(BEGIN % "() => 'same'")
    proxy.meddle(UNAUTHORIZED, method="GET", target=channel, times=5)
    page.run("read(values[0]).catch(() => {})", channel)
    eventually(lambda: page.run("return errors"), 10, "an error is told")
    assert page.run("return errors[0][1]") == 401
    assert tokens(proxy, channel) == ["same"]


def test_tabs_share_one_token(tabs, proxy, server, channel):  # noqa: F811
    pages = [tabs(), tabs()]
    for number, each in enumerate(pages):
        each.run(BEGIN % f"() => 'of{number}'")
        each.read(channel)
    server.publish(channel, "a")
    for each in pages:
        each.await_events(channel, 1)
    assert set(tokens(proxy, channel)) == {"of0"}
    assert [each.run("return asked") for each in pages] == [1, 0]


ENDED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    b"retry: 500\nevent: pollux.heartbeat\ndata: 15\n\n" b'event: pollux.denied\ndata: {"reason":"expired"}\n\n'
)


def test_a_stream_that_ended_for_a_right_goes_on_with_the_next_token_from_its_cursor(page, proxy, server, channel):  # noqa: F811
    page.run(BEGIN % "() => `t${asked}`")
    proxy.meddle(ENDED, target="/events")
    page.read(channel)
    server.publish(channel, "a")
    page.await_events(channel, 1)
    eventually(lambda: len(tokens(proxy, "open=id")) == 2 and proxy.streams, 20, "the stream is asked for again")
    server.publish(channel, "b")
    page.await_events(channel, 2)
    assert page.data(channel) == ["a", "b"]
    assert tokens(proxy, "open=id") == ["t1", "t2"]
