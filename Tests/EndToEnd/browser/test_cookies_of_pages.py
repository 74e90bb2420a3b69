"""A session that is nothing but a cookie: the browser's own `EventSource` with it, and what pages of other origins try with it."""

import time

import pytest

import engines
from harness import Server, running
from meddling_proxy import MeddlingProxy
from reading import StaticHost
from tokens import SECRET, Issuer, bearer
from wire import eventually

COOKIE = "session"
BLANK = "<!doctype html><title>blank</title><link rel=icon href=data:,><body>"
INBOX = "/channels/user.ann.inbox"

BROWSERS = pytest.mark.parametrize("engine", [engines.Chromium, engines.Firefox], indirect=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "blank.html").write_text(BLANK, "utf-8")
    return folder


@pytest.fixture(scope="module")
def application(folder):
    """The origin that the server trusts."""
    host = StaticHost(folder)
    yield host
    host.close()


@pytest.fixture(scope="module")
def stranger(folder):
    """An origin that it does not trust, at the same host: the browser sends its requests all cookies of the server, whatever their `SameSite`."""
    host = StaticHost(folder)
    yield host
    host.close()


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory, folder, application):
    access = {
        "rules": {"user.{sub}.*": {"read": "token", "publish": "token", "drop": "token"}},
        "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}],
        "token": {"cookie": COOKIE, "leeway": "0s"}, "open": False,
    }
    overrides = {
        "publicFolder": str(folder), "access": access, "cors": {"origins": [application.url("")]}, "poll": {"jsonp": True},
        "stream": {"retry": "200ms", "retrySpread": "0s"},
    }
    with running(Server(binary, tmp_path_factory.mktemp("cookies"), overrides)) as server:
        yield server


@pytest.fixture
def road(server):
    """The server's own origin, which notes who asks with what."""
    road = MeddlingProxy(server)
    yield road
    road.close()
    assert server.call("DELETE", INBOX, bearer(session())).status < 300


@pytest.fixture
def page(engine, road):
    """A tab with a session of an hour."""
    engine.new_tab()
    engine.open(road.url("/blank.html"))
    log_in(engine)
    yield engine
    log_in(engine, "; Max-Age=0")
    engine.close_tab()


def session(seconds=3600):
    return Issuer().token(sub="ann", exp=time.time() + seconds)


def log_in(engine, attributes="", seconds=3600):
    """As the application's login does it, which would make it `HttpOnly` as well."""
    engine.run("document.cookie = arguments[0]", f"{COOKIE}={session(seconds)}; Path=/; SameSite=Strict{attributes}")


OPEN = """
const [url, options] = arguments;
window.seen = []; window.denied = [];
window.source = new EventSource(url, options);
source.onmessage = ({ data }) => seen.push(data);
source.addEventListener('pollux.denied', ({ data }) => denied.push(JSON.parse(data).reason));
"""


def is_open(engine):
    return engine.run("return source.readyState") == 1


def publish(server, *texts):
    for text in texts:
        assert server.post("user.ann.inbox", text, headers=bearer(session())).status == 201


def sees(engine, *texts):
    eventually(lambda: engine.run("return seen") == list(texts), 20, f"{texts}; the page saw {engine.run('return [seen, denied, source.readyState]')}")


# The session


@BROWSERS
def test_a_page_of_the_server_reads_by_its_cookie(page, road, server):
    page.run(OPEN, road.url(INBOX), {})
    eventually(lambda: is_open(page), 20, "it is open")
    publish(server, "for ann")
    sees(page, "for ann")


@BROWSERS
def test_a_page_of_an_origin_that_is_trusted_reads_with_credentials_and_writes(page, road, server, application):
    page.open(application.url("/blank.html"))
    page.run(OPEN, road.url(INBOX), {"withCredentials": True})
    eventually(lambda: is_open(page), 20, "it is open")
    page.run("fetch(arguments[0], { method: 'POST', body: 'by ann', credentials: 'include' })", road.url(INBOX))
    sees(page, "by ann")
    # Without credentials it is nobody in particular.
    page.run(OPEN, road.url(INBOX), {})
    eventually(lambda: page.run("return source.readyState") == 2, 20, "it is refused")


