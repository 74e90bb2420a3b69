"""How much each address, principal and channel may take: who is above a limit is told so, and the others go on."""

import socket
from contextlib import ExitStack

import pytest

from harness import Certificate, Server, free_port, running
from nginx import Nginx
from tokens import SECRET, Issuer, bearer
from wire import eventually

ISSUERS = [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}]
PROXY = """server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}"""
OPEN = {"*": {"read": "anyone", "publish": "anyone", "drop": "anyone"}}


def pollux(binary, folder, limits, rules=OPEN, **more):
    settings = {"access": {"rules": rules, "issuers": ISSUERS}, "limits": limits, **more}
    return running(Server(binary, folder, settings, certificate=Certificate(folder)))


def assert_limited(answer, key, policy):
    assert answer.status == 429 and key in answer.json()["detail"], answer
    assert int(answer.header("retry-after")) >= 1
    assert answer.header("ratelimit-policy").startswith(policy) and answer.header("ratelimit").startswith(policy.split(";")[0])
    assert "RateLimit" in answer.header("access-control-expose-headers")


def read(server, channel="a", fields=()):
    """The status of a poll."""
    return server.call("GET", f"/channels/{channel}?wait=0", fields)


def opened(stack, server, channel="a", fields=()):
    stream = stack.enter_context(server.stream(f"/channels/{channel}?transport=sse&since=now", headers=list(dict(fields).items())))
    stream.opened()
    assert b": refused" not in stream.raw
    return stream


def is_open(stack, server):
    """Whether a stream was let in, which then stays."""
    try:
        return opened(stack, server)
    except AssertionError:
        return None


@pytest.mark.parametrize("road", ["http1", "tls", "h2"])
def test_publishers_above_their_rate_are_told_when_to_come_back_and_do(binary, tmp_path, road):
    with pollux(binary, tmp_path, {"address": {"publishRate": "1/s", "publishBurst": 3}}) as started:
        server = started.over(road)
        answers = [server.post("a", str(number)) for number in range(6)]
        kept = [answer for answer in answers if answer.status == 201]
        assert 3 <= len(kept) < 6
        refused = next(answer for answer in answers if answer.status != 201)
        assert_limited(refused, "limits.address.publishRate", '"publish";q=1;w=1')
        eventually(lambda: server.post("a", "later").status == 201, 10, "there is room again")
        data = [event["data"] for event in server.call("GET", "/channels/a?wait=0&since=earliest").json()["events"]]
        assert len(data) == len(kept) + 1, "what was refused was not kept"


def test_a_batch_counts_each_event_and_bytes_have_a_rate_of_their_own(binary, tmp_path):
    with pollux(binary, tmp_path, {"channel": {"publishRate": "1/m", "publishBurst": 10}, "address": {"byteRate": "4KB"}}) as server:
        batch = b"".join(b'{"data":%d}\n' % number for number in range(30))
        post = lambda channel, body, type: server.call("POST", f"/channels/{channel}", {"Content-Type": type}, body)
        assert post("a", batch, "application/x-ndjson").status == 201, "there was room for some, so all pass"
        assert_limited(post("a", b"x", "text/plain"), "limits.channel.publishRate", '"publish";q=1;w=60')
        assert post("b", b"x", "text/plain").status == 201, "another channel has its own"
        assert post("c", b"x" * 60_000, "text/plain").status == 201, "there was room for some, so all pass, and then none for long"
        assert_limited(post("d", b"x", "text/plain"), "limits.address.byteRate", '"bytes"')


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_a_principal_has_its_readers_wherever_they_come_from(binary, tmp_path, road):
    issuer, rules = Issuer(), {"*": {"read": "token"}}
    ann, bob = (bearer(issuer.token(sub=name)) for name in ("ann", "bob"))
    with pollux(binary, tmp_path, {"principal": {"readers": 2}}, rules) as started, ExitStack() as stack:
        server = started.over(road)
        first = opened(stack, server, "a", ann)
        opened(stack, server, "b", ann)
        refused = server.call("GET", "/channels/a?transport=sse", ann)
        assert refused.status == 200 and b": refused" in refused.body and b"retry:" in refused.body, "a status would end an EventSource"
        assert_limited(read(server, fields=ann), "limits.principal.readers", '"readers"')
        other = bearer(issuer.token(sub="ann", jti="another token of hers"))
        assert read(server, fields=other).status == 429
        assert read(server, fields=bob).status == 200
        first.close()
        eventually(lambda: read(server, fields=ann).status == 200, 10, "her place is free again")


