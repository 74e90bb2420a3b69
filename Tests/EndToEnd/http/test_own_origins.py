"""Which pages are the server's own, and may write in spite of `cors.origins`: the server knows its names, and believes no `Host`."""

import pytest

from asking import answer_to, answer_to_bytes, ask_as
from harness import Certificate, Server, channel_path, running
from http2 import request_fields
from wire import assert_problem, request_bytes

PAGE, PUBLIC = "https://page.example", "https://push.example.org"
NAMES = ["localhost", "push.test", "*.wild.test"]


def named(binary, folder, overrides):
    """A server with a certificate of several names."""
    with running(Server(binary, folder, overrides, Certificate(folder, NAMES))) as server:
        yield server


@pytest.fixture(scope="module")
def listed(binary, tmp_path_factory):
    """With an allow-list and `publicOrigins`."""
    overrides = {"cors": {"origins": [PAGE]}, "publicOrigins": [PUBLIC, "http://push.example.org:8080"]}
    yield from named(binary, tmp_path_factory.mktemp("listed"), overrides)


@pytest.fixture(scope="module")
def by_default(binary, tmp_path_factory):
    """With an allow-list, and names by default."""
    yield from named(binary, tmp_path_factory.mktemp("default"), {"cors": {"origins": [PAGE]}})


def writes(client, host, origin, channel):
    """What a page of this origin gets who publishes and drops: (201, 204), or (403, 403)."""
    ports = {"port": client.server.port, "tls": client.server.tls_port}
    host, origin = host.format(**ports), origin.format(**ports)
    path = channel_path(channel)
    posted = ask_as(client, host, "POST", path, {"Content-Type": "text/plain", "Origin": origin}, b"x")
    dropped = ask_as(client, host, "DELETE", path, {"Origin": origin})
    for answer in (posted, dropped):
        if answer.status >= 400:
            assert_problem(answer, 403, cors=None)
    return posted.status, dropped.status


MAY, MAY_NOT = (201, 204), (403, 403)


@pytest.mark.parametrize("host, origin, outcome", [
    ("127.0.0.1:{port}", "http://127.0.0.1:{port}", MAY), ("localhost:{port}", "http://localhost:{port}", MAY), ("LocalHost:{port}", "http://localhost:{port}", MAY),
    ("10.1.2.3:{port}", "http://10.1.2.3:{port}", MAY), ("[::1]:{port}", "http://[::1]:{port}", MAY), ("[2001:db8::1]:{port}", "http://[2001:db8::1]:{port}", MAY), ("10.1.2.3", "http://10.1.2.3", MAY),
    ("10.1.2.3:80", "http://10.1.2.3", MAY), ("10.1.2.3", "http://10.1.2.3:80", MAY),
    ("evil.example", "http://evil.example", MAY_NOT), ("evil.example:{port}", "http://evil.example:{port}", MAY_NOT), ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", MAY_NOT),
    ("localhost.evil.example", "http://localhost.evil.example", MAY_NOT), ("0x7f000001", "http://0x7f000001", MAY_NOT), ("evil.example", "http://127.0.0.1:{port}", MAY_NOT),
    ("127.0.0.1:{port}", "http://evil.example", MAY_NOT), ("127.0.0.1:{port}", "http://127.0.0.1", MAY_NOT), ("127.0.0.1:{port}", "http://127.0.0.1:1", MAY_NOT),
    ("127.0.0.1:{port}", "https://127.0.0.1:{port}", MAY_NOT), ("localhost:{port}", "http://127.0.0.1:{port}", MAY_NOT), ("127.0.0.1:{port}", "null", MAY_NOT), ("null", "null", MAY_NOT),
    ("null", "http://null", MAY_NOT), ("127.0.0.1:{port}", "http://127.0.0.1:{port}/", MAY_NOT), ("127.0.0.1:{port}", "http://user@127.0.0.1:{port}", MAY_NOT),
    ("push.example.org", "http://push.example.org", MAY_NOT), ("page.example", PAGE, MAY),
])
def test_by_default_pages_of_addresses_and_of_the_loopback_are_own(by_default, channel, host, origin, outcome):
    assert writes(by_default, host, origin, channel) == outcome


