"""Queries, cursors and forms that cannot be read."""

import pytest

from harness import channel_path
from hostile import raw, still_serving  # noqa: F401
from wire import STREAM, assert_problem


@pytest.mark.parametrize("query", ["wait=%ZZ", "wait=%", "limit=%FF", "since=%00", "transport=%FF", "transport=sse%00", "wait=" + "9" * 5000, "limit=1.5.2", "limit=\u0661", "wait=NaN", "wait=inf", "limit=nan",
                                   "heartbeat=1e400", "budget=0x10", "evs_preamble=-1", "since=-99999999999999999999x", "envelope=%00"])
def test_a_query_that_cannot_be_read_is_400_or_cut(server, query):
    answer = server.call("GET", "/channels/h?" + query, {"Accept": "application/json"} if "wait" in query else {"Accept": STREAM}, timeout=4) if not query.startswith("wait=999") else server.call("HEAD", "/channels/h?" + query)
    if query.startswith("wait=999"):
        assert answer.status in (200, 400)
    else:
        assert_problem(answer, 400)


@pytest.mark.parametrize("query", ["%FF=1", "%=1", "%ZZ", "=&=&==&&&", "a" * 5000 + "=1", "&" * 3000, "%00=%00", "a=%FF", "wait[]=1", "ch%C3%A4nnel=1", "\u00fc=1", "x=" + "%41" * 1000])
def test_an_unknown_parameter_is_passed_over_however_odd(server, query):
    answer = server.call("GET", "/channels/h?wait=0&" + query)
    if answer.status != 200:
        assert_problem(answer, 400)
        assert not query.isascii(), "only a target that is not ASCII may be refused"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\xc3\x28", b"a\tb", b"\xed\xa0\x80", b"a" * 8000])
def test_a_last_event_id_of_odd_bytes_is_a_gap_or_refused(server, channel, value):
    server.publish(channel, "kept")
    connection, answer = raw(server, b"GET " + channel_path(channel).encode() + b"?wait=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: " + value + b"\r\n\r\n")
    with connection:
        if answer.status != 200:
            assert_problem(answer, 400)
        else:
            assert answer.json()["gap"]["reason"] == "unknown" and len(answer.json()["events"]) == 1


@pytest.mark.parametrize("query", ["lastEventId=%FF", "lastEventId=%", "after=%ZZ", "lastEventId=%C3"])
def test_a_cursor_in_the_query_that_is_no_utf_8_is_a_gap_or_refused(server, channel, query):
    server.publish(channel, "kept")
    answer = server.call("GET", f"{channel_path(channel)}?wait=0&{query}")
    if answer.status != 200:
        assert_problem(answer, 400)
    else:
        assert answer.json()["gap"]["reason"] == "unknown"


@pytest.mark.parametrize("body", [b"\xff", b"channel=%FF", b"channel=", b"", b"a" * 200000, b"channel=x&channel=%00", b"&".join(b"channel=%d" % n for n in range(300))])
def test_a_bad_form_at_events_is_refused(server, body):
    answer = server.call("POST", "/events", {"Content-Type": "application/x-www-form-urlencoded", "Accept": STREAM}, body)
    assert_problem(answer, 400, 413, 422)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_events_takes_a_form_only(server, content_type):
    answer = server.call("POST", "/events?wait=0", {"Content-Type": content_type}, b'{"channel":"x"}')
    assert_problem(answer, 400, 415, 422)
