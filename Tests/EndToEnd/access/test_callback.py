"""Rules that ask the application: with its own session cookie, and with all that may become of such a question."""

import json
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import Certificate, Server, free_port, running
from wire import eventually

RULES = {"user.*": {"read": "callback", "publish": "callback", "drop": "callback"}, "news": {"read": "anyone", "publish": "anyone"}}
SESSIONS = {"s-ann": "ann", "s-bob": "bob"}
ANN, BOB = {"Cookie": "session=s-ann"}, {"Cookie": "session=s-bob"}


class Application:
    """Knows its users by a cookie, and each of them may do what is in channels of their name."""

    def __init__(self):
        self.asked, self.fields, self.content, self.status, self.hangs = [], {}, None, None, threading.Event()
        self.hangs.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.decide([self.headers["X-Channel-Id"]], None)

            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.decide(question["channels"], question)

            def decide(self, channels, question):
                outer.asked.append((self.command, dict(self.headers.items()), question))
                outer.hangs.wait(30)
                cookies = dict(part.split("=", 1) for part in (self.headers["Cookie"] or "").split("; ") if "=" in part)
                user = SESSIONS.get(cookies.get("session"))
                status = outer.status or (401 if user is None else 200 if all(c.startswith(f"user.{user}.") for c in channels) else 403)
                body = outer.content if outer.content is not None and status < 300 else b""
                self.send_response(status)
                for name, value in outer.fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                with suppress(ConnectionError):  # who has waited too long is gone
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Listener(ThreadingHTTPServer):
            request_queue_size, daemon_threads = 200, True

        self.http = Listener(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}/may"

    def stop(self):
        self.hangs.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def application():
    application = Application()
    yield application
    application.stop()


def pollux(binary, folder, application, **callback):
    access = {"rules": RULES, "callback": {"url": application if isinstance(application, str) else application.url, **callback}}
    return running(Server(binary, folder, {"access": access}, certificate=Certificate(folder)))


def status(server, channel, fields=(), method="GET", query="wait=0"):
    body = b"x" if method == "POST" else None
    return server.call(method, f"/channels/{channel}?{query}", fields, body).status


@pytest.mark.parametrize("road", ["http1", "h2"])
@pytest.mark.parametrize("form", ["fields", "json"])
def test_who_has_a_session_may_what_the_application_says_and_nobody_else_anything(binary, tmp_path, application, form, road):
    with pollux(binary, tmp_path, application, form=form) as started:
        server = started.over(road)
        page = {"Sec-Fetch-Site": "same-origin"}
        for fields, own, other in ((ANN, "ann", "bob"), (BOB, "bob", "ann")):
            assert status(server, f"user.{own}.x", fields) == 200
            assert status(server, f"user.{own}.x", {**fields, **page}, "POST") == 201
            assert status(server, f"user.{own}.x", {**fields, **page}, "DELETE") == 204
            for method in ("GET", "HEAD", "POST", "DELETE"):
                assert status(server, f"user.{other}.x", {**fields, **page}, method) == 403
        for method in ("GET", "POST", "DELETE"):
            assert status(server, "user.ann.x", page, method) == 401
        assert status(server, "news") == 200
        answer = server.call("GET", "/events?channel=user.ann.a&channel=user.bob.b&channel=news&wait=0", ANN)
        assert answer.status == 403 and "user." in answer.json()["detail"]
        assert server.call("GET", "/events?channel=user.ann.a&channel=user.ann.b&channel=news&wait=0", ANN).status == 200


def test_it_is_told_what_applications_of_nginx_traefik_and_nchan_look_at(binary, tmp_path, application):
    with pollux(binary, tmp_path, application) as server:
        own = {"X-Original-URI": "/forged", "X-Forwarded-Method": "DELETE", "X-Channel-Id": "user.bob.x", "X-Subscriber-Type": "forged"}
        assert server.call("GET", "/channels/user.ann.x?wait=0&q=1", {**ANN, **own, "Authorization": "Bearer of-its-own"}).status == 200
        (command, fields, _), = application.asked
        fields = {name.lower(): value for name, value in fields.items()}
        assert command == "GET"
        expected = {
            "x-original-uri": "/channels/user.ann.x?wait=0&q=1", "x-original-method": "GET", "x-forwarded-method": "GET", "x-forwarded-proto": "http",
            "x-forwarded-for": "127.0.0.1", "x-channel-id": "user.ann.x", "x-subscriber-type": "longpoll", "cookie": ANN["Cookie"],
            "authorization": "Bearer of-its-own", "x-action": "read",
        }
        assert {name: fields.get(name) for name in expected} == expected