def test_a_channel_has_its_readers(binary, tmp_path):
    with pollux(binary, tmp_path, {"channel": {"readers": 1}}) as server, ExitStack() as stack:
        opened(stack, server, "full")
        assert_limited(read(server, "full"), "limits.channel.readers", '"readers"')
        assert server.call("GET", "/events?channel=full&channel=b&wait=0").status == 429
        assert read(server, "b").status == 200


@pytest.mark.parametrize("way", ["closed", "reset", "gone while it waits", "answered", "its budget is used up"])
def test_a_place_is_given_back_however_a_reader_ends(binary, tmp_path, way):
    with pollux(binary, tmp_path, {"channel": {"readers": 3}}) as server:
        for _ in range(10):
            match way:
                case "answered": assert read(server).status == 200
                case "its budget is used up":
                    server.publish("a", "x")
                    assert server.call("GET", "/channels/a?transport=sse&since=-1&budget=1").status == 200
                case "gone while it waits":
                    with server.connect() as connection:
                        connection.send(b"GET /channels/a?transport=poll&wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                case _:
                    stream = server.stream("/channels/a?transport=sse&since=now")
                    stream.opened()
                    if way == "reset":
                        stream.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                    stream.close()
            eventually(lambda: read(server).status == 200, 10, "there is a place")
        with ExitStack() as stack:
            for _ in range(3):
                eventually(lambda: is_open(stack, server), 10, "there is a place")
            assert read(server).status == 429, "none was given back twice"


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_a_place_is_given_back_by_a_reset_stream_of_http2_and_a_drop_of_the_channel_takes_none(binary, tmp_path, road):
    with pollux(binary, tmp_path, {"channel": {"readers": 2}}) as started, ExitStack() as stack:
        server = started.over(road)
        stream = opened(stack, server)
        assert server.call("DELETE", "/channels/a").status == 204
        server.publish("a", "after")
        assert stream.next().data == "after"
        stream.close()
        opened(stack, server), opened(stack, server)
        eventually(lambda: read(server).status == 429, 10, "both places are taken")


def test_connections_above_the_limit_are_told_or_closed_and_others_go_on(binary, tmp_path):
    with pollux(binary, tmp_path, {"address": {"connections": 5}}) as server, ExitStack() as stack:
        good = opened(stack, server)
        held = [stack.enter_context(server.connect()) for _ in range(4)]
        for connection in held:
            connection.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.read_answer().status == 200
        told = stack.enter_context(server.connect())
        told.send(b"GET /channels/a?wait=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = told.read_answer()
        assert answer.status in (429, 503) and "limits.address.connections" in answer.json()["detail"], answer
        elsewhere = socket.create_connection(server.address, 5, source_address=("127.0.0.7", 0))
        elsewhere.sendall(b"POST /channels/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi")
        assert b" 201 " in elsewhere.recv(4096)
        elsewhere.close()
        assert good.next().data == "hi", "who was there goes on"
        eventually(lambda: "limits.address.connections" in server.log(100_000), 10, "a line of the log")


def test_connections_that_come_too_fast_are_closed_and_those_of_another_address_are_not(binary, tmp_path):
    with pollux(binary, tmp_path, {"address": {"connectionRate": "1/s", "connectionBurst": 10}}) as server:
        def answered(source):
            try:
                with socket.create_connection(server.address, 5, source_address=(source, 0)) as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    return b" 200 " in connection.recv(4096)
            except OSError:
                return False
        flood = [answered("127.0.0.8") for _ in range(60)]
        assert any(flood) and not all(flood)
        assert all(answered("127.0.0.9") for _ in range(5)), "another address is another client"
        eventually(lambda: "limits.address.connectionRate" in server.log(100_000), 10, "a line of the log")
        assert server.log(100_000).count('limits.address.connectionRate') < 20, "a line a second, however many"


@pytest.mark.parametrize("proxies", [[], ["127.0.0.1"]])
def test_a_forwarded_address_counts_from_a_known_proxy_alone(binary, tmp_path, proxies):
    more = {"proxies": proxies, "forwarded": "xForwardedFor"} if proxies else {}
    with pollux(binary, tmp_path, {"address": {"publishRate": "1/m", "publishBurst": 2}}, **more) as server:
        def statuses(client, count=4):
            fields = {"X-Forwarded-For": client, "Content-Type": "text/plain"}
            return [server.call("POST", "/channels/a", fields, b"x").status for _ in range(count)]
        flood = statuses("192.0.2.1")
        assert flood[:2] == [201, 201] and flood[-1] == 429
        # By another name it is another client only where the proxy is known that says so.
        assert statuses("192.0.2.2", 1) == ([201] if proxies else [429])
        # What a client writes before the proxy's own entry changes nothing.
        assert statuses("198.51.100.9, 192.0.2.1", 1) == [429]


def test_a_limit_that_is_raised_holds_at_once(binary, tmp_path):
    with pollux(binary, tmp_path, {"channel": {"readers": 1}}) as server, ExitStack() as stack:
        opened(stack, server)
        assert read(server).status == 429
        server.reconfigure(limits={"channel": {"readers": 2}})
        eventually(lambda: read(server).status == 200, 10)
        opened(stack, server)
        assert read(server).status == 429, "the first one still counts"


def test_what_an_administrator_does_is_a_line_of_the_log(binary, tmp_path):
    issuer = Issuer()
    rules = {"*": {"read": "anyone", "drop": "token"}}
    with pollux(binary, tmp_path, {}, rules) as server:
        assert server.call("DELETE", "/channels/some", bearer(issuer.token(sub="ann"))).status == 204
        line = eventually(lambda: [line for line in server.log(100_000).splitlines() if "dropped" in line], 10)[0]
        assert "ann" in line and "127.0.0.1" in line and "some" in line
        server.reconfigure(access={"rules": {"*": {"read": "anyone"}}, "issuers": ISSUERS})
        line = eventually(lambda: [line for line in server.log(100_000).splitlines() if "access.rules" in line], 10)[0]
        assert "SIGHUP" in line and "access.issuers" not in line
        assert server.call("DELETE", "/channels/some", bearer(issuer.token(sub="ann"))).status == 403


def test_a_flood_behind_a_proxy_is_the_flood_of_one_client_and_its_neighbours_go_on(binary, tmp_path):
    limits = {"address": {"publishRate": "1/m", "publishBurst": 5, "readers": 3}}
    with pollux(binary, tmp_path, limits, proxies=["127.0.0.1"], forwarded="xForwardedFor") as server, ExitStack() as stack:
        port = free_port()
        (tmp_path / "nginx").mkdir()
        nginx = Nginx(tmp_path / "nginx", PROXY.format(port=port, upstream=server.port), port)
        stack.callback(nginx.stop)

        def ask(source, request):
            with socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0)) as connection:
                connection.sendall(request)
                return connection.recv(65536).split(b" ", 2)[1]

        post = b"POST /channels/a HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"
        # Whatever it says of itself: the proxy says who it is.
        flood = [ask("127.0.0.8", post % (b"X-Forwarded-For: 192.0.2.%d\r\n" % number)) for number in range(40)]
        assert flood.count(b"201") == 5 and flood.count(b"429") == 35
        assert ask("127.0.0.9", post % b"") == b"201"
        held = []
        for _ in range(6):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, source_address=("127.0.0.8", 0)))
            connection.sendall(b"GET /channels/a?transport=sse&since=now HTTP/1.1\r\nHost: localhost\r\n\r\n")
            held.append(connection.recv(65536))
        assert sum(b": refused" in answer for answer in held) == 3
        with socket.create_connection(("127.0.0.1", port), 10, source_address=("127.0.0.9", 0)) as connection:
            connection.sendall(b"GET /channels/a?transport=sse&since=-1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while b"data: x" not in received:
                received += connection.recv(65536)
        assert b": refused" not in received
