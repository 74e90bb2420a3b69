"""`Public/eventsource.js`: that it is an EventSource as the standard has it (WHATWG HTML, 9.2), by every stream.

The table of the standard's cases is also put to the browser's own EventSource, so that the table itself is checked. Where
the script differs on purpose, a test says so.
"""

import itertools

import pytest

from event_sources import GONE, LOST, MAKERS, OPEN, OWN, SEES_ALL, WAITS, logged, message, start
from harness import free_port
from scripted_server import STREAM, Answer, ScriptedServer
from wire import eventually


# The table, part 1: what is in a stream. Each: the bytes, the events that they give.

PARSING = {
    "an event": (b"data: a\n\n", [message("a")]),
    "no blank after the colon": (b"data:a\n\n", [message("a")]),
    "only one blank is dropped": (b"data:  a\n\n", [message(" a")]),
    "a tab is not a blank": (b"data:\ta\n\n", [message("\ta")]),
    "several lines of data": (b"data: a\ndata:\ndata: c\n\n", [message("a\n\nc")]),
    "a field without a colon": (b"data\n\n", [message("")]),
    "two of them": (b"data\ndata\n\n", [message("\n")]),
    "empty data": (b"data:\n\n", [message("")]),
    "no data, no event": (b"event: a\nid: 1\n\ndata: b\n\n", [message("b", "1")]),
    "a type is for one event": (b"event: a\ndata: 1\n\ndata: 2\n\n", [message("1", type="a"), message("2")]),
    "a type without data is forgotten": (b"event: a\n\ndata: 2\n\n", [message("2")]),
    "the last type counts": (b"event: a\nevent: b\ndata: 1\n\n", [message("1", type="b")]),
    "an empty type": (b"event:\ndata: 1\n\n", [message("1")]),
    "a type named open": (b"event: open\ndata: 1\n\n", [message("1", type="open")]),
    "a type named error": (b"event: error\ndata: 1\n\n", [message("1", type="error")]),
    "a comment": (b": data: a\n:\n::\ndata: b\n\n", [message("b")]),
    "names are compared literally": (b"Data: a\n data: b\ndata : c\nDATA: d\ndata: e\n\n", [message("e")]),
    "unknown fields": (b"dataset: a\nfoo\nbar: baz\ndata: b\n\n", [message("b")]),
    "colons in the value": (b"data: a:b: c\n\n", [message("a:b: c")]),
    "an id stays": (b"id: 1\ndata: a\n\ndata: b\n\n", [message("a", "1"), message("b", "1")]),
    "an empty id clears it": (b"id: 1\ndata: a\n\nid\ndata: b\n\n", [message("a", "1"), message("b")]),
    "an id with NUL is ignored": (b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [message("a", "1"), message("b", "1")]),
    "an id of blanks": (b"id:   \ndata: a\n\n", [message("a", "  ")]),
    "an id in UTF-8": ("id: größe…\ndata: a\n\n".encode(), [message("a", "größe…")]),
    "an id after its data": (b"data: a\nid: 1\n\nevent: b\ndata: b\nid: 2\n\n", [message("a", "1"), message("b", "2", "b")]),
    "the last id counts": (b"id: 1\nid: 2\ndata: a\n\n", [message("a", "2")]),
    "NUL in data and type": (b"event: a\0\ndata: b\0c\n\n", [message("b\0c", type="a\0")]),
    "CRLF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [message("a\nb"), message("c")]),
    "CR": (b"data: a\rdata: b\r\rdata: c\r\r", [message("a\nb"), message("c")]),
    "all of them": (b"data: a\r\ndata: b\rdata: c\ndata: d\n\rdata: e\r\n\n", [message("a\nb\nc\nd"), message("e")]),
    "many empty lines": (b"\n\r\n\r\r\n\ndata: a\n\n\n\r\n\r", [message("a")]),
    "no other line ends": ("data: a\u2028b\u2029c\u0085d\ve\ff\n\n".encode(), [message("a\u2028b\u2029c\u0085d\ve\ff")]),
    "a BOM": (b"\xef\xbb\xbfdata: a\n\n", [message("a")]),
    "a BOM elsewhere": (b"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: \xef\xbb\xbfc\n\n", [message("a"), message("\ufeffc")]),
    "characters of four bytes": ("event: 🎺\ndata: 🎷🎻\n\n".encode(), [message("🎷🎻", type="🎺")]),
    "bytes that are not UTF-8": (b"data: a\xffb\xc3\n\n", [message("a\ufffdb\ufffd")]),
    "a long line": (b"data: " + b"x" * 200_000 + b"\n\n", [message("x" * 200_000)]),
}
END = b"\n\nevent: the-end\ndata\n\n"
NAMES_OF_TYPES = ["a", "b", "a\0", "🎺", "the-end"]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("case", PARSING)
def test_a_stream_is_read_as_the_standard_says(page, scripted, maker, case):
    content, expected = PARSING[case]
    start(page, maker, scripted.script(Answer((content, END))), NAMES_OF_TYPES)
    log = logged(page, len(expected) + 2)
    assert log[:1] + log[1:-1] == [OPEN, *expected]
    assert log[-1][0] == "the-end"