def test_a_cookie_is_not_shown_for_a_page_that_is_not_trusted(binary, tmp_path, application):
    with pollux(binary, tmp_path, application) as server:
        foreign = {**ANN, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert status(server, "user.ann.x", foreign) == 401
        assert status(server, "user.ann.x", ANN, "POST") == 401, "no page is named, so it may be any"
        assert not any("Cookie" in fields for _, fields, _ in application.asked)


@pytest.mark.parametrize("answer, expected", [
    (302, 401), (307, 401), (401, 401), (403, 403), (404, 503), (429, 503), (500, 503), (503, 503), (200, 200), (204, 200),
])
def test_only_a_clear_yes_is_one(binary, tmp_path, application, answer, expected):
    application.status, application.fields = answer, {"Location": "/login"}
    with pollux(binary, tmp_path, application) as server:
        got = server.call("GET", "/channels/user.ann.x?wait=0", ANN)
        assert got.status == expected and len(application.asked) == 1, got
        if expected == 503:
            assert got.header("retry-after")
            stream = server.call("GET", "/channels/user.ann.x?transport=sse", ANN)
            assert stream.status == 200 and b": refused" in stream.body, "a status would end an EventSource"


@pytest.mark.parametrize("content, expected", [
    (b"", 200), (b"ok", 200), (b'{"grants": {"read": "user.ann.*"}}', 200), (b'{"grants": {"read": ["user.bob.*"]}}', 403),
    (b'{"grants": {"reed": "x"}}', 503), (b'{"grants": 7}', 503), (b'{"end": "soon"}', 503), (b'{"end": ', 503), (b'{"end": 99999999999}', 200),
    (b"{" * 10_000, 503), (b'{"a":"' + b"x" * 100_000 + b'"}', 503),
])
def test_what_it_grants_is_looked_at_and_what_cannot_be_read_is_no_yes(binary, tmp_path, application, content, expected):
    application.content = content
    with pollux(binary, tmp_path, application) as server:
        assert status(server, "user.ann.x", ANN) == expected


def test_a_stream_ends_when_the_application_says(binary, tmp_path, application):
    with pollux(binary, tmp_path, application) as server:
        application.content = json.dumps({"end": int(time.time()) + 5}).encode()
        with server.stream("/channels/user.ann.x?transport=sse", headers=list(ANN.items())) as stream:
            stream.opened()
            assert [event.type for event in stream.rest(20)] == ["pollux.denied"]


def test_many_who_ask_the_same_at_once_are_one_question(binary, tmp_path, application):
    application.hangs.clear()
    with pollux(binary, tmp_path, application) as server:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(status(server, "user.ann.x", ANN))) for _ in range(100)]
        for thread in threads:
            thread.start()
        eventually(lambda: application.asked, 10)
        time.sleep(0.5)  # those that come now are to find it under way
        application.hangs.set()
        for thread in threads:
            thread.join(20)
        assert Counter(answers) == {200: 100} and len(application.asked) < 100


def test_an_answer_is_good_for_as_long_as_it_says(binary, tmp_path, application):
    with pollux(binary, tmp_path, application) as server:
        for _ in range(3):
            assert status(server, "user.ann.x", ANN) == 200
        assert len(application.asked) == 3, "it has said nothing"
        application.fields = {"Cache-Control": "max-age=60"}
        for _ in range(3):
            assert status(server, "user.bob.x", ANN) == 403 and status(server, "user.ann.x", ANN) == 200
        assert len(application.asked) == 5
        assert status(server, "user.ann.x", BOB) == 403 and len(application.asked) == 6, "of another it is another question"


def test_one_that_hangs_delays_nobody_but_those_who_wait_for_it(binary, tmp_path, application):
    application.hangs.clear()
    with pollux(binary, tmp_path, application, timeout="2s") as server:
        waiting = []
        threads = [threading.Thread(target=lambda n=n: waiting.append(status(server, f"user.ann.{n}", ANN))) for n in range(20)]
        for thread in threads:
            thread.start()
        with server.stream("/channels/news?transport=sse") as stream:
            stream.opened()
            count = 0
            while any(thread.is_alive() for thread in threads):
                assert status(server, "news", method="POST") == 201
                count += 1
                stream.next()
        assert waiting == [503] * 20 and count > 5, (waiting, count)


def test_one_that_is_not_there_lets_nobody_in(binary, tmp_path):
    with pollux(binary, tmp_path, f"http://127.0.0.1:{free_port()}/may") as server:
        assert status(server, "user.ann.x", ANN) == 503 and status(server, "news") == 200


def test_publishes_keep_their_order_while_the_application_is_asked(binary, tmp_path, application):
    with pollux(binary, tmp_path, application) as server, server.connect() as connection:
        for number in range(20):
            connection.send(
                b"POST /channels/user.ann.x HTTP/1.1\r\nHost: localhost:%d\r\nOrigin: http://localhost:%d\r\nCookie: session=s-ann\r\n"
                b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n%02d" % (server.port, server.port, number))
        assert [connection.read_answer().status for _ in range(20)] == [201] * 20
        events = server.call("GET", "/channels/user.ann.x?wait=0&since=earliest", ANN).json()["events"]
        assert [event["data"] for event in events] == ["%02d" % number for number in range(20)]


@pytest.mark.parametrize("callback, words", [
    (None, ["access.callback.url"]), ({"url": "http://user:hidden@a/"}, ["access.callback.url", "password"]), ({"url": "ftp://a/"}, ["access.callback.url", "http"]),
    ({"url": "http://a/", "fields": ["X-Original-URI"]}, ["access.callback.fields", "X-Original-URI"]),
    ({"url": "http://a/", "fields": ["content-length"]}, ["access.callback.fields", "content-length"]),
    ({"url": "http://a/", "form": "xml"}, ["access.callback.form", "json"]),
])
def test_what_is_wrong_is_told_by_its_key(binary, tmp_path, callback, words):
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"access": {"rules": RULES, **({"callback": callback} if callback else {})}}))
    checked = subprocess.run([binary, "config", "check", "--config", str(file)], capture_output=True, text=True, timeout=30)
    said = checked.stdout + checked.stderr
    assert checked.returncode != 0 and all(word in said for word in words) and "hidden" not in said, said
