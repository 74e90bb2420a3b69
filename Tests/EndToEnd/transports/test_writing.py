"""Section 5: every row of the table of content types, what is refused, and idempotency."""

import json
import threading
import time
from urllib.parse import urlencode

import pytest

from harness import channel_path, is_valid_id
from wire import assert_problem, eventually

# HTTP/2 carries contents otherwise; TLS leaves HTTP/1 as it is, but for the sizes below.
pytestmark = pytest.mark.roads("http1", "h2")
every_road = pytest.mark.roads("http1", "tls", "h2")


@pytest.fixture
def server(server, road):
    return server.over(road)


@pytest.fixture
def pollux(pollux, road):
    return lambda overrides=None: pollux(overrides).over(road)


JSON, FORM, LINES = "application/json", "application/x-www-form-urlencoded", "application/x-ndjson"


def kept(server, channel):
    return [(each["event"], each["data"]) for each in server.events(channel_path(channel))]


def assert_refused(server, channel, status, body, content_type="text/plain", query="", headers=()):
    statuses = status if isinstance(status, tuple) else (status,)
    problem = assert_problem(server.post(channel, body, content_type, query, headers), *statuses)
    assert server.events(channel_path(channel)) == [], "nothing was kept"
    return problem


def test_a_publish_is_answered_with_its_id(server, channel):
    answer = server.post(channel, "x")
    content = answer.json()
    assert answer.status == 201 and answer.media_type == "application/json"
    assert set(content) == {"id", "channel", "time"} and is_valid_id(content["id"]) and content["channel"] == channel
    assert answer.header("last-event-id") == content["id"] and "no-store" in answer.header("cache-control")
    assert isinstance(content["time"], int) and abs(content["time"] / 1000 - time.time()) < 5


def test_a_publish_that_was_answered_can_be_read_at_once(server, channel):
    for number in range(100):
        id = server.publish(channel, str(number))
        assert server.poll(channel_path(channel), since="-1", wait=0)["events"][0]["id"] == id


# application/json


@pytest.mark.parametrize("body, data", [
    ('{"eur":12}', '{"eur":12}'),
    (' { "a" : [ 1 , 2 ] ,\r\n\t"b" : { } } \n', '{"a":[1,2],"b":{}}'),
    ('"text"', '"text"'), ("null", "null"), ("true", "true"), (" false ", "false"), ("0", "0"), ("-0", "-0"), ("[]", "[]"),
    ("1.0", "1.0"), ("1E+2", "1E+2"), ("-1.50e-7", "-1.50e-7"), ("123456789012345678901234567890", "123456789012345678901234567890"),
    ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"), ("1e999", "1e999"),
    ('"\\u00e9\\/\\n\\ud83c\\udfba"', '"\\u00e9\\/\\n\\ud83c\\udfba"'), ('"é 🎺"', '"é 🎺"'), ('" blanks : , [ ] stay "', '" blanks : , [ ] stay "'),
    ('"\\u0000"', '"\\u0000"'), ('{"":1}', '{"":1}'), ('{"b":1,"a":2}', '{"b":1,"a":2}'), ('{"a":{"a":1},"b":{"a":1}}', '{"a":{"a":1},"b":{"a":1}}'),
    ('"\u2028"', '"\u2028"'), ("[" * 64 + "]" * 64, "[" * 64 + "]" * 64), ('{"A":1,"a":2}', '{"A":1,"a":2}'),
    ('{"\\u00e9":1,"e\u0301":2}', '{"\\u00e9":1,"e\u0301":2}'),
], ids=lambda value: None)
def test_json_is_made_compact_and_stays_as_written(server, channel, body, data):
    answer = server.post(channel, body, JSON)
    assert answer.status == 201, answer
    assert kept(server, channel) == [("message", data)]


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", "application/json;charset=utf-8", "application/json; charset=UTF-8", 'application/json ; charset="utf-8"'])
def test_the_type_of_json_is_read_as_http_says(server, channel, content_type):
    assert server.post(channel, "[1, 2]", content_type, "?event=list").status == 201
    assert kept(server, channel) == [("list", "[1,2]")]