def test_two_byte_order_marks_are_one_too_many(page, scripted):
    """By XMLHttpRequest the engine drops the first, so that there the script may drop the second."""
    for maker in (OWN, "native", "fetch"):
        start(page, maker, scripted.script(Answer((b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n",))))
        assert logged(page, 2) == [OPEN, message("b")]
        page.execute_script("source.close(); log.length = 0")


SPLIT = "\ufeffid: 1\r\nevent: a\r\ndata: ö\rdata: 🎺\n\n:c\r\n\r\ndata: x\r\rid: 2\ndata: y\r\n\r\n".encode()
SPLIT_EVENTS = [message("ö\n🎺", "1", "a"), message("x", "1"), message("y", "2")]

SPLIT_ID_LAST = "\ufeffevent: a\r\ndata: ö\rdata: 🎺\nid: 1\n\n:c\r\n\r\ndata: x\r\rdata: y\r\nid: 2\r\n\r\n".encode()

# Answers of the browser that come in pieces of our choice: `stub(pieces)`.
STUBS = {
    "fetch": """
      window.fetch = async () => new Response(new ReadableStream({
        start(controller) { for (const piece of pieces.shift()) controller.enqueue(new Uint8Array(piece)); }
      }), {headers: {'Content-Type': 'text/event-stream'}});
    """,
    # As old engines do it: the text grows, by whole characters, and each time the page is told.
    "xhr": """
      window.XMLHttpRequest = function () {
        const decoder = new TextDecoder('utf-8', {ignoreBOM: true});
        Object.assign(this, {readyState: 0, status: 0, responseText: '', open() {}, setRequestHeader() {}, abort() {},
          getResponseHeader: name => name === 'Content-Type' ? 'text/event-stream' : null,
          send() {
            setTimeout(() => {
              this.status = 200;
              for (const state of [1, 2]) { this.readyState = state; this.onreadystatechange(); }
              this.readyState = 3;
              for (const piece of pieces.shift()) {
                this.responseText += decoder.decode(new Uint8Array(piece), {stream: true});
                this.onreadystatechange();
              }
            });
          }
        });
      };
    """,
}


@pytest.mark.parametrize("stream", [SPLIT, SPLIT_ID_LAST], ids=["id first", "id last"])
@pytest.mark.parametrize("maker", SEES_ALL)
def test_a_stream_may_be_cut_at_every_byte(page, maker, stream):
    cuts = [[list(stream[:at]), list(stream[at:])] for at in range(len(stream) + 1)] + [[[byte] for byte in stream]]
    page.execute_script("window.pieces = arguments[0];" + STUBS[maker] + f"""
        window.logs = [];
        for (let i = pieces.length; i > 0; i -= 1) {{
          const log = [], url = '/x', options = {{}}, source = {MAKERS[maker]};
          logs.push(log);
          for (const type of ['a', 'message']) source.addEventListener(type, event => log.push([event.type, event.data, event.lastEventId]));
        }}
    """, cuts)
    eventually(lambda: all(len(log) >= 3 for log in page.execute_script("return logs")), 5)
    for at, log in enumerate(page.execute_script("return logs")):
        assert [tuple(entry) for entry in log] == SPLIT_EVENTS, f"cut at {at}: {stream[:at]!r}"


@pytest.mark.parametrize("maker", MAKERS)
def test_a_stream_may_come_byte_by_byte(page, scripted, maker):
    pieces = list(itertools.chain.from_iterable((bytes([byte]), 0.002) for byte in SPLIT))
    start(page, maker, scripted.script(Answer(tuple(pieces))), ["a"])
    assert logged(page, 4) == [OPEN, *SPLIT_EVENTS]


# Part 2: how a connection ends, and what follows


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("end", ["clean", "cut"])
def test_a_connection_that_ends_is_made_again_with_the_cursor(page, scripted, maker, end):
    script = scripted.script(Answer(("retry: 50\nid: größe 1\ndata: a\n\n".encode(), 0.1), end), Answer((b"data: b\n\n",)))
    start(page, maker, script)
    assert logged(page, 5) == [OPEN, message("a", "größe 1"), LOST, OPEN, message("b", "größe 1")]
    assert [asked.cursor for asked in script.asked] == [None, "größe 1"]
    assert script.asked[1].headers["accept"] == STREAM
    assert {asked.target for asked in script.asked} == {script.path}, "nothing is added to the URL of another server"


@pytest.mark.parametrize("half", [b"id: 2\ndata: half\n", b"data: half\nid: 2\n", b"data: half\nid: 2"])
@pytest.mark.parametrize("maker", MAKERS)
def test_an_unfinished_block_is_dropped_and_its_id_not_taken_over(page, scripted, maker, half):
    script = scripted.script(Answer((b"retry: 50\nid: 1\ndata: a\n\n" + half, 0.1), "clean"), WAITS)
    start(page, maker, script)
    assert logged(page, 4) == [OPEN, message("a", "1"), LOST, OPEN]
    assert [asked.cursor for asked in script.asked] == [None, "1"]


@pytest.mark.parametrize("maker", MAKERS)
def test_an_id_without_an_event_counts_and_an_empty_one_is_not_sent(page, scripted, maker):
    first = scripted.script(Answer((b"retry: 50\nid: 7\n\n", 0.1), "clean"), Answer((b"id\n\n", 0.1), "clean"), WAITS)
    start(page, maker, first)
    assert logged(page, 5) == [OPEN, LOST, OPEN, LOST, OPEN]
    assert [asked.cursor for asked in first.asked] == [None, "7", None]


RETRIES = {b"retry: 2000": True, b"retry:2000": True, b"retry: 002000": True, b"retry:  5000": False, b"retry: 5000x": False,
           b"retry: 5e3": False, b"retry: -5000": False, b"retry: 5000.0": False, b"retry": False, "retry: ५०००".encode(): False}


# An empty one is to Chromium's own as if there had never been another.
@pytest.mark.parametrize("maker, line", [(maker, line) for maker in MAKERS for line in RETRIES if line != b"retry" or maker in SEES_ALL])
def test_a_reconnection_time_is_of_digits_only(page, scripted, maker, line):
    script = scripted.script(Answer((b"retry: 50\n" + line + b"\ndata: a\n\n",), "clean"), WAITS)
    start(page, maker, script)
    assert logged(page, 4, 10) == [OPEN, message("a"), LOST, OPEN]
    assert (script.asked[1].at - script.asked[0].at >= 2) == RETRIES[line]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("status", [204, 205, 206, 304, 400, 401, 403, 404, 406, 410, 418])
def test_an_answer_that_says_no_is_the_end(page, scripted, maker, status):
    script = scripted.script(Answer((b"data: a\n\n",), "clean", status))
    start(page, maker, script)
    assert logged(page, 1) == [GONE]
    assert len(script.asked) == 1


TEMPORARY = [408, 425, 429, 500, 502, 503, 504]


def test_the_browsers_own_is_closed_by_what_would_pass(page, scripted):
    """Which is why the script deviates."""
    for status in TEMPORARY:
        start(page, OWN, scripted.script(Answer((), "clean", status)))
        assert logged(page, 1) == [GONE], status
        page.execute_script("log.length = 0")


@pytest.mark.parametrize("maker", SEES_ALL)
def test_an_answer_that_may_pass_is_waited_out(page, scripted, maker):
    """Longer each time, from half a second on."""
    scripts = [scripted.script(Answer((b"retry: 20\n",), "clean"), Answer((), "clean", status), Answer((), "clean", 204)) for status in TEMPORARY]
    page.execute_script(f"""
        window.logs = arguments[0].map(url => {{
          const log = [], options = {{}}, source = {MAKERS[maker]};
          source.onopen = source.onerror = event => log.push([event.type, source.readyState]);
          return log;
        }});
    """, [script.url for script in scripts])
    expected = [list(entry) for entry in (OPEN, LOST, LOST, GONE)]
    eventually(lambda: all(len(log) >= 4 for log in page.execute_script("return logs")), 10)
    assert page.execute_script("return logs") == [expected] * len(TEMPORARY)
    for script in scripts:
        first, second, third = (asked.at for asked in script.asked)
        assert second - first >= 0.5 and third - second >= 1


def test_a_server_that_fails_when_the_browsers_own_asks_is_come_back_to(page, scripted):
    """It is closed and does not say why: so another transport asks again, and the source is not closed."""
    script = scripted.script(Answer((b"retry: 20\nid: 1\ndata: a\n\n",), "clean"), Answer((), "clean", 503), Answer((), "clean", 503), Answer((b"data: b\n\n",)))
    page.execute_script("watch(new PolluxEventSource(arguments[0]), ['transportchange'])", script.url)
    assert logged(page, 7) == [OPEN, message("a", "1"), LOST, ("transportchange", 0), LOST, OPEN, message("b", "1")]
    assert [asked.cursor for asked in script.asked] == [None, "1", "1", "1"]
    assert page.execute_script("return source.transport") == "fetch"


def test_a_server_that_says_no_to_the_browsers_own_is_asked_once_more(page, scripted):
    script = scripted.script(Answer((), "clean", 404))
    page.execute_script("watch(new PolluxEventSource(arguments[0]))", script.url)
    assert logged(page, 1) == [GONE] and len(script.asked) == 2


def test_a_server_of_another_origin_that_says_no_and_knows_no_preflight_is_not_asked_for_ever(page):
    """With the cursor in a header, the second asking needs one, and its failure looks like a network without a connection."""
    elsewhere = ScriptedServer(knows_preflights=False)
    script = elsewhere.script(Answer((b"retry: 20\nid: 1\ndata: a\n\n",), "clean"), Answer((), "clean", 204))
    page.execute_script("watch(new PolluxEventSource(arguments[0]))", script.url)
    assert logged(page, 4) == [OPEN, message("a", "1"), LOST, GONE]
    elsewhere.close()


TYPES = {"text/event-stream": True, "text/event-stream;charset=utf-8": True, "text/event-stream; charset=windows-1252": True,
         "TEXT/EVENT-STREAM": True, "text/event-stream;": True, "text/event-streams": False, "text/event": False, "text/plain": False,
         "application/json": False, "text/html;text/event-stream": False, None: False}


# The standard ignores a charset; Chromium's own refuses others than UTF-8.
@pytest.mark.parametrize("maker, type", [(maker, type) for maker in MAKERS for type in TYPES if maker in SEES_ALL or "1252" not in (type or "")])
def test_a_stream_has_its_content_type(page, scripted, maker, type):
    """Whatever its charset says, it is UTF-8."""
    script = scripted.script(Answer(("data: ä\n\n".encode(), 0.1), "hold" if TYPES[type] else "clean", type=type))
    start(page, maker, script)
    assert logged(page, 1 + bool(TYPES[type])) == ([OPEN, message("ä")] if TYPES[type] else [GONE])


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_gives_the_origin(page, scripted, elsewhere, maker, status):
    target = elsewhere.script(Answer((b"retry: 50\ndata: a\n\n", 0.1), "clean"), Answer((b"data: b\n\n",)))
    script = scripted.script(Answer((), "clean", status, headers=(("Location", target.url), ("Cache-Control", "no-store"))))
    page.execute_script("window.note = event => log.push([event.type, event.data || '', event.origin || ''])")
    start(page, maker, script)
    origin = elsewhere.url()
    heard = [("open", "", ""), message("a", origin), ("error", "", ""), ("open", "", ""), message("b", origin)]
    assert logged(page, 5) == heard
    assert page.execute_script("return source.url") == script.url
    # Chromium goes on where it was sent to; the script begins at its own URL again, as it may be sent elsewhere now.
    assert len(script.asked) == (2 if maker in SEES_ALL else 1)


@pytest.mark.parametrize("maker", MAKERS)
def test_a_server_that_cannot_be_reached_is_tried_again(page, maker):
    start(page, maker, f"http://127.0.0.1:{free_port()}/")
    assert logged(page, 1) == [LOST]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "mailto:x@example.org", "javascript:1"])
def test_what_can_never_be_fetched_is_the_end(page, maker, url):
    start(page, maker, url)
    assert logged(page, 1) == [GONE]


# Part 3: credentials


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("with_credentials", [True, False])
def test_cookies_go_to_another_origin_only_with_credentials(page, elsewhere, maker, with_credentials):
    page.execute_script("document.cookie = 'a=b'")
    script = elsewhere.script(Answer((b"retry: 50\nid: 1\ndata: a\n\n",), "clean"), WAITS)
    start(page, maker, script, options={"withCredentials": with_credentials})
    assert logged(page, 4) == [OPEN, message("a", "1"), LOST, OPEN]
    assert {asked.headers.get("cookie") for asked in script.asked} == ({"a=b"} if with_credentials else {None})
    assert page.execute_script("return source.withCredentials") is with_credentials
    assert script.asked[1].cursor == "1"


@pytest.mark.parametrize("maker", MAKERS)
def test_cookies_go_to_the_own_origin(page, scripted, maker):
    page.execute_script("document.cookie = 'a=b'")
    script = scripted.script(Answer((b"data: a\n\n",)))
    start(page, maker, script)
    logged(page, 2)
    assert script.asked[0].headers["cookie"] == "a=b"


@pytest.mark.parametrize("maker", SEES_ALL)
def test_fields_of_ones_own_are_sent(page, scripted, maker):
    script = scripted.script(Answer((b"data: a\n\n",)))
    start(page, maker, script, options={"headers": {"Authorization": "Bearer x"}, "lastEventId": "9"})
    logged(page, 2)
    assert script.asked[0].headers["authorization"] == "Bearer x" and script.asked[0].cursor == "9"