@pytest.mark.parametrize("road", ["tls", "h2"])
@pytest.mark.parametrize("host, origin, outcome", [
    ("push.test:{tls}", "https://push.test:{tls}", MAY), ("Push.Test:{tls}", "https://push.test:{tls}", MAY), ("a.wild.test:{tls}", "https://a.wild.test:{tls}", MAY),
    ("push.test", "https://push.test", MAY), ("push.test:443", "https://push.test", MAY), ("push.test", "https://push.test:443", MAY), ("push.test", "https://Push.Test", MAY),
    ("localhost:{tls}", "https://localhost:{tls}", MAY), ("127.0.0.1:{tls}", "https://127.0.0.1:{tls}", MAY),
    ("push.test:{tls}", "http://push.test:{tls}", MAY_NOT), ("push.test:{tls}", "https://push.test", MAY_NOT), ("localhost:{tls}", "http://localhost:{port}", MAY_NOT),
    ("wild.test:{tls}", "https://wild.test:{tls}", MAY_NOT), ("a.b.wild.test:{tls}", "https://a.b.wild.test:{tls}", MAY_NOT), ("evil.example:{tls}", "https://evil.example:{tls}", MAY_NOT),
    ("push.test.evil.example", "https://push.test.evil.example", MAY_NOT),
])
def test_by_default_pages_of_the_names_in_a_certificate_are_own(by_default, channel, road, host, origin, outcome):
    assert writes(by_default.over(road), host, origin, channel) == outcome


@pytest.mark.parametrize("road", ["http1", "tls", "h2"])
@pytest.mark.parametrize("host, origin, outcome", [
    ("push.example.org", PUBLIC, MAY), ("push.example.org", PUBLIC + ":443", MAY), ("push.example.org:443", PUBLIC, MAY), ("Push.Example.Org", "https://Push.Example.Org", MAY),
    ("push.example.org:8080", "http://push.example.org:8080", MAY),
    ("push.example.org", "https://push.example.org:8443", MAY_NOT), ("push.example.org:9999", "http://push.example.org:9999", MAY_NOT),
    ("push.example.org", "https://x.push.example.org", MAY_NOT), ("evil.example", "http://evil.example", MAY_NOT), ("evil.example", "https://evil.example", MAY_NOT),
])
def test_pages_of_the_public_origins_are_own_also_behind_a_proxy_that_speaks_tls(listed, channel, road, host, origin, outcome):
    assert writes(listed.over(road), host, origin, channel) == outcome


def test_another_scheme_is_another_origin(listed, channel):
    assert writes(listed, "push.example.org", "http://push.example.org", channel) == MAY_NOT
    assert writes(listed, "push.example.org:8080", "https://push.example.org:8080", channel) == MAY_NOT


def test_pages_of_the_list_and_programs_write_whatever_the_host_is(listed, channel):
    assert writes(listed, "whatever.example", PAGE, channel) == MAY
    assert ask_as(listed, "whatever.example", "POST", channel_path(channel), {"Content-Type": "text/plain"}, b"x").status == 201


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_without_a_list_all_pages_may_write(server, channel, road):
    answer = ask_as(server.over(road), "evil.example", "POST", channel_path(channel), {"Content-Type": "text/plain", "Origin": "http://evil.example"}, b"x")
    assert answer.status == 201 and answer.header("access-control-allow-origin") == "*"


# where the target and the field name different hosts, the target counts


@pytest.mark.parametrize("target, host, origin, status", [
    ("127.0.0.1:{port}", "evil.example", "http://127.0.0.1:{port}", 201), ("evil.example", "127.0.0.1:{port}", "http://evil.example", 403),
    ("evil.example", "127.0.0.1:{port}", "http://127.0.0.1:{port}", 403), ("127.0.0.1:{port}", "evil.example", "http://evil.example", 403),
])
def test_the_host_of_a_target_in_absolute_form_counts(by_default, channel, target, host, origin, status):
    target, host, origin = (each.format(port=by_default.port) for each in (target, host, origin))
    data = request_bytes("POST", f"http://{target}{channel_path(channel)}", {"Host": host, "Origin": origin, "Content-Type": "text/plain"}, b"x")
    assert answer_to_bytes(by_default, data).status == status


@pytest.mark.parametrize("authority, host, origin, status", [
    ("localhost:{tls}", "evil.example", "https://localhost:{tls}", 201), ("evil.example", "localhost:{tls}", "https://evil.example", 403),
    ("evil.example", "localhost:{tls}", "https://localhost:{tls}", 403), ("localhost:{tls}", "evil.example", "https://evil.example", 403),
])
def test_the_authority_of_http_2_counts(by_default, channel, authority, host, origin, status):
    authority, host, origin = (each.format(tls=by_default.tls_port) for each in (authority, host, origin))
    client = by_default.over("h2")
    fields = request_fields("POST", channel_path(channel), [("host", host), ("origin", origin), ("content-type", "text/plain")], b"x", authority=authority)
    with client.connect(checks_requests=False) as connection:
        assert answer_to(connection, fields, b"x").status == status


# configuration


@pytest.mark.parametrize("origins", [["push.example.org"], ["https://push.example.org/"], ["https://push.example.org/x"], ["null"], ["*"], ["ftp://x"], ["https://a b"], ["https://"], "x"])
def test_a_public_origin_that_is_none_stops_the_start(binary, tmp_path, origins):
    server = Server(binary, tmp_path, {"publicOrigins": origins})
    try:
        with pytest.raises(AssertionError, match="stopped while starting"):
            server.start()
        assert "publicOrigins" in server.log()
    finally:
        server.abandon()