DOCUMENT = '{"a":[1,2,{"b":"x\\u00e9\\n"}],"c":-1.5e+3,"d":null,"e":[true,false],"f":"ü"}'


def test_json_that_is_cut_anywhere_is_400(server, channel):
    whole = DOCUMENT.encode("utf-8")
    with server.connect() as connection:
        for end in range(len(whole)):
            answer = connection.call("POST", channel_path(channel), {"Content-Type": JSON}, whole[:end])
            cut_letter = end and whole[end - 1 : end + 1] == "ü".encode("utf-8")
            assert_problem(answer, *((400, 422) if cut_letter else (400,)))
    assert server.events(channel_path(channel)) == []


@pytest.mark.parametrize("body", [
    "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "[1,,2]", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "{'a':1}", '{1:2}', '{"a":1 "b":2}',
    "tru", "True", "NULL", "nil", "undefined", "NaN", "Infinity", "-Infinity", "+1", "01", "-", "-01", "1.", ".5", "1e", "1e+", "0x10", "1_000",
    '"', '"a', "'a'", '"\\x41"', '"\\u12"', '"\\u12G4"', '"\\"', '"a\nb"', '"a\tb"', '"\x01"', '"\x00"', "[1]]", "{}{}", "1 2", "[] x", "// c\n1", "/* c */ 1",
    "[1] // c", "\x00", "[\x00]", "\v1", "\u00a01", "\ufeff\ufeff1",
], ids=lambda value: repr(value)[:24])
def test_what_is_no_json_is_400_with_line_and_column(server, channel, body):
    problem = assert_refused(server, channel, 400, body, JSON)
    if body.strip():
        assert "line" in problem["detail"] and "column" in problem["detail"], problem


def test_a_json_error_says_where_it_is(server, channel):
    problem = assert_refused(server, channel, 400, '{\n  "a": 1,\n  "b": x\n}', JSON)
    assert "line 3" in problem["detail"] and "column 8" in problem["detail"], problem


@pytest.mark.parametrize("body", ['{"a":1,"a":2}', '{"a":1,"\\u0061":1}', '[{"x":{"b":1,"c":2,"b":3}}]', '{"":1,"":2}', '{"é":1,"\\u00e9":2}'])
def test_a_key_that_is_there_twice_is_400(server, channel, body):
    assert_refused(server, channel, 400, body, JSON)


