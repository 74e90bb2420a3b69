"""Fields that are lists: all lines of a list count, its members are whole, its weights are honoured (RFC 9110, 5.3, 5.6.1, 12.4.2, 12.5.1)."""

import pytest

from asking import answer_to_bytes
from harness import channel_path
from wire import PROBLEM, STREAM, assert_problem, request_bytes

pytestmark = pytest.mark.roads("http1", "h2")
http_1 = pytest.mark.roads("http1")
POLL = "application/json"


@pytest.fixture
def server(server, road):
    return server.over(road)


def field(name, lines):
    return [(name, line) for line in lines]


# Accept


@pytest.mark.parametrize("lines, transport", [
    ([STREAM], STREAM), (["Text/Event-Stream"], STREAM), ([f"{STREAM};charset=utf-8"], STREAM), ([f"{STREAM} ; q=1"], STREAM), ([f"{STREAM};q=0.001"], STREAM),
    ([f", ,{STREAM},"], STREAM), (["", STREAM], STREAM),
    (["text/html", STREAM], STREAM), ([STREAM, "text/html"], STREAM), (["*/*", STREAM], STREAM), ([f"{POLL};q=0.5", STREAM], STREAM), (["a/b", "c/d", f"e/f, {STREAM}"], STREAM),
    ([f"{POLL}, {STREAM}"], STREAM), ([f"{STREAM}, {POLL}"], STREAM), ([POLL, STREAM], STREAM), ([f"{POLL};q=0.5, {STREAM};q=0.5"], STREAM),
    ([f"{POLL};q=0.5, {STREAM};q=0.9"], STREAM), ([f"{STREAM};q=0.9, {POLL};q=0.899"], STREAM),
    ([f"{STREAM};q=0.5, {POLL}"], POLL), ([f"{STREAM};q=0.5", POLL], POLL), ([f"{STREAM};q=0.5;x=y, {POLL};q=0.501"], POLL),
    ([f"{STREAM};q=0"], POLL), ([f"{STREAM};Q=0"], POLL), ([f"{STREAM};q=0.000"], POLL), ([f"{STREAM} ; q=0"], POLL), ([f"{STREAM};charset=utf-8;q=0"], POLL), ([f"{STREAM};q=0, */*"], POLL),
    (["*/*", f"{STREAM};q=0"], POLL),
    (["text/event-streams"], POLL), (["xtext/event-stream"], POLL), (["text/event-stream-x"], POLL), (["text/event"], POLL), (["text/event-stream/x"], POLL), (["text"], POLL),
    (["text/*"], POLL), (["*/*"], POLL), (["text/*;q=1, */*"], POLL), ([""], POLL), ([","], POLL),
    ([f'{POLL};x="a, {STREAM}"'], POLL), ([f'text/html;x="\\", {STREAM}, "'], POLL), ([f'text/html;x="a, b", {STREAM}'], STREAM),
], ids=lambda value: " | ".join(value) if isinstance(value, list) else None)
def test_the_transport_is_what_all_of_accept_likes_best(server, channel, lines, transport):
    answer = server.call("HEAD", channel_path(channel), field("Accept", lines))
    assert (answer.status, answer.media_type) == (200, transport)


@pytest.mark.parametrize("lines, is_stream", [([f"{POLL};q=0"], True), (["text/html"], True), ([POLL], False), (["text/html", POLL], False), (["application/jsonx"], True)])
def test_padding_means_a_stream_unless_json_is_wanted(server, channel, lines, is_stream):
    answer = server.call("HEAD", channel_path(channel) + "?padding=true", field("Accept", lines))
    assert answer.media_type == (STREAM if is_stream else POLL)


@pytest.mark.parametrize("lines, is_page", [
    (["text/html"], True), (["TEXT/HTML;q=0.3"], True), (["application/json;q=0.1", "text/html"], True), (["a/b", "c/d, text/html;level=1"], True),
    (["text/html;q=0"], False), (["text/htmlx"], False), (["xtext/html"], False), (['a/b;x="text/html, "'], False), (["*/*"], False),
])
def test_a_missing_file_is_a_page_for_those_who_take_pages(server, lines, is_page):
    answer = server.call("GET", "/no-such-page", field("Accept", lines))
    assert answer.status == 404 and answer.media_type == ("text/html" if is_page else PROBLEM)


# Content-Encoding


@pytest.mark.parametrize("lines, status", [
    (["identity"], 201), (["Identity"], 201), (["identity, identity"], 201), (["identity", "identity"], 201), ([""], 201), ([","], 201), (["", "identity,"], 201),
    (["gzip"], 415), (["x-gzip"], 415), (["identity", "gzip"], 415), (["gzip", "identity"], 415), (["identity, gzip"], 415), (["", "br"], 415), (["identities"], 415), (["identity;q=1"], 415),
], ids=lambda value: " | ".join(value) if isinstance(value, list) else None)
def test_every_coding_of_a_content_counts(server, channel, lines, status):
    answer = server.post(channel, "x", headers=field("Content-Encoding", lines))
    assert answer.status == status, answer
    assert len(server.events(channel_path(channel))) == (1 if status == 201 else 0)


