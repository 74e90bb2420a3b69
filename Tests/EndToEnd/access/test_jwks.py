"""The keys of an issuer at an URL: an issuer that changes them, is slow, lies, or is not there."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from harness import Certificate, Server, free_port, running
from tokens import Issuer, bearer
from wire import eventually

RULES = {"user.{sub}.*": {"read": "token", "publish": "token"}}
CHANNEL = "/channels/user.ann.x"


class KeyServer:
    """Serves a document of keys, and says how often it was asked."""

    def __init__(self, document, port=0):
        self.document, self.status, self.fields, self.asked = document, 200, {}, 0
        self.gate = threading.Event()
        self.gate.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                outer.gate.wait(20)
                body = outer.document if isinstance(outer.document, bytes) else json.dumps(outer.document).encode()
                self.send_response(outer.status)
                for name, value in outer.fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}/keys"

    def stop(self):
        self.gate.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def keys(issuer):
    served = KeyServer(document_of(issuer, "one"))
    yield served
    served.stop()


def document_of(issuer, *names, more=()):
    return {"keys": [*more, *(issuer.jwk("ES256", kid=name) for name in names)]}


def pollux(binary, folder, url):
    access = {"rules": RULES, "issuers": [{"algorithms": ["ES256"], "jwks": url}]}
    return running(Server(binary, folder, {"access": access}, certificate=Certificate(folder)))


def ask(server, token):
    return server.call("GET", f"{CHANNEL}?wait=0", bearer(token)).status


def told(server, words):
    return eventually(lambda: words in server.log(100_000), 10, words)


def test_tokens_are_good_by_the_keys_that_the_issuer_gives(binary, tmp_path, keys, issuer):
    with pollux(binary, tmp_path, keys.url) as server:
        assert ask(server, issuer.token("ES256", head={"kid": "one"})) == 200
        for _ in range(20):
            assert ask(server, issuer.token("ES256", head={"kid": "one"}, jti=str(_))) == 200
        assert keys.asked == 1


def test_a_key_that_is_not_known_is_not_asked_for_at_once_again(binary, tmp_path, keys, issuer):
    with pollux(binary, tmp_path, keys.url) as server:
        assert ask(server, issuer.token("ES256", head={"kid": "one"})) == 200
        new = Issuer()
        keys.document = {"keys": [*document_of(issuer, "one")["keys"], new.jwk("ES256", kid="two")]}
        # Asked not long ago: what is not known now is not asked for again.
        assert ask(server, new.token("ES256", head={"kid": "two"})) == 401 and keys.asked == 1


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_who_comes_before_the_keys_waits_for_them_and_nothing_is_reordered(binary, tmp_path, keys, issuer, road):
    keys.gate.clear()
    with pollux(binary, tmp_path, keys.url) as server:
        fields = {**bearer(issuer.token("ES256", head={"kid": "one"})), "Content-Type": "text/plain"}
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(server.over(road).call("POST", CHANNEL, fields, b"x").status)) for _ in range(5)]
        for thread in threads:
            thread.start()
        eventually(lambda: keys.asked == 1, 10)
        assert server.call("GET", "/healthz").status == 200 and not answers, "the others go on, and these wait"
        keys.gate.set()
        for thread in threads:
            thread.join(20)
        assert answers == [201] * 5 and keys.asked == 1


def test_publishes_of_one_connection_keep_their_order_while_the_first_waits(binary, tmp_path, keys, issuer):
    keys.gate.clear()
    with pollux(binary, tmp_path, keys.url) as server:
        token = issuer.token("ES256", head={"kid": "one"})
        with server.connect() as connection:
            for number in range(30):
                data = b"%02d" % number
                connection.send(
                    b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n%s"
                    % (CHANNEL.encode(), token.encode(), data))
            eventually(lambda: keys.asked == 1, 10)
            keys.gate.set()
            assert [connection.read_answer().status for _ in range(30)] == [201] * 30
        events = server.call("GET", f"{CHANNEL}?wait=0&since=earliest", bearer(token)).json()["events"]
        assert [event["data"] for event in events] == ["%02d" % number for number in range(30)]


def test_a_foreign_key_spoils_nothing(binary, tmp_path, keys, issuer):
    foreign = [{"kty": "XYZ", "kid": "odd"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, 7, {"kty": "oct", "k": "c2hvcnQ"}]
    keys.document = document_of(issuer, "one", more=foreign)
    with pollux(binary, tmp_path, keys.url) as server:
        assert ask(server, issuer.token("ES256", head={"kid": "one"})) == 200


@pytest.mark.parametrize("lie", ["html", "huge", "no keys", "status", "deep", "redirect"])
def test_an_issuer_that_lies_is_told_once_and_nothing_is_let_in(binary, tmp_path, keys, issuer, lie):
    match lie:
        case "html": keys.document = b"<html>please log in</html>"
        case "huge": keys.document = b"[" + b" " * (2 << 20) + b"]"
        case "no keys": keys.document = {"keys": []}
        case "status": keys.status = 500
        case "deep": keys.document = b"[" * 10_000 + b"]" * 10_000
        case "redirect": keys.status, keys.fields = 302, {"Location": "/elsewhere"}
    with pollux(binary, tmp_path, keys.url) as server:
        told(server, "an issuer does not give its keys")
        answer = server.call("GET", f"{CHANNEL}?wait=0", bearer(issuer.token("ES256", head={"kid": "one"})))
        assert answer.status == 503 and answer.header("retry-after"), answer
        stream = server.call("GET", f"{CHANNEL}?transport=sse", bearer(issuer.token("ES256", head={"kid": "one"})))
        assert stream.status == 200 and b": refused" in stream.body, "a status would end an EventSource"
        assert server.log(100_000).count("an issuer does not give its keys") == 1


def test_keys_are_kept_when_the_issuer_is_down_and_asked_for_until_it_is_there(binary, tmp_path, issuer):
    port = free_port()
    with pollux(binary, tmp_path, f"http://127.0.0.1:{port}/keys") as server:
        told(server, "an issuer does not give its keys")
        assert ask(server, issuer.token("ES256", head={"kid": "one"})) == 503
        keys = KeyServer(document_of(issuer, "one"), port)
        try:
            told(server, "an issuer gives its keys again")
            assert ask(server, issuer.token("ES256", head={"kid": "one"})) == 200
        finally:
            keys.stop()
        assert ask(server, issuer.token("ES256", head={"kid": "one"}, jti="later")) == 200


@pytest.mark.parametrize("url, words", [
    ("http://issuer.example/keys", "https"), ("https://user:word@issuer.example/keys", "password"), ("ftp://issuer.example/", "http"),
])
def test_an_url_that_could_not_be_trusted_is_told_at_the_start(binary, tmp_path, url, words):
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"access": {"rules": RULES, "issuers": [{"algorithms": ["ES256"], "jwks": url}]}}))
    checked = subprocess.run([binary, "config", "check", "--config", str(file)], capture_output=True, text=True, timeout=30)
    said = checked.stdout + checked.stderr
    assert checked.returncode != 0 and "access.issuers[0].jwks" in said and words in said, said
