"""What the browser and the server say informs the client, `pollux.js`, and never decides alone: flags, events, numbers."""

import pytest

from client_pages import driver, folder, page, proxy, server, tabs  # noqa: F401
from harness import free_port
from reading import StaticHost
from wire import eventually

NO_NETWORK = "Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false, configurable: true })"


@pytest.fixture
def offline_page(driver, page, proxy):  # noqa: F811
    """A page whose browser says from the start that it has no network, as it does where there is only the loopback."""
    page.run("return 0")
    script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NO_NETWORK})
    yield page.open(proxy.url("/blank.html"))
    page.run("return 0")
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_a_browser_that_says_it_has_no_network_reads_and_publishes(offline_page, server, channel):
    assert offline_page.run("return navigator.onLine") is False
    offline_page.read(channel)
    assert offline_page.publish(channel, "mine")["id"]
    server.publish(channel, "theirs")
    offline_page.await_events(channel, 2)
    assert offline_page.data(channel) == ["mine", "theirs"]
    assert offline_page.about()["state"] == "open"


def test_without_a_server_such_a_browser_says_why(offline_page, proxy, channel):
    proxy.cut()
    offline_page.run("read(values[0])", channel)
    assert offline_page.about()["state"] == "offline"


def test_what_such_a_browser_publishes_without_a_server_waits_for_longer_than_a_key_lives(offline_page, proxy, server, channel):
    proxy.cut()
    offline_page.run("window.published = pollux.channel(values[0]).publish('late'); published.catch(() => {})", channel)
    offline_page.run("const now = Date.now; Date.now = () => now() + 10 * 60_000")
    proxy.mend()
    offline_page.run("return published")
    assert [event["data"] for event in server.events(f"/channels/{channel}")] == ["late"]


