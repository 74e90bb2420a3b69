"""Tokens that end every five seconds, for a minute, in three tabs that read while somebody publishes."""

import itertools
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import engines
from client_pages import BLANK, HELPERS, publishing
from harness import PUBLIC, Server, running
from meddling_proxy import MeddlingProxy
from tokens import SECRET, Issuer
from wire import eventually

LIFETIME = 5  # seconds
LEEWAY = 2  # what a busy machine may take from the page's function to the server
MINUTE = 60


class Tokens(ThreadingHTTPServer):
    """The application: gives a token to whoever asks. Each fourth has ended when it is given."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Giver)
        self.issuer, self.numbers, self.given = Issuer(), itertools.count(1), []  # (token, when)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/token"

    def next(self):
        number = next(self.numbers)
        end = time.time() + (LIFETIME if number % 4 else -60)
        token = self.issuer.token(sub="ann", exp=end, jti=str(number))
        self.given.append((token, time.monotonic()))
        return token


class Giver(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(self.server.next().encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("renewal")
    shutil.copytree(PUBLIC, folder / "public")
    (folder / "public/blank.html").write_text(BLANK, "utf-8")
    access = {
        "rules": {"*": {"read": "token", "publish": "anyone"}}, "token": {"leeway": f"{LEEWAY}s"},
        "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}],
    }
    with running(Server(binary, folder, {"publicFolder": str(folder / "public"), "access": access})) as server:
        yield server


@pytest.fixture
def proxy(server):
    proxy = MeddlingProxy(server)
    yield proxy
    proxy.close()


@pytest.fixture
def tokens():
    tokens = Tokens()
    yield tokens
    tokens.shutdown()
    tokens.server_close()


BEGIN = HELPERS + """
const [url, name] = arguments;
window.asked = 0;
begin(undefined, { token: async () => { window.asked += 1; return (await fetch(url)).text(); } })
  .then(() => read(name)).then(() => { window.isReady = true; });
"""


def each(engine, tabs, script, *arguments):
    values = []
    for tab in tabs:
        engine.use_tab(tab)
        values.append(engine.run(script, *arguments))
    return values


@pytest.fixture
def tabs(engine, proxy, tokens, channel):
    opened = []
    for _ in range(3):
        opened.append(engine.new_tab())
        engine.open(proxy.url("/blank.html"))
        engine.run(BEGIN, tokens.url, channel)
    eventually(lambda: all(each(engine, opened, "return window.isReady === true")), 60, "all tabs read")
    yield opened
    for tab in opened:
        engine.use_tab(tab)
        engine.close_tab()


@pytest.mark.parametrize("engine", [engines.Chromium, engines.Firefox], indirect=True)
def test_nothing_is_lost_or_repeated_and_no_tab_shows_a_token_that_was_refused(engine, server, proxy, tokens, tabs, channel):
    with publishing(server, channel, interval=0.05) as sent:
        for second in range(MINUTE):
            each(engine, tabs[second % 3 : second % 3 + 1], "pollux.channel(arguments[0]).publish(`of ${arguments[1]}`)", f"{channel}-notes", second)
            time.sleep(1)  # the tokens' time is that of the world
    sent = sent[channel]
    seen = lambda: each(engine, tabs, "return seen[arguments[0]].map(([type, data]) => data)", channel)  # noqa: E731
    eventually(lambda: all(data[-1:] == sent[-1:] for data in seen()), 30, "the last event")
    # The first ones may have been published before a tab's first stream was there.
    assert seen() == [sent] * 3
    assert each(engine, tabs, "return [gaps, errors]") == [[[], []]] * 3

    given, moments = zip(*tokens.given)
    assert len(given) >= MINUTE / (LIFETIME + LEEWAY)
    good = (moments[-1] - moments[0]) / (LIFETIME * 4 / 5) + 1  # each is replaced when a fifth of its time is left
    assert len(given) <= good * 4 / 3 * 1.25, "the tabs have one token between them"
    shown = [(request, (request.field("Authorization") or "").removeprefix("Bearer ")) for request in proxy.requests if "/blank" not in request.target]
    refused = {}
    for request, status, moment in proxy.answers:
        if status == 401:
            refused.setdefault(request.field("Authorization").removeprefix("Bearer "), moment)
    assert refused, "some had ended when they were given"
    # What is under way when the first 401 comes may still be under way to the other tabs.
    again = [(given.index(token) + 1, request.target) for request, token in shown if token in refused and request.time > refused[token] + 2]
    assert not again, again
    notes = server.call("GET", f"/channels/{channel}-notes?since=earliest&wait=0", {"Authorization": f"Bearer {tokens.issuer.token()}"}).json()["events"]
    assert sorted(event["data"] for event in notes) == sorted(f"of {second}" for second in range(MINUTE))
