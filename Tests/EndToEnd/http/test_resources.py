"""The resources, their methods, and the names of channels."""

import time
from urllib.parse import quote

import pytest

from harness import Server, channel_path, events_path, running
from wire import PROBLEM, STREAM, assert_problem

ALLOWED = {"/channels/x": {"get", "head", "post", "delete", "options"}, "/events?channel=x": {"get", "head", "post", "options"}}


# methods


@pytest.mark.parametrize("target", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_server_is_healthy_and_ready(server, target, method):
    answer = server.call(method, target)
    assert answer.status == 200 and (method == "GET" or answer.body == b"")


@pytest.mark.parametrize("target, methods", [
    ("/channels/x", ["PUT", "PATCH", "TRACE"]), ("/events?channel=x", ["PUT", "PATCH", "DELETE"]),
    ("/healthz", ["POST", "PUT", "DELETE"]), ("/readyz", ["POST"]), ("/", ["POST", "PUT", "DELETE"]),
])
def test_a_method_that_a_resource_has_not_is_405_and_names_those_it_has(server, target, methods):
    for method in methods:
        answer = server.call(method, target)
        assert_problem(answer, 405)
        allowed = answer.tokens("allow")
        assert allowed and method.lower() not in allowed, answer
        if target in ALLOWED:
            assert allowed == ALLOWED[target], answer
        else:
            assert {"get", "head"} <= allowed, answer


@pytest.mark.parametrize("method", ["FOO", "get", "GETT", "Get", "POLLUX", "X-METHOD"])
def test_a_method_that_http_does_not_know_is_an_error(server, method):
    assert_problem(server.call(method, "/channels/x"), 501)


def test_connect_is_not_for_this_server(server):
    assert_problem(server.call("CONNECT", "example.org:443"), 400, 405, 501)


@pytest.mark.parametrize("accept", [STREAM, "application/json"])
@pytest.mark.parametrize("target", ["/channels/some?wait=20", "/events?channel=some&wait=20"])
def test_head_is_answered_at_once_also_of_a_poll(server, accept, target):
    begun = time.monotonic()
    with server.connect() as connection:
        answer = connection.call("HEAD", target, {"Accept": accept})
        assert time.monotonic() - begun < 1
        assert answer.status == 200 and answer.media_type == accept
        assert not connection.has_input(0.1), "no body"
        assert connection.call("GET", "/healthz").status == 200, "and the connection may be used again"


def test_head_of_a_stream_has_the_head_of_a_stream(server, channel):
    answer = server.call("HEAD", channel_path(channel), {"Accept": STREAM})
    with server.stream(channel_path(channel)) as stream:
        for name in ("content-type", "cache-control", "x-accel-buffering", "x-content-type-options", "access-control-allow-origin"):
            assert answer.header(name) == stream.answer.header(name), name


def test_delete_drops_what_is_kept(server, channel):
    server.publish(channel, "gone")
    answer = server.call("DELETE", channel_path(channel))
    assert answer.status == 204 and answer.header("content-length") in (None, "0") and answer.header("transfer-encoding") is None
    assert server.events(channel_path(channel)) == []


def test_delete_of_a_channel_that_never_was_is_204_too(server, channel):
    assert server.call("DELETE", channel_path(channel)).status == 204


@pytest.mark.parametrize("target", ["/channels/a/b", "/channels/a/", "/channels/a/b/c", "/no-such-file", "/no/such/file", "/channelsx/a",
                                    "/events/a", "/healthz/x", "/Channels/x"])
def test_what_is_not_there_is_404(server, target):
    assert_problem(server.call("GET", target, {"Accept": "application/json"}), 404)


def test_a_post_to_a_second_segment_publishes_nothing(server, channel):
    assert_problem(server.call("POST", f"/channels/{channel}/more", {"Content-Type": "text/plain"}, b"x"), 404)
    assert server.events(channel_path(channel)) == [] and server.events(channel_path(channel + "/more")) == []


def test_a_file_that_is_not_there_is_a_page_for_browsers(server):
    answer = server.call("GET", "/no-such-page", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status == 404 and answer.media_type == "text/html" and b"<" in answer.body
    assert answer.header("access-control-allow-origin") == "*"


def test_a_missing_file_is_a_problem_for_programs(server):
    assert_problem(server.call("GET", "/no-such-page", {"Accept": "*/*"}), 404)


def test_head_of_an_error_has_no_body(server):
    with server.connect() as connection:
        answer = connection.call("HEAD", "/channels/a/b")
        assert answer.status == 404 and answer.media_type == PROBLEM
        assert not connection.has_input(0.1)


# static files


@pytest.fixture(scope="module")
def files(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    public = folder / "public"
    (public / "below").mkdir(parents=True)
    (public / "index.html").write_text("<!doctype html><title>front</title>", "utf-8")
    (public / "app.js").write_text("export const one = 1;\n", "utf-8")
    (public / "style.css").write_text("body {}\n", "utf-8")
    (public / "below" / "a b.txt").write_text("with a blank\n", "utf-8")
    (public / "empty.txt").write_text("", "utf-8")
    with running(Server(binary, folder, {"publicFolder": str(public)})) as server:
        yield server


@pytest.mark.parametrize("target, media_type, body", [
    ("/", "text/html", b"<!doctype html><title>front</title>"), ("/index.html", "text/html", b"<!doctype html><title>front</title>"),
    ("/app.js", "text/javascript", b"export const one = 1;\n"), ("/app.js?v=2", "text/javascript", b"export const one = 1;\n"),
    ("/style.css", "text/css", b"body {}\n"), ("/below/a%20b.txt", "text/plain", b"with a blank\n"), ("/empty.txt", "text/plain", b""),
])
def test_the_files_of_the_public_folder_are_served(files, target, media_type, body):
    answer = files.call("GET", target)
    assert answer.status == 200 and answer.body == body
    assert answer.media_type in (media_type, "application/javascript" if media_type == "text/javascript" else media_type)
    assert answer.header("access-control-allow-origin") == "*"
    head = files.call("HEAD", target)
    assert head.status == 200 and head.body == b""
    assert head.header("content-length") == str(len(body)) and head.header("content-type") == answer.header("content-type")


# names

GOOD_NAMES = [
    "a", "A", "a" * 256, "ü" * 128, "a/b", "a b", " ", "/", "//", "a+b", "100%", "a?b", "a#b", "a&b=c", "...", ".a", "a.", "a;b:c@d",
    "漢字", "🎺", "\u00e9", "e\u0301", "\u2028", "\ufeff", "<b>", '"', "\\", "'", "~", "*", "../x", "a/../b", "null", "events",
]


@pytest.mark.parametrize("name", GOOD_NAMES, ids=lambda name: repr(name)[:30])
def test_a_name_is_any_utf_8_of_1_to_256_bytes(server, name):
    first = server.publish(name, "in the path")
    events = server.events(events_path(name))
    assert (events[-1]["id"], events[-1]["channel"]) == (first, name)
    assert server.events(channel_path(name))[-1]["id"] == first
    with server.stream(events_path(name)) as stream:
        stream.opened()
        second = server.publish(name, "and live")
        assert stream.next().id == second


@pytest.mark.parametrize("one, other", [("n-a", "n-A"), ("n-\u00e9", "n-e\u0301"), ("n-ß", "n-ss"), ("n-\u212b", "n-\u00c5"), ("n-a", "n-a "),
                                        ("n-a/b", "n-a%2Fb"), ("n-a+b", "n-a b"), ("n-\uff41", "n-a")])
def test_names_are_bytes_and_these_differ(server, one, other):
    for name in (one, other):
        server.call("DELETE", channel_path(name))
    first = server.publish(one, "one")
    second = server.publish(other, "other")
    assert [each["id"] for each in server.events(channel_path(one))] == [first]
    assert [each["id"] for each in server.events(channel_path(other))] == [second]


@pytest.mark.parametrize("path, name", [("/channels/n%41", "nA"), ("/channels/n%2fm", "n/m"), ("/channels/n+p", "n+p"),
                                        ("/channels/n!$&'()*,;=:@q", "n!$&'()*,;=:@q"), ("/channels/%6e%6E", "nn")])
def test_a_name_in_the_path_is_percent_decoded_once(server, path, name):
    answer = server.call("POST", path, {"Content-Type": "text/plain"}, b"x")
    assert answer.status == 201 and answer.json()["channel"] == name


def test_a_plus_is_a_blank_in_a_query_and_a_form(server, channel):
    id = server.publish(channel + " x", "blank")
    for target in (f"/events?channel={channel}+x", f"/events?channel={channel}%20x"):
        assert [each["id"] for each in server.events(target)] == [id]
    answer = server.call("POST", "/events", {"Content-Type": "application/x-www-form-urlencoded"},
                         f"channel={channel}+x&since=earliest&wait=0&transport=poll".encode("ascii"))
    assert [each["id"] for each in answer.json()["events"]] == [id]


BAD_NAMES = ["%00", "%0A", "%0D", "%09", "a%1Fb", "%7F", "a%C2%80", "%C2%9F", ".", "%2E", "%2e", "..", "%2E%2E", "%2e.", "a" * 257,
             "%C3%BC" * 128 + "a", "%FF", "%C3", "a%C3%28", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%", "%4", "%ZZ", "%u0041", "a%2"]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: name[:20])
def test_a_name_that_is_none_is_400(server, name):
    if name in (".", ".."):
        statuses = (400, 404, 405)  # many would take these for a step in the path
    else:
        statuses = (400,)
    assert_problem(server.call("POST", "/channels/" + name, {"Content-Type": "text/plain"}, b"x"), *statuses)
    assert_problem(server.call("GET", "/channels/" + name + "?wait=0"), *statuses)
    assert_problem(server.call("GET", f"/events?channel={name}&wait=0"), 400)
    assert_problem(server.call("GET", f"/events?channel=good&channel={name}", {"Accept": STREAM}), 400)


@pytest.mark.parametrize("target", ["/events", "/events?", "/events?channel=", "/events?channel", "/events?channel=a&channel=", "/events?wait=0",
                                    "/events?channels=a", "/events?" + "&".join(f"channel={n}" for n in range(257))])
def test_events_takes_one_to_256_channels_none_empty(server, target):
    assert_problem(server.call("GET", target, {"Accept": STREAM}), 400)


def test_events_takes_256_channels(server):
    target = "/events?wait=0&" + "&".join(f"channel={n}" for n in range(256))
    assert server.poll(target)["events"] == []


@pytest.mark.parametrize("target", ["/channels/", "/channels"])
def test_no_name_is_an_error(server, target):
    assert_problem(server.call("GET", target), 400, 404)
    assert_problem(server.call("POST", target, {"Content-Type": "text/plain"}, b"x"), 400, 404, 405)


def test_the_parameter_channel_is_compared_as_all_parameters_are(server, channel):
    id = server.publish(channel, "x")
    assert [each["id"] for each in server.events(f"/events?CHANNEL={quote(channel)}")] == [id]


def test_a_channel_has_no_other_channels_events(server, channel):
    server.publish(channel + "2", "other")
    assert server.events(channel_path(channel)) == []


def test_a_channel_keeps_1000_events(server, channel):
    ids = server.publish_batch(channel, [(None, number) for number in range(1200)])
    assert [each["id"] for each in server.events(channel_path(channel), limit=400)] == ids[200:]


def test_a_clock_publishes_by_itself(pollux):
    server = pollux({"sources": [{"channel": "date", "kind": "clock", "every": "1s"}]})
    with server.stream("/channels/date") as stream:
        one, other = stream.take(2, timeout=6)
    assert one.id != other.id and one.data and one.data != other.data