UNAVAILABLE = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("value", ["3000000", "9" * 400, "-1", "0", "soon", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_whatever_a_server_says_of_when_to_come_back_the_pause_is_bounded(page, proxy, channel, value):
    """A timer has 31 bits, and what is beyond them fires at once; a pause of nothing would be a storm."""
    page.run("""
        window.pauses = [];
        const set = window.setTimeout;
        window.setTimeout = (act, time, ...more) => { pauses.push(time); return set(act, time, ...more); };
    """)
    proxy.meddle(UNAVAILABLE.format(value).encode(), "GET", channel)
    page.run("read(values[0])", channel)
    eventually(lambda: proxy.made("GET", channel), 10)
    patience, collecting = 15_000, 50
    pause = eventually(lambda: next((each for each in page.run("return pauses") if each != patience and each > collecting), None), 10, "a pause")
    assert 250 <= pause <= 375_000
    page.run("dispatchEvent(new Event('online'))")
    eventually(lambda: len(proxy.made("GET", channel)) > 1, 10, "and it ends when the network comes back")


TIMES = [
    ("120", 120_000), ("0", 0), ("1.5", 1500), ("-1", 0), ("", 0), ("soon", 0), ("3000000", 300_000), ("9" * 400, 300_000), (None, 0),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 300_000), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
]


def test_times_from_outside_are_bounded(page):
    found = page.run("const { retryAfter } = await import('./client/time.js'); return values[0].map(([text]) => retryAfter(text))", TIMES)
    assert [(text, time) for (text, _), time in zip(TIMES, found)] == TIMES
    bounds = {"least": 1, "most": 10, "otherwise": 5}
    given = [3, 0, 11, "4", "x", None, True, {}, [], 1e300]
    found = page.run("const { bounded } = await import('./client/time.js'); return values[0].map(value => bounded(value, values[1]))", given, bounds)
    assert found == [3, 1, 10, 4, 5, 5, 5, 5, 5, 10]


IDLE = """
const { PostedSource } = await import('./client/posted.js');
const [answers] = values, set = window.setTimeout, asked = [], pauses = [];
window.setTimeout = (act, time) => { pauses.push(time); return set(act, time); };
const requests = { persist: (attempt) => attempt(), fetchJSON: () => new Promise((resolve) => {
  asked.push(answers[0]);
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer) set(() => resolve({ gap: null, ...answer }));
}) };
const source = new PostedSource('/events', ['a'], { session: 's', requests, transports: ['poll'] });
while (asked.length < 4) await new Promise((resolve) => set(resolve, 10));
source.close();
return [asked.length, pauses];
"""
EVENT = {"id": "1-1", "channel": "a", "event": "message", "data": ""}


@pytest.mark.parametrize("answer", [{"events": [], "next": "1-1"}, {"events": [EVENT], "next": "1-1"}], ids=["nothing", "the same again"])
def test_polls_of_a_form_that_are_answered_at_once_and_bring_nothing_new_are_not_made_without_a_pause(page, answer):
    asked, pauses = page.run(IDLE, [answer])
    assert len([ms for ms in pauses if ms >= 500]) >= asked - 2


def test_a_poll_of_a_form_that_brings_something_is_followed_by_the_next_at_once(page):
    answers = [{"events": [{**EVENT, "id": f"1-{number}"}], "next": f"1-{number}"} for number in range(3)]
    asked, pauses = page.run(IDLE, [*answers, None])
    assert asked == 4 and not [ms for ms in pauses if ms >= 500], "shorter ones are of the page's own client"


@pytest.mark.parametrize("content", [b"{}", b"null", b"[]", b"<html>", b'{"next":1}'])
def test_an_answer_that_something_in_between_gave_counts_as_none(page, proxy, server, channel, content):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(content) + content
    proxy.meddle(answer, "GET", channel)
    proxy.meddle(answer, "POST", channel)
    page.read(channel)
    assert page.publish(channel, "one")["id"] == server.events(f"/channels/{channel}")[0]["id"]
    page.await_events(channel, 1)
    assert len(proxy.made("POST", channel)) == 2


def test_no_request_of_the_client_waits_for_an_equal_one_in_the_cache(page, server, channel):
    page.run("""
        window.modes = [];
        const send = window.fetch;
        window.fetch = (request, options) => { modes.push(request.cache ?? options.cache); return send(request, options); };
    """)
    page.read(channel)
    page.publish(channel, "x")
    page.run("await pollux.channel(values[0]).last(1)", channel)
    assert set(page.run("return modes")) == {"no-store"}


@pytest.mark.parametrize("transports", [None, ["fetch"], ["poll"]])
def test_a_page_whose_loading_is_stopped_goes_on(tabs, server, channel, transports):
    page = tabs(options={"transports": transports} if transports else None)
    page.read(channel)
    page.await_open()
    page.run("window.stop()")
    server.publish(channel, "after")
    page.await_events(channel, 1, timeout=60)


@pytest.mark.parametrize("sign", ["pageshow", "resume", "visibilitychange", "online"])
def test_a_page_that_was_left_and_lives_reads_again_at_any_sign_of_it(page, proxy, server, channel, sign):
    page.read(channel)
    page.await_open()
    page.run("dispatchEvent(new PageTransitionEvent('pagehide'))")
    eventually(lambda: not proxy.streams, 10, "it has left")
    server.publish(channel, "meanwhile")
    target = "document" if sign in ("resume", "visibilitychange") else "window"
    page.run(f"{target}.dispatchEvent(new Event('{sign}', {{ bubbles: true }}))")
    page.await_events(channel, 1)


def test_what_other_scripts_say_on_the_channel_of_the_tabs_disturbs_nothing(tabs, server, channel):
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    pages[0].run("""
        const names = (await navigator.locks.query()).held.map(({ name }) => name);
        const bus = new BroadcastChannel(names.find(name => names.some(other => other.startsWith(name + ' '))));
        const odd = [null, 1, 'x', [], {}, { kind: 'want' }, { kind: 'want', from: 'me', channels: 3 }, { kind: 'group', from: 1 },
          { kind: 'want', from: 'me', channels: [1, null] }, { kind: 'want', from: 'me', channels: [], cursor: {} }, { kind: 'status', from: 'me', channels: {} }];
        for (const message of odd) bus.postMessage(message);
    """)
    server.publish(channel, "one")
    for page in pages:
        page.await_events(channel, 1)


# What nobody may be left without a reason for

PROBLEM = b'{"title": "No", "status": 403, "detail": "Ask the operator."}'
REFUSED = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n" % len(PROBLEM) + PROBLEM
)


