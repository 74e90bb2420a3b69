"""The listener that sends everybody to https: to the same place, named by what the request says and by nothing else."""

import pytest

from certificates import Authority
from raw_frames import Peer
from tls_checks import serving
from wire import Connection, assert_problem, request_bytes


@pytest.fixture(scope="module")
def world(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("redirects")
    pair = Authority(folder).issue("redirects", ["push.test", "localhost"])
    yield from serving(binary, folder, {"secure": {"tls": pair.configuration}, "redirect": {"redirect": "https"}})


def ask(world, data, method="GET"):
    with Connection(world.address_of("redirect")) as connection:
        connection.send(data)
        return connection.read_answer(method)


def assert_leads_to(world, answer, place):
    assert answer.status == 308 and answer.header("location") == place.format(port=world.ports["secure"]), answer


@pytest.mark.parametrize("host, place", [
    ("push.test", "https://push.test:{port}/x"), ("push.test:80", "https://push.test:{port}/x"), ("push.test:", "https://push.test:{port}/x"), ("[::1]", "https://[::1]:{port}/x"),
    ("[2001:db8::1]:80", "https://[2001:db8::1]:{port}/x"), ("[2001:db8::1]", "https://[2001:db8::1]:{port}/x"), ("192.0.2.1:8080", "https://192.0.2.1:{port}/x"),
])
def test_the_host_stays_and_the_port_is_that_of_tls(world, host, place):
    assert_leads_to(world, ask(world, request_bytes("GET", "/x", {"Host": host})), place)


@pytest.mark.parametrize("target", ["/", "/channels/a%2Fb?wait=0&x=%20", "/a?b?c", "//x/y", "/%2e%2e/", "/channels/x?x=http://y"])
def test_the_target_stays_as_it_is(world, target):
    assert_leads_to(world, ask(world, request_bytes("GET", target, {"Host": "push.test"})), "https://push.test:{port}" + target)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_every_method_is_sent_on(world, method):
    body = b"x" if method == "POST" else None
    assert_leads_to(world, ask(world, request_bytes(method, "/channels/x", {"Host": "push.test", "Content-Type": "text/plain"}, body), method), "https://push.test:{port}/channels/x")


def test_a_request_about_the_whole_server_leads_to_its_beginning(world):
    assert_leads_to(world, ask(world, b"OPTIONS * HTTP/1.1\r\nHost: push.test\r\n\r\n"), "https://push.test:{port}/")


@pytest.mark.parametrize("target, place", [
    ("http://other.example/x?y", "https://other.example:{port}/x?y"), ("http://other.example:80/x", "https://other.example:{port}/x"), ("http://other.example", "https://other.example:{port}/"),
    ("http://other.example?y", "https://other.example:{port}/?y"), ("http://[::1]:80/x", "https://[::1]:{port}/x"),
])
def test_the_host_of_a_target_in_absolute_form_counts(world, target, place):
    assert_leads_to(world, ask(world, request_bytes("GET", target, {"Host": "push.test"})), place)


@pytest.mark.parametrize("host", ["2001:db8::1", "::1", "[::1", "a b", "user@a", "a/b", "a#b", "a?b", "x:y", "x:99999999", "<x>", 'a"b', "a\\b"])
def test_a_host_that_is_none_leads_nowhere(world, host):
    assert_problem(ask(world, request_bytes("GET", "/x", {"Host": host})), 400)


@pytest.mark.parametrize("target", ["/x#top", "http:///x", "http://user@x/", "http://x/y#z"])
def test_a_target_that_is_none_leads_nowhere(world, target):
    assert_problem(ask(world, request_bytes("GET", target, {"Host": "push.test"})), 400)


@pytest.mark.parametrize("data", [b"GET /x HTTP/1.0\r\n\r\n", b"GET /x HTTP/1.1\r\nHost:\r\n\r\n"])
def test_without_a_host_the_place_is_the_address_that_was_asked(world, data):
    answer = ask(world, data)
    assert answer.status == 400 or answer.header("location") == f"https://127.0.0.1:{world.ports['secure']}/x", answer


def test_the_authority_of_http_2_is_where_it_leads(world):
    with Peer(Connection(world.address_of("redirect"))) as peer:
        peer.send(peer.request(1, "/channels/x?y", extra=[("host", "evil.example")]))
        assert peer.until(lambda: 1 in peer.heads)
        assert peer.heads[1][":status"] == "308" and peer.heads[1]["location"] == f"https://pollux.test:{world.ports['secure']}/channels/x?y"