@pytest.mark.parametrize("lines, status", [(["identity"], 200), (["identity", "gzip"], 415), (["gzip"], 415)])
def test_every_coding_of_a_form_that_asks_for_events_counts(server, channel, lines, status):
    answer = server.call("POST", "/events", [("Content-Type", "application/x-www-form-urlencoded"), *field("Content-Encoding", lines)],
                         f"channel={channel}&wait=0&transport=poll".encode())
    assert answer.status == status, answer


# If-None-Match


@pytest.mark.parametrize("lines, is_known", [
    (["{tag}"], True), (["W/{tag}"], True), (['"x", {tag}'], True), (['"x"', "{tag}"], True), (['"x"', 'W/"y" , {tag},'], True), (["", ",{tag}"], True), (["*"], True), (['"a, b", {tag}'], True),
    (['"x"'], False), (['"x"', '"y"'], False), (['"x{bare}"'], False), (["{bare}"], False), (['"x, {bare}"'], False), ([""], False),
], ids=lambda value: " | ".join(value) if isinstance(value, list) else None)
def test_a_file_that_a_client_has_is_found_in_all_of_its_list(server, lines, is_known):
    tag = server.call("GET", "/index.html").header("etag")
    lines = [line.replace("{tag}", tag.removeprefix("W/")).replace("{bare}", tag.removeprefix("W/").strip('"')) for line in lines]
    answer = server.call("GET", "/index.html", field("If-None-Match", lines))
    assert answer.status == (304 if is_known else 200), answer


# Connection


@http_1
@pytest.mark.parametrize("lines, closes", [
    (["close"], True), (["Close"], True), (["keep-alive", "close"], True), (["close", "keep-alive"], True), (["x, close"], True), (["x", "y", "z, close,"], True),
    (["closed"], False), (["close-not"], False), (["keep-alive"], False), (["x"], False), ([""], False),
], ids=lambda value: " | ".join(value) if isinstance(value, list) else None)
def test_a_connection_is_closed_where_any_line_says_so(server, lines, closes):
    with server.connect() as connection:
        answer = connection.call("GET", "/healthz", field("Connection", lines))
        assert answer.status == 200 and ("close" in answer.tokens("connection")) == closes
        if closes:
            assert connection.is_closed_within(5)
        else:
            assert connection.call("GET", "/healthz").status == 200


# Transfer-Encoding

POST = b"POST /channels/codings HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
CHUNKS = b"\r\n5\r\nhello\r\n0\r\n\r\n"


@http_1
@pytest.mark.parametrize("lines, statuses", [
    (["chunked"], (201,)), (["Chunked"], (201,)), (["bogus"], (501, 400)), (["xchunked"], (501, 400)), (["chunked-x"], (501, 400)), (["bogus", "chunked"], (501,)), (["bogus, chunked"], (501,)), (["gzip, chunked"], (501,)),
    (["gzip", "chunked"], (501,)), (["chunked", "gzip"], (400,)), (["chunked, bogus"], (400,)), (["chunked", "chunked"], (400,)), (["chunked, chunked"], (400,)), (["chunked", "identity"], (400,)),
], ids=lambda value: " | ".join(value) if isinstance(value, list) and isinstance(value[0], str) else None)
def test_an_unknown_coding_is_501_and_chunked_that_is_not_last_400(server, lines, statuses):
    head = b"".join(b"Transfer-Encoding: %s\r\n" % line.encode() for line in lines)
    answer = answer_to_bytes(server, POST + head + CHUNKS)
    assert answer.status == statuses[0], answer
    if answer.status != 201:
        assert_problem(answer, answer.status)


@http_1
@pytest.mark.parametrize("lines", [["chunked", "identity, chunked"], ["", "gzip"], [",", "chunked"], ["chunked;x=y"], ['"chunked"'], ["chun ked"]])
def test_no_odd_list_of_codings_smuggles_a_request(server, channel, lines):
    inner = request_bytes("POST", channel_path(channel), {"Content-Type": "text/plain"}, b"smuggled")
    head = b"".join(b"Transfer-Encoding: %s\r\n" % line.encode() for line in lines)
    answer = answer_to_bytes(server, POST + head + b"\r\n" + b"%x\r\n" % (len(inner) + 20) + inner + b" " * 20 + b"\r\n0\r\n\r\n")
    assert answer.status in (201, 400, 501), answer
    assert server.events(channel_path(channel)) == []