def test_a_refusal_is_told_once_and_another_of_the_same_title_too(tabs, channel):
    """By way of a tab that leads and tells what it meets with."""
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
        page.await_open()
    follower = next(page for page in pages if page.about()["role"] == "follower")
    problems = [["Bad request", "One.", 400], ["Bad request", "One.", 400], ["Bad request", "Another.", 400], ["Bad request", "One.", 413], ["Last", "", 0]]
    follower.run("""
        window.problems = [];
        pollux.addEventListener('error', ({ detail }) => problems.push([detail.title, detail.detail, detail.status]));
        const names = (await navigator.locks.query()).held.map(({ name }) => name);
        const group = names.find(name => names.some(other => other.startsWith(name + ' ')));
        const bus = new BroadcastChannel(group);
        for (const name of names.filter(each => each.startsWith(group + ' '))) {
          const from = name.slice(group.length + 1);
          for (const [title, detail, status] of values[0]) bus.postMessage({ kind: 'problem', from, title, detail, status });
        }
    """, problems)
    told = eventually(lambda: (told := problems_of(follower)) and told[-1:] == problems[-1:] and told, 20, "all are told")
    assert told == problems[1:]


def test_why_a_stream_is_refused_is_told_and_reading_goes_on(page, proxy, server, channel):
    page.run("window.problems = []; pollux.addEventListener('error', ({ detail }) => problems.push([detail.title, detail.detail, detail.status]))")
    page.run("await pollux.channel(values[0]).ready()", channel + "-first")  # so that what asks for the reason is a form
    page.await_open()
    proxy.meddle(REFUSED, "GET", "/events?", times=2)  # a native EventSource does not tell, so it is asked for twice
    proxy.meddle(REFUSED, "POST", "transport=poll")
    page.read(channel)
    assert eventually(lambda: page.run("return problems"), 20, "it is told") == [["No", "Ask the operator.", 403]]
    page.run("dispatchEvent(new Event('online'))")  # or half a minute later
    page.await_open()
    server.publish(channel, "one")
    page.await_events(channel, 1)


# A server that does not let the page ask


@pytest.fixture
def elsewhere(folder):
    host = StaticHost(folder)
    yield host
    host.close()


def problems_of(page):
    return page.run("return window.problems")


def begin(page, host, url):
    page.open(host.url("/blank.html"), server=url)
    page.run("window.problems = []; pollux.addEventListener('error', ({ detail }) => problems.push([detail.title, detail.detail]))")


@pytest.mark.parametrize("act", ["read(values[0])", "pollux.channel(values[0]).publish('x')"])
def test_a_server_without_leave_for_the_origin_of_the_page_is_told_from_a_network_that_is_down(page, pollux, elsewhere, channel, act):
    server = pollux({"cors": {"origins": ["https://another.example"]}})
    begin(page, elsewhere, server.url("/"))
    page.run(f"{act}.catch(() => {{}})", channel)
    [[title, detail]] = eventually(lambda: problems_of(page), 30, "the reason is told")
    assert title == "The server answers, but not to this page"
    assert "cors.origins" in detail and "cors.headers" in detail and elsewhere.url("") in detail


def test_a_network_that_is_down_is_not_taken_for_a_refusal(page, elsewhere, channel):
    begin(page, elsewhere, f"http://127.0.0.1:{free_port()}/")
    page.run("""
        window.looked = 0;
        const send = window.fetch;
        window.fetch = (...request) => send(...request).finally(() => { if (request[1]?.mode === 'no-cors') looked += 1; });
        read(values[0]);
    """, channel)
    eventually(lambda: page.run("return looked") == 1, 30, "it has looked")
    assert problems_of(page) == []