@pytest.mark.parametrize("depth", [65, 66, 1000, 30000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_json_that_is_too_deep_is_400(server, channel, depth, brackets):
    if brackets == "[]":
        body = "[" * depth + "]" * depth
    else:
        depth = min(depth, 10000)
        body = '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)
    problem = assert_refused(server, channel, 400, body, JSON)
    assert "64" in problem["detail"], problem


def test_json_that_is_only_opened_is_400(server, channel):
    assert_refused(server, channel, 400, "[" * 60000, JSON)
    assert_refused(server, channel, 400, '{"a":' * 10000, JSON)


# text


@pytest.mark.parametrize("content_type", ["text/plain", "TEXT/PLAIN", "text/plain;charset=utf-8", "text/plain; charset=UTF-8", 'text/plain; charset="utf-8"', "text/plain; format=flowed", None])
def test_text_is_the_data(server, channel, content_type):
    answer = server.post(channel, "grüße\nzwei", content_type, "?event=note")
    assert answer.status == 201, answer
    assert kept(server, channel) == [("note", "grüße\nzwei")]


@pytest.mark.parametrize("body, data", [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\n\rb", "a\n\nb"), ("\r", "\n"), ("\r\r\n\n", "\n\n\n"), ("a\r", "a\n"), ("", "")])
def test_cr_and_crlf_become_lf_on_every_transport(server, channel, body, data):
    id = server.post(channel, body, "text/plain").json()["id"]
    assert kept(server, channel) == [("message", data)]
    with server.stream(channel_path(channel) + "?since=earliest") as stream:
        assert tuple(stream.next()) == (id, "message", data)
    form = server.post(channel, urlencode({"data": body}), FORM)
    assert form.status == 201 and kept(server, channel)[1] == ("message", data)


def test_nul_in_text_is_kept_or_refused_but_never_lost(server, channel):
    answer = server.post(channel, "a\x00b")
    assert answer.status in (201, 422)
    if answer.status == 201:
        assert kept(server, channel) == [("message", "a\x00b")]


@pytest.mark.parametrize("charset", ["iso-8859-1", "latin1", "utf-16", "windows-1252", "klingon"])
def test_text_in_another_charset_is_415(server, channel, charset):
    assert_refused(server, channel, 415, "x", f"text/plain; charset={charset}")


BAD_UTF_8 = [b"\xff", b"a\xc3", b"\xc3\x28", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xfe\xff\x00a", b"\x80", b"\xe2\x82", b"\xf8\x88\x80\x80\x80"]


@pytest.mark.parametrize("body", BAD_UTF_8)
def test_what_is_not_utf_8_is_422(server, channel, body):
    assert_refused(server, channel, 422, body, "text/plain")
    assert_refused(server, channel, 422, body, None)
    assert_refused(server, channel, (400, 422), b'"' + body + b'"', JSON)
    assert_refused(server, channel, (400, 422), b'{"data":"' + body + b'"}\n', LINES)
    assert_refused(server, channel, 422, b"data=" + b"".join(b"%%%02X" % byte for byte in body), FORM)
    assert_refused(server, channel, 422, b"data=" + body, FORM)


def test_neither_type_nor_body_is_422(server, channel):
    assert_refused(server, channel, 422, b"", None)
    assert_problem(server.call("POST", channel_path(channel)), 422)


@pytest.mark.parametrize("content_type", ["application/xml", "multipart/form-data; boundary=x", "image/png", "application/octet-stream", "text/html", "text/event-stream",
                                          "application/json-seq", "application/jsonx", "text/plain2", "json", "/", "text/", ";", "text plain"])
def test_another_type_is_415(server, channel, content_type):
    assert_refused(server, channel, (415, 400) if "/" not in content_type.strip("/") else 415, "x", content_type)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
def test_an_encoded_body_is_not_taken_for_text(server, channel, coding):
    assert_refused(server, channel, 415, "x", "text/plain", headers={"Content-Encoding": coding})


# forms


@pytest.mark.parametrize("body, event", [
    ("data=12", ("message", "12")), ("data=", ("message", "")), ("data", ("message", "")), ("data=a+b", ("message", "a b")), ("data=a%2Bb", ("message", "a+b")),
    ("data=x&event=price", ("price", "x")), ("event=price&data=x", ("price", "x")), ("data=x&other=y&z", ("message", "x")), ("&&data=x&", ("message", "x")),
    ("data=a=b", ("message", "a=b")), ("data=%C3%BC", ("message", "ü")), ("data=a%26b", ("message", "a&b")), ("data=ü", ("message", "ü")), ("data=x&event=gr%C3%B6%C3%9Fe", ("größe", "x")),
    ("data=a;b=c", ("message", "a;b=c")), ("data={\"a\":%201}", ("message", '{"a": 1}')),
], ids=lambda value: None)
def test_a_form_gives_data_and_type(server, channel, body, event):
    answer = server.post(channel, body, FORM)
    assert answer.status == 201, answer
    assert kept(server, channel) == [event]


@pytest.mark.parametrize("body", ["", "event=x", "data=1&data=2", "data=1&data=1", "other=1", "data=%FF", "data=x&event=%0A", "data=x&event=pollux.gap",
                                  "data=x&event=" + "t" * 129, "data=x&event=%FF"])
def test_a_form_without_one_good_event_is_422(server, channel, body):
    assert_refused(server, channel, 422, body, FORM)


@pytest.mark.parametrize("body", ["data=%", "data=%4", "data=%ZZ", "data=100%&event=x"])
def test_a_form_with_bad_escapes_is_refused_or_taken_as_browsers_do(server, channel, body):
    """The URL standard leaves a lone % as it is; stricter is as good, but never a crash or a guess."""
    answer = server.post(channel, body, FORM)
    if answer.status == 201:
        assert kept(server, channel)[0][1] == body.partition("=")[2].partition("&")[0]
    else:
        assert_problem(answer, 400, 422)


def test_the_form_s_type_wins_over_the_query(server, channel):
    server.post(channel, "data=x&event=form", FORM, "?event=query")
    server.post(channel, "data=x", FORM, "?event=query")
    assert kept(server, channel) == [("form", "x"), ("query", "x")]


# batches


def test_a_batch_is_one_commit_of_compact_json(server, channel):
    body = '{"event":"price", "data": { "eur" : 12.0 }}\n{"data":"text"}\n\n  \r\n{ "data" : null , "event" : "größe" }\r\n{"data":[1, 2]}'
    answer = server.post(channel, body, LINES)
    assert answer.status == 201 and set(answer.json()) == {"ids"}, answer
    events = server.events(channel_path(channel))
    assert [each["id"] for each in events] == answer.json()["ids"] and "no-store" in answer.header("cache-control")
    assert [(each["event"], each["data"]) for each in events] == [("price", '{"eur":12.0}'), ("message", '"text"'), ("größe", "null"), ("message", "[1,2]")]


def test_the_query_s_type_is_not_for_batches(server, channel):
    assert server.post(channel, '{"data":1}\n', LINES, "?event=query").status == 201
    assert kept(server, channel) == [("message", "1")]


@pytest.mark.parametrize("line, status", [
    ('{"data":1,"id":"x"}', 422), ('{"data":1,"retry":5}', 422), ('{"event":"x"}', 422), ("{}", 422), ('{"data":1,"event":5}', 422), ('{"data":1,"event":null}', 422),
    ('{"data":1,"event":"pollux.gap"}', 422), ('{"data":1,"event":"a\\nb"}', 422), ('{"data":1,"event":"' + "t" * 129 + '"}', 422), ("[1]", 422), ('"text"', 422), ("1", 422), ("null", 422),
    ('{"data":1', 400), ("{data:1}", 400), ('{"data":1}{"data":2}', 400), ('{"data":1,"data":2}', 400), ('{"data":{"a":1,"a":2}}', 400), ("x", 400), ('{"data":1,}', 400),
    ('{"data":' + "[" * 70 + "]" * 70 + "}", 400), ('{"Data":1}', 422),
], ids=lambda value: str(value)[:30])
def test_a_batch_with_one_bad_line_keeps_nothing(server, channel, line, status):
    for body in (line, '{"data":0}\n' + line + '\n{"data":2}\n', '{"data":0}\n{"data":1}\n\n' + line):
        assert_refused(server, channel, status, body, LINES)


def test_a_batch_tells_the_line_that_is_bad(server, channel):
    problem = assert_refused(server, channel, 400, '{"data":0}\n\n{"data":x}\n', LINES)
    assert "line 3" in problem["detail"], problem
    problem = assert_refused(server, channel, 422, '{"data":0}\n{"data":1}\n{"date":2}\n', LINES)
    assert "line 3" in problem["detail"], problem


@pytest.mark.parametrize("body", ["", "\n", "\n \r\n\t\n"])
def test_a_batch_of_no_line_is_422(server, channel, body):
    assert_refused(server, channel, 422, body, LINES)


@every_road
def test_the_events_of_a_batch_are_not_mixed_with_others(server, channel):
    """Two publishers of batches: each batch stands together."""
    path = channel_path(channel)
    cursor = server.head_id(path)

    def publish(number):
        for n in range(10):
            server.publish_batch(channel, [(None, f"{number}/{n}/{k}") for k in range(20)])

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    found = [json.loads(each["data"]) for each in server.events(path, cursor)]
    assert len(found) == 800
    for start in range(0, 800, 20):
        batch = found[start].rpartition("/")[0]
        assert found[start : start + 20] == [f"{batch}/{k}" for k in range(20)]


# types


@pytest.mark.parametrize("query, type", [("", "message"), ("?event=", "message"), ("?event=price", "price"), ("?event=a+b", "a b"), ("?event=" + "t" * 128, "t" * 128), ("?event=pollux", "pollux"),
                                         ("?event=gr%C3%B6%C3%9Fe", "größe"), ("?event=message", "message")])
def test_the_query_gives_the_type(server, channel, query, type):
    answer = server.post(channel, "x", "text/plain", query)
    assert answer.status == 201, answer
    assert kept(server, channel) == [(type, "x")]


@pytest.mark.parametrize("query", ["?event=a%0Ab", "?event=a%0Db", "?event=%00", "?event=a%1B", "?event=%7F", "?event=%C2%85", "?event=" + "t" * 129, "?event=" + "%C3%BC" * 65, "?event=pollux.gap", "?event=pollux."])
def test_a_type_that_is_none_is_422(server, channel, query):
    assert_refused(server, channel, 422, "x", "text/plain", query)


def test_a_type_that_is_not_utf_8_is_refused(server, channel):
    assert_refused(server, channel, (400, 422), "x", "text/plain", "?event=%FF")


# sizes


@every_road
def test_an_event_of_64_kib_is_taken_and_one_byte_more_is_413(server, channel):
    assert server.post(channel, "x" * 65536).status == 201
    problem = assert_problem(server.post(channel, "x" * 65537), 413)
    assert any(form in problem["detail"] for form in ("65536", "65,536", "64 KiB", "64 KB", "64KB")), problem
    assert len(kept(server, channel)) == 1


def test_sizes_are_bytes_not_letters(server, channel):
    assert_refused(server, channel, 413, "ü" * 40000)
    assert_refused(server, channel, 413, '"' + "🎺" * 20000 + '"', JSON)


@every_road
def test_a_batch_of_a_mebibyte_is_taken_and_more_is_413(server, channel):
    line = '{"data":"' + "x" * 1000 + '"}\n'
    assert server.post(channel, line * (1048576 // len(line)), LINES).status == 201
    server.call("DELETE", channel_path(channel))
    problem = assert_refused(server, channel, 413, line * (1048576 // len(line) + 1), LINES)
    assert any(form in problem["detail"] for form in ("1048576", "1,048,576", "1 MiB", "1 MB", "1MB")), problem


def test_an_event_in_a_batch_has_the_limit_of_an_event(server, channel):
    assert_refused(server, channel, 413, '{"data":1}\n{"data":"' + "x" * 65536 + '"}\n', LINES)
    assert server.post(channel, '{"data":"' + "x" * 65534 + '"}\n', LINES).status == 201


def test_limits_are_configuration(pollux):
    server = pollux({"limits": {"eventSize": "1KB", "batchSize": "4KB"}})
    assert server.post("x", "x" * 1000).status == 201
    problem = assert_problem(server.post("x", "x" * 1100), 413)
    assert "1" in problem["detail"]
    line = '{"data":"' + "x" * 400 + '"}\n'
    assert server.post("x", line * 9, LINES).status == 201
    assert_problem(server.post("x", line * 12, LINES), 413)


# idempotency


def with_key(server, channel, key, body="x", query="", content_type="text/plain"):
    return server.post(channel, body, content_type, query, {"Idempotency-Key": key})


def test_a_repeat_is_answered_like_the_first_time_and_appends_nothing(server, channel):
    first = with_key(server, channel, "k-1")
    assert first.status == 201 and first.header("idempotency-replayed") is None
    for _ in range(3):
        again = with_key(server, channel, "k-1")
        assert again.status == 200 and again.header("idempotency-replayed") == "true"
        assert again.json() == first.json() and again.header("last-event-id") == first.header("last-event-id")
    assert len(kept(server, channel)) == 1


def test_a_batch_with_a_key_is_repeated_as_a_whole(server, channel):
    body = '{"data":1}\n{"event":"e","data":2}\n'
    first = with_key(server, channel, "k-1", body, content_type=LINES)
    again = with_key(server, channel, "k-1", body, content_type=LINES)
    assert (first.status, again.status) == (201, 200) and again.json() == first.json() and len(again.json()["ids"]) == 2
    assert_problem(with_key(server, channel, "k-1", '{"data":1}\n', content_type=LINES), 422)
    assert len(kept(server, channel)) == 2


def test_the_same_key_with_another_event_is_422(server, channel):
    assert with_key(server, channel, "k-1", "x", "?event=a").status == 201
    assert_problem(with_key(server, channel, "k-1", "y", "?event=a"), 422)
    assert_problem(with_key(server, channel, "k-1", "x", "?event=b"), 422)
    assert_problem(with_key(server, channel, "k-1", "x"), 422)
    assert with_key(server, channel, "k-1", "x", "?event=a").status == 200
    assert len(kept(server, channel)) == 1


def test_a_key_belongs_to_its_channel(server, channel):
    assert with_key(server, channel, "k-1").status == 201
    assert with_key(server, channel + "/other", "k-1").status == 201
    assert with_key(server, channel, "K-1").status == 201, "keys are bytes"


@pytest.mark.parametrize("body, content_type, query, status", [("{", JSON, "", 400), ("x", "text/plain", "?event=pollux.x", 422), ("x", "image/png", "", 415), ("x" * 70000, "text/plain", "", 413)])
def test_a_failed_request_does_not_use_up_its_key(server, channel, body, content_type, query, status):
    assert_problem(with_key(server, channel, "k-1", body, query, content_type), status)
    assert with_key(server, channel, "k-1", "good").status == 201
    assert kept(server, channel) == [("message", "good")]


@pytest.mark.parametrize("key", ["", "k" * 129, "schlüssel", "a\tb"])
def test_a_bad_key_is_422(server, channel, key):
    answer = with_key(server, channel, key)
    assert_problem(answer, 422)
    assert server.events(channel_path(channel)) == []


@pytest.mark.parametrize("key", ["k" * 128, "!", '"quoted"', "8e03978e-40d5-43dd-bc93-6894a57f9324", "{}:/\\?#[]@~`^"])
def test_a_good_key_is_any_printable_ascii(server, channel, key):
    assert with_key(server, channel, key).status == 201
    assert with_key(server, channel, key).status == 200


def test_many_repeats_at_once_append_one_event(server, channel):
    answers, gate = [], threading.Barrier(12)

    def post():
        gate.wait()
        answers.append(with_key(server, channel, "k-1"))

    threads = [threading.Thread(target=post) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(each.status for each in answers) == [200] * 11 + [201], answers
    assert len({each.json()["id"] for each in answers}) == 1 and len(kept(server, channel)) == 1


def test_a_key_may_be_used_anew_after_the_window(pollux):
    server = pollux({"idempotency": {"window": "1s"}})
    first = with_key(server, "x", "k-1")
    assert with_key(server, "x", "k-1").status == 200
    again = eventually(lambda: (answer := with_key(server, "x", "k-1")).status == 201 and answer, 6, "the window is over")
    assert again.json()["id"] != first.json()["id"] and len(kept(server, "x")) == 2


def test_the_window_is_longer_than_a_second_by_default(server, channel):
    first = with_key(server, channel, "k-1")
    server.poll(channel_path(channel), wait=1)
    assert with_key(server, channel, "k-1").json() == first.json()