@BROWSERS
def test_a_session_that_is_renewed_goes_on_where_it_was(page, road, server):
    log_in(page, seconds=4)
    page.run(OPEN, road.url(INBOX), {})
    eventually(lambda: is_open(page), 20, "it is open")
    publish(server, "1")
    log_in(page)
    eventually(lambda: page.run("return denied") == ["expired"], 20, "the stream ends with the session that it began with")
    publish(server, "2")
    eventually(lambda: is_open(page), 20, "it is open again")
    publish(server, "3")
    sees(page, "1", "2", "3")
    first, second = (request.field("Cookie") for request in road.made("GET", INBOX))
    assert first != second


@BROWSERS
def test_a_session_that_ends_stops_the_source(page, road, server):
    log_in(page, seconds=4)
    page.run(OPEN, road.url(INBOX), {})
    eventually(lambda: page.run("return source.readyState") == 2, 30, "it is closed for good")
    assert page.run("return denied") == ["expired"]
    assert [status for request, status, _ in road.answers if request.target == INBOX] == [200, 401]


# What others try

FORM = """
const [url, type] = arguments;
const frame = document.body.appendChild(document.createElement('iframe'));
frame.name = 'answer';
frame.onload = () => { window.isDone = true; };
const form = document.body.appendChild(document.createElement('form'));
Object.assign(form, { method: 'POST', action: url, enctype: type, target: 'answer' });
const field = form.appendChild(document.createElement('input'));
Object.assign(field, { name: 'data', value: 'forged' });
form.submit();
"""
FETCH = "fetch(arguments[0], { method: 'POST', body: 'forged', mode: 'no-cors', credentials: 'include' })"
ELEMENT = "Object.assign(document.body.appendChild(document.createElement(arguments[1])), { src: arguments[0] })"

# (what it is, script, its second argument, what it asks for, method)
ATTEMPTS = [
    ("a form of text", FORM, "text/plain", INBOX, "POST"),
    ("a form", FORM, "application/x-www-form-urlencoded", INBOX, "POST"),
    ("a form with parts", FORM, "multipart/form-data", INBOX, "POST"),
    ("a fetch", FETCH, None, INBOX, "POST"),
    ("a beacon", "navigator.sendBeacon(arguments[0], 'forged')", None, INBOX, "POST"),
    ("an image", ELEMENT, "img", INBOX + "?event=x&data=forged&wait=0", "GET"),
    ("a script", ELEMENT, "script", INBOX + "?transport=jsonp&callback=take&wait=0&since=earliest", "GET"),
    ("a fetch that reads", "fetch(arguments[0], { mode: 'no-cors', credentials: 'include' })", None, INBOX + "?wait=0", "GET"),
]


@BROWSERS
@pytest.mark.parametrize("what, script, argument, target, method", ATTEMPTS, ids=[attempt[0] for attempt in ATTEMPTS])
def test_a_page_of_another_origin_does_nothing_by_the_cookie_of_its_reader(page, road, server, stranger, what, script, argument, target, method):
    publish(server, "a secret")
    page.open(stranger.url("/blank.html"))
    page.run("window.taken = []; window.take = (answer) => taken.push(answer);")
    page.run(script, road.url(target), argument)
    mine = lambda: [(request, status) for request, status, _ in road.answers if INBOX in request.target and request.method == method]  # noqa: E731
    (request, status), = eventually(mine, 20, "the server answers")
    assert COOKIE in (request.field("Cookie") or ""), "or it proves nothing"
    assert status == 403
    assert page.run("return taken") == []
    kept = server.call("GET", INBOX + "?since=earliest&wait=0", bearer(session())).json()["events"]
    assert [event["data"] for event in kept] == ["a secret"]


@BROWSERS
def test_a_source_of_another_origin_reads_nothing_by_the_cookie_of_its_reader(page, road, server, stranger):
    publish(server, "a secret")
    page.open(stranger.url("/blank.html"))
    for target in (INBOX + "?since=earliest", "/events?channel=user.ann.inbox&since=earliest"):
        page.run(OPEN, road.url(target), {"withCredentials": True})
        eventually(lambda: page.run("return source.readyState") == 2, 20, "it is closed for good")
        assert page.run("return seen") == []
    answers = [(COOKIE in (request.field("Cookie") or ""), status) for request, status, _ in road.answers if "since=earliest" in request.target]
    assert answers == [(True, 403)] * 2
