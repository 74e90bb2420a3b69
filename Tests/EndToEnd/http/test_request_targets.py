"""Where a request goes: its Host, its authority, its target (RFC 9110, 7.2; RFC 9112, 3.2; RFC 9113, 8.3.1; RFC 3986)."""

import pytest

from asking import answer_to, answer_to_bytes, ask_as, assert_refused
from harness import channel_path
from http2 import request_fields
from wire import assert_problem, request_bytes

pytestmark = pytest.mark.roads("http1", "h2")
http_1 = pytest.mark.roads("http1")
http_2 = pytest.mark.roads("h2")


@pytest.fixture
def server(server, road):
    return server.over(road)


BAD_AUTHORITIES = [
    "a b", "user@a", "user:word@a", "@", "[::1", "::1]", "[::1]x", "[::g]", "[]", "[1.2.3.4]", "[::1]:x", "::1", "2001:db8::1", "x:y", "x:99999999", "x:65536",
    "x:-1", "x:+80", "x:0x50", "x:80:80", "x: 80", "<", "a<b>", 'a"b', "a/b", "a?b", "a#b", "a\\b", "a^b", "a`b", "a{b}", "a|b", "a%", "a%4", "a%zz", "http://a",
    "bücher.example", "a\tb",
]
GOOD_AUTHORITIES = [
    "x", "X.Example", "x:", "x:0080", "x:1", "x:65535", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "[2001:DB8::1]:", "[::ffff:1.2.3.4]", "a_b.example",
    "a-.example", "a.example.", "xn--bcher-kva.example", "b%C3%BCcher.example", "b%c3%bccher.example:443", "a!$&'()*+,;=~b", "1", "a..b",
]


@pytest.mark.parametrize("authority", BAD_AUTHORITIES)
def test_an_authority_that_is_none_is_refused(server, channel, authority):
    assert_refused(ask_as(server, authority))
    assert_refused(ask_as(server, authority, "POST", channel_path(channel), {"Content-Type": "text/plain"}, b"x"))
    assert server.events(channel_path(channel)) == []


@pytest.mark.parametrize("authority", GOOD_AUTHORITIES)
def test_every_valid_authority_is_served(server, authority):
    assert ask_as(server, authority).status == 200


@http_1
@pytest.mark.parametrize("head, status", [
    (b"Host:\r\n", 200), (b"Host: \r\n", 200), (b"", 400), (b"Host: a\r\nHost: a\r\n", 400), (b"Host: a\r\nHost: b\r\n", 400), (b"Host: a\r\nHost:\r\n", 400),
    (b"Host: a, b\r\n", 400), (b"hOST:\tx\t\r\n", 200), (b"Host: \xff\r\n", 400),
])
def test_a_request_of_http_1_1_has_one_host_which_may_be_empty(server, head, status):
    answer = answer_to_bytes(server, b"GET /healthz HTTP/1.1\r\n" + head + b"\r\n")
    assert answer.status == status, answer
    if status != 200:
        assert_problem(answer, status)


@http_1
@pytest.mark.parametrize("head, status", [(b"", 200), (b"Host: x\r\n", 200), (b"Host: a b\r\n", 400), (b"Host: a\r\nHost: b\r\n", 400)])
def test_a_host_of_http_1_0_may_be_left_out_but_not_be_wrong(server, head, status):
    assert answer_to_bytes(server, b"GET /healthz HTTP/1.0\r\n" + head + b"\r\n").status == status


@http_2
@pytest.mark.parametrize("authority, hosts, is_served", [
    ("a.example", [], True), ("a.example", ["a.example"], True), ("a.example", ["b.example"], True), (None, ["a.example"], True),
    ("a.example", ["a b"], False), (None, ["a b"], False), ("a b", ["a.example"], False), ("a.example", ["a.example", "a.example"], False), (None, ["a", "b"], False),
])
def test_in_http_2_the_authority_and_the_field_host_are_held_to_the_same(server, authority, hosts, is_served):
    fields = [each for each in request_fields("GET", "/healthz", [("host", host) for host in hosts], authority=authority or "") if authority or each[0] != b":authority"]
    with server.connect(checks_requests=False) as connection:
        answer = answer_to(connection, fields)
    if is_served:
        assert answer.status == 200
    else:
        assert_refused(answer)


# targets in absolute form


@http_1
@pytest.mark.parametrize("target", ["http://x/healthz", "HTTP://x/healthz", "http://x:80/healthz", "http://x:/healthz", "http://[::1]:8080/healthz", "http://b%C3%BC/healthz?x",
                                    "http://x", "http://x?y", "http://x/"])
def test_a_target_in_absolute_form_is_served(server, target):
    answer = answer_to_bytes(server, request_bytes("GET", target, {"Host": "x"}))
    assert answer.status == 200, answer
    if "healthz" in target:
        assert answer.body.startswith(b"alive")


@http_1
@pytest.mark.parametrize("target", ["http:///healthz", "http:///x", "http://", "http://:80/healthz", "http:/healthz", "http:healthz", "http://user@x/healthz", "http://user:word@x/healthz",
                                    "http://@x/healthz", "http://[::1/healthz", "http://::1/healthz", "http://x:y/healthz", "http://x:99999999/healthz", "http://x/healthz#top", "http://x#top",
                                    "http://<x>/healthz", "http://x%zz/healthz", "http://x\\y/healthz"])
def test_a_target_in_absolute_form_with_an_authority_that_is_none_is_400(server, target):
    assert_problem(answer_to_bytes(server, request_bytes("GET", target, {"Host": "x"})), 400)


@http_1
@pytest.mark.parametrize("hosts", [b"", b"Host: a b\r\n", b"Host: x\r\nHost: x\r\n"])
def test_a_target_in_absolute_form_does_not_make_a_wrong_host_right(server, hosts):
    assert_problem(answer_to_bytes(server, b"GET http://x/healthz HTTP/1.1\r\n" + hosts + b"\r\n"), 400)


@http_1
def test_a_channel_is_published_to_and_read_by_a_target_in_absolute_form(server, channel):
    target = "http://other.example" + channel_path(channel)
    answer = answer_to_bytes(server, request_bytes("POST", target + "?event=price", {"Host": "x", "Content-Type": "text/plain"}, b"12"))
    assert answer.status == 201
    answer = answer_to_bytes(server, request_bytes("GET", target + "?wait=0&since=earliest", {"Host": "x"}))
    assert [(event["event"], event["data"]) for event in answer.json()["events"]] == [("price", "12")]


# fragments


@pytest.mark.parametrize("target", ["/healthz#top", "/healthz#", "/#", "/channels/news?x=1#top", "/channels/news?wait=0#", "/channels/news?wait=0&x=1#x", "/index.html#top", "/events?channel=a#b", "#top", "*#"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "HEAD"])
def test_no_target_has_a_fragment(server, method, target):
    answer = ask_as(server, "localhost", method, target, {"Content-Type": "text/plain"} if method == "POST" else (), b"x" if method == "POST" else None)
    assert answer is None or answer.status == 400, answer


def test_a_publish_to_a_target_with_a_fragment_publishes_nothing(server, channel):
    assert_refused(ask_as(server, "localhost", "POST", channel_path(channel) + "#top", {"Content-Type": "text/plain"}, b"x"))
    assert server.events(channel_path(channel)) == [] and server.events(channel_path(channel + "#top")) == []


def test_a_number_sign_that_is_escaped_is_part_of_the_name(server, channel):
    id = server.publish(channel + "#top", "x")
    assert [event["id"] for event in server.events(channel_path(channel + "#top"))] == [id]
