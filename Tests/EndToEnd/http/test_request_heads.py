"""One answer whatever the version of HTTP: methods, blanks around values, and CORS on the errors of HTTP itself."""

import pytest

from asking import answer_to, answer_to_bytes, assert_refused
from harness import Server, channel_path, running
from http2 import request_fields
from wire import assert_problem, request_bytes

pytestmark = pytest.mark.roads("http1", "h2")
http_1 = pytest.mark.roads("http1")
http_2 = pytest.mark.roads("h2")
PAGE, STRANGER = "https://page.example", "https://stranger.example"
CONFIGURATION = {"cors": {"origins": [PAGE]}, "limits": {"headTimeout": "1s", "bodyTimeout": "1s"}}


@pytest.fixture
def server(server, road):
    return server.over(road)


@pytest.fixture
def listed(module_server, road):
    """A server with an allow-list."""
    return module_server.over(road)


# methods


@pytest.mark.parametrize("target", ["/channels/x", "/events?channel=x", "/healthz", "/", "/index.html", "/no-such-file", "/channels/a/b"])
@pytest.mark.parametrize("method", ["FOO", "get", "Get", "post", "GETT", "PRI", "POLLUX", "X-METHOD", "M!#$%&'*+-.^_`|~9"])
def test_a_method_that_http_does_not_know_is_501(server, method, target):
    assert_problem(server.call(method, target), 501)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE"])
def test_a_method_that_http_knows_and_the_resource_has_not_is_405(server, method):
    assert "get" in server.call(method, "/channels/x").tokens("allow")
    assert_problem(server.call(method, "/channels/x"), 405)


@pytest.mark.parametrize("method", ["G ET", "GE\tT", "G,ET", "G(ET)", "", "GÉT", "G\x00ET"])
def test_a_method_that_is_no_token_is_refused(server, method):
    if server.road.alpn == "h2":
        with server.connect(checks_requests=False) as connection:
            answer = answer_to(connection, request_fields(method, "/channels/x"))
        assert_refused(answer, 400, 501)
    else:
        assert_refused(answer_to_bytes(server, request_bytes(method, "/channels/x")), 400, 505)


# blanks around values


@http_2
@pytest.mark.parametrize("value", [b" x", b"x ", b"\tx", b"x\t", b" ", b"\t", b" x "])
@pytest.mark.parametrize("name", [b"x", b"accept", b"idempotency-key", b"content-type", b"host"])
def test_a_value_with_blanks_around_it_is_malformed_in_http_2(server, channel, name, value):
    """RFC 9113, 8.2.1."""
    fields = [each for each in request_fields("POST", channel_path(channel), {"content-type": "text/plain"}, b"x") if each[0] != name]
    with server.connect(checks_requests=False) as connection:
        assert_refused(answer_to(connection, [*fields, (name, value)], b"x"))
        assert connection.call("GET", "/healthz").status == 200
    assert server.events(channel_path(channel)) == []


@http_2
@pytest.mark.parametrize("pseudo, value", [(b":path", b" /healthz"), (b":path", b"/healthz "), (b":method", b" GET"), (b":method", b"GET "), (b":authority", b" x"), (b":authority", b"x "), (b":scheme", b"https ")])
def test_a_pseudo_header_with_blanks_around_it_is_malformed(server, pseudo, value):
    fields = [(name, value if name == pseudo else each) for name, each in request_fields("GET", "/healthz")]
    with server.connect(checks_requests=False) as connection:
        assert_refused(answer_to(connection, fields), 400, 501)
        assert connection.call("GET", "/healthz").status == 200


@http_1
@pytest.mark.parametrize("value", [b"  text/plain", b"text/plain  ", b"\ttext/plain\t"])
def test_blanks_around_a_value_are_no_part_of_it_in_http_1(server, channel, value):
    answer = answer_to_bytes(server, b"POST " + channel_path(channel).encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Type:" + value + b"\r\n\r\nx")
    assert answer.status == 201, answer


# CORS on the errors of HTTP itself


ORIGIN = b"Origin: %s\r\n"
GET, POST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + ORIGIN, b"POST /channels/heads HTTP/1.1\r\nHost: x\r\n" + ORIGIN + b"Content-Type: text/plain\r\n"
ERRORS = {
    "501, a method": (b"FOO /healthz HTTP/1.1\r\nHost: x\r\n" + ORIGIN + b"\r\n", 501), "501, a method in lower case": (b"get /healthz HTTP/1.1\r\nHost: x\r\n" + ORIGIN + b"\r\n", 501),
    "501, a coding": (POST + b"Transfer-Encoding: bogus, chunked\r\n\r\n0\r\n\r\n", 501), "505": (b"GET /healthz HTTP/3.7\r\nHost: x\r\n" + ORIGIN + b"\r\n", 505),
    "431, one field": (GET + b"X: " + b"a" * 20000 + b"\r\n\r\n", 431), "431, many fields": (GET + b"X: 1\r\n" * 200 + b"\r\n", 431),
    "431, a field without an end": (GET + b"X: " + b"a" * 20000, 431),
    "400, no colon": (GET + b"nonsense\r\n\r\n", 400), "400, a blank before the colon": (GET + b"X : 1\r\n\r\n", 400), "400, a fold": (GET + b"X: 1\r\n 2\r\n\r\n", 400),
    "400, a control": (GET + b"X: \x01\r\n\r\n", 400), "400, two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
    "400, a wrong host": (b"GET /healthz HTTP/1.1\r\nHost: a b\r\n" + ORIGIN + b"\r\n", 400), "400, no host": (b"GET /healthz HTTP/1.1\r\n" + ORIGIN + b"\r\n", 400),
    "400, two hosts": (GET + b"Host: x\r\n\r\n", 400), "400, a fragment": (b"GET /healthz#x HTTP/1.1\r\nHost: x\r\n" + ORIGIN + b"\r\n", 400),
    "400, chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400), "413": (POST + b"Content-Length: 99999999\r\n\r\n", 413),
    "408, a head": (GET + b"X: 1\r\n", 408), "408, a content": (POST + b"Content-Length: 100\r\n\r\nx", 408),
}
every_error = pytest.mark.parametrize("data, status", ERRORS.values(), ids=ERRORS.keys())


@http_1
@every_error
def test_an_allowed_origin_is_named_in_errors_of_http_itself(listed, data, status):
    answer = answer_to_bytes(listed, data.replace(b"%s", PAGE.encode()))
    assert_problem(answer, status, cors=PAGE)
    assert answer.header("access-control-allow-credentials") == "true" and "origin" in answer.tokens("vary"), answer


@http_1
@every_error
@pytest.mark.parametrize("origin", [STRANGER, PAGE + "/", "null"])
def test_another_origin_is_told_nothing_by_errors_of_http_itself(listed, data, status, origin):
    answer = answer_to_bytes(listed, data.replace(b"%s", origin.encode()))
    assert_problem(answer, status, cors=None)
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")], answer


@http_1
@every_error
def test_without_a_list_every_origin_may_read_errors_of_http_itself(pollux_open, data, status):
    assert_problem(answer_to_bytes(pollux_open, data.replace(b"%s", PAGE.encode())), status)


@pytest.fixture(scope="module")
def pollux_open(binary, tmp_path_factory, certificate):
    """The same limits without a list."""
    with running(Server(binary, tmp_path_factory.mktemp("open"), {"limits": CONFIGURATION["limits"]}, certificate)) as server:
        yield server


@http_2
@pytest.mark.parametrize("method, target, headers, status", [("FOO", "/channels/x", (), 501), ("GET", "/healthz#x", (), 400)])
def test_an_allowed_origin_is_named_in_the_same_errors_of_http_2(listed, method, target, headers, status):
    with listed.connect(checks_requests=False) as connection:
        answer = answer_to(connection, request_fields(method, target, [("origin", PAGE), *headers]))
    if answer is not None:
        assert_problem(answer, status, cors=PAGE)
