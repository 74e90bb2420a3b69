"""The client, `pollux.js`, with many channels and long names: nothing lost, nothing silent, few connections."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

import engines
from client_pages import HELPERS, Page, driver, folder, page, proxy, server, tabs  # noqa: F401
from harness import Server
from meddling_proxy import MeddlingProxy
from wire import eventually

WATCH = """
window.heard = {}; window.problems = [];
pollux.addEventListener('error', ({ detail }) => problems.push([detail.title, detail.detail]));
window.watch = (names) => Promise.all(names.map((name) => {
  const channel = pollux.channel(name);
  heard[name] = [];
  channel.on('*', ({ data }) => heard[name].push(data));
  channel.on('error', ({ detail }) => problems.push([name, detail.title, detail.detail]));
  return channel.ready();
}));
"""


def names_of(count, channel):
    """So many names of 256 bytes, which is the most that a name may have; 3 in a URL for each."""
    starts = [f"{channel[:80]}-{number:04}-" for number in range(count)]
    return [start + "é" * ((256 - len(start)) // 2) for start in starts]


def publish_to_all(server, names, data):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda name: server.publish(name, data), names))


def heard(page, names):
    return page.run("return values[0].map(name => heard[name])", names)


def sessions(proxy):
    """Those that are named by requests that read."""
    reads = [request.selection for request in proxy.requests if "transport=" in request.selection]
    return {(re.findall(r"\bsession=([^&]*)", selection) or [None])[0] for selection in reads}


@pytest.mark.parametrize("count", [1, 1000], ids=["a stream", "streams that are posted, and polls"])
def test_all_requests_of_a_client_name_one_session_and_another_client_names_another(page, tabs, proxy, server, channel, count):
    names = names_of(count, channel)
    for number, tab in enumerate((page, tabs()), start=1):
        tab.run("pollux.close(); await begin(undefined, { tabs: false })")
        tab.run(WATCH)
        tab.run("await watch(values[0])", names)
        publish_to_all(server, names, "x")
        eventually(lambda: all(each == ["x"] for each in heard(tab, names)), 60, "each channel has its event, once")
        assert len(sessions(proxy)) == number
        tab.run("pollux.close()")
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", session) for session in sessions(proxy))


def streamed(proxy):
    """How many channels each open stream reads, the most first: which of them came through first is left to chance."""
    return sorted((selection.count("channel=") for selection in proxy.streams), reverse=True)


@pytest.mark.parametrize("count, streams, polled", [(10, [10], 0), (300, [256, 44], 0), (2000, [256] * 3, 2000 - 3 * 256)])
def test_so_many_channels_with_long_names_lose_nothing_over_few_connections(page, proxy, server, channel, count, streams, polled):
    names = names_of(count, channel)
    assert {len(name.encode()) for name in names} <= {255, 256}
    page.run(WATCH)
    page.run("await watch(values[0])", names)
    eventually(lambda: streamed(proxy) == streams, 30, f"streams of {streams}")
    for data in ("one", "two"):
        publish_to_all(server, names, data)
    eventually(lambda: all(each == ["one", "two"] for each in heard(page, names)), 60, "each channel has both events, once")
    page.await_open()
    assert proxy.most_open <= 6, "a browser opens no more for one server, and a publish needs one"
    assert len(proxy.made("GET")) + len(proxy.made("POST")) < count + 60, "not a request a channel"
    assert page.publish(names[-1], "three")["id"]
    eventually(lambda: heard(page, names[-1:])[0][-1] == "three", 30, "what the page publishes comes back")
    told = page.run("return problems")
    assert [title for title, _ in told] == (["Some channels are polled"] if polled else [])
    assert all("limits.channels" in detail and "HTTP/2" in detail for _, detail in told)


def test_channels_that_do_not_fit_into_a_url_are_read_by_a_stream_that_is_posted(page, proxy, server, channel):
    names = names_of(5, channel)
    page.run(WATCH)
    page.run("await watch(values[0])", names)
    page.await_open()
    assert page.about()["transport"] == "fetch"
    assert [request.target for request in proxy.made("POST") if request.is_stream] == ["/events"]
    for number in range(3):
        publish_to_all(server, names, str(number))
    proxy.cut()
    publish_to_all(server, names, "meanwhile")
    proxy.mend()
    eventually(lambda: all(each[3:] == ["meanwhile"] for each in heard(page, names)), 30, "and it goes on after a fault")
    assert heard(page, names) == [["0", "1", "2", "meanwhile"]] * 5


def test_a_posted_stream_that_the_road_holds_back_is_followed_by_polls(tabs, proxy, server, channel):
    page = tabs(options={"patience": 500})
    names = names_of(5, channel)
    proxy.meddle("hold", "POST", "transport=sse")
    page.run(WATCH)
    page.run("await watch(values[0])", names)
    eventually(lambda: page.about()["transport"] == "poll", 40, "it polls")
    page.await_open()
    for number in range(3):
        publish_to_all(server, names, str(number))
    eventually(lambda: heard(page, names) == [["0", "1", "2"]] * 5, 40, "by polls")


def test_a_channel_that_comes_or_goes_restarts_no_other_group(page, proxy, server, channel):
    names = names_of(300, channel)
    page.run(WATCH)
    page.run("await watch(values[0])", names)
    eventually(lambda: streamed(proxy) == [256, 44], 30, "two streams")

    def begun():
        return [request.selection.count("channel=") for request in proxy.made("POST") if request.is_stream]

    before = begun()
    page.run("await watch(values[0])", [channel])
    eventually(lambda: streamed(proxy) == [256, 45], 30, "the new one is in the group that has room")
    small = min(proxy.streams, key=lambda selection: selection.count("channel="))
    left = next(name for name in names if name.split("é")[0] in small)  # which names are in it depends on what was answered first
    page.run("pollux.channel(values[0]).close()", left)
    eventually(lambda: streamed(proxy) == [256, 44], 30, "and the group that is left has one less")
    assert begun() == [*before, 45, 44]
    read = [*(name for name in names if name != left), channel]
    publish_to_all(server, read, "one")
    eventually(lambda: heard(page, read) == [["one"]] * 300, 30)


def test_tabs_share_the_groups_and_the_next_leader_reads_them_all(tabs, proxy, server, channel):
    pages = [tabs() for _ in range(2)]
    names = names_of(300, channel)
    for page in pages:
        page.run(WATCH)
        page.run("await watch(values[0])", names)
    eventually(lambda: streamed(proxy) == [256, 44], 30, "two streams for both")
    publish_to_all(server, names, "one")
    for page in pages:
        eventually(lambda: heard(page, names) == [["one"]] * 300, 30)  # noqa: B023
    leader = next(page for page in pages if page.about()["role"] == "leader")
    [other] = [page for page in pages if page is not leader]
    leader.close()
    publish_to_all(server, names, "two")
    eventually(lambda: heard(other, names) == [["one", "two"]] * 300, 60, "the other goes on")
    eventually(lambda: streamed(proxy) == [256, 44], 30, "with as many streams")


@pytest.fixture
def narrow(binary, folder, tmp_path):
    """A server that allows fifteen channels on a reader."""
    server = Server(binary, tmp_path, {"publicFolder": str(folder), "limits": {"channels": 15}}).start()
    yield server
    server.stop()


def test_the_limit_of_a_server_is_learned_when_it_refuses(tabs, narrow, channel):
    road = MeddlingProxy(narrow)
    try:
        names = names_of(25, channel)
        page = tabs(server=road.url("/"))
        page.run(WATCH)
        page.run("await watch(values[0])", names)
        eventually(lambda: streamed(road) == [15, 10], 30, "all are streamed, by groups as large as it takes, and not by halves")
        refused = [post for post in road.made("POST") if post.selection.count("channel=") > 15]
        assert len(refused) == 1, "one refusal tells all"
        publish_to_all(narrow, names, "one")
        eventually(lambda: heard(page, names) == [["one"]] * 25, 30)
        assert page.run("return problems") == []
    finally:
        road.close()


ROOM = """
const { Room } = await import('./client/selection.js');
const [refusal, count] = values, room = new Room(), names = Array.from({ length: count }, (_, number) => `name-${number}`);
return [room.learn(refusal, names), room.fitting(names).length];
"""
REFUSALS = [
    ({"status": 400, "limit": "limits.channels", "most": 100}, 256, [True, 100]),
    ({"status": 413, "limit": "limits.bodySize", "most": 2000}, 256, [True, 63]),
    ({"status": 400, "limit": "limits.channels", "most": -1}, 256, [True, 128]),
    ({"status": 400, "limit": "limits.channels", "most": 1e300}, 256, [True, 128]),
    ({"status": 400}, 256, [True, 128]),
    ({"status": 413}, 200, [True, 100]),
    ({"status": 414}, 9, [True, 5]),
    ({"status": 431, "limit": "limits.headSize", "most": 16384}, 2, [True, 1]),
    ({"status": 400}, 1, [False, 1]),
    ({"status": 403}, 256, [False, 256]),
]


@pytest.mark.parametrize("refusal, count, learned", REFUSALS)
def test_what_a_refusal_teaches_of_the_room_for_channels(page, refusal, count, learned):
    assert page.run(ROOM, refusal, count) == learned


POLLS = """
const { Polls } = await import('./client/polls.js');
const { Room } = await import('./client/selection.js');
const [asks, gap, log] = values, asked = [], closed = new AbortController();
const requests = { persist: (attempt) => attempt(), fetchJSON: async (url, { body } = {}) => {
  const form = new URLSearchParams(body ?? url.split('?')[1]), names = body ? form.getAll('channel') : [url.split('/').at(-1).split('?')[0]];
  asked.push(names);
  const events = log.filter(({ channel }) => names.includes(channel)), after = form.get('lastEventId');
  return { events, next: 'b-9', gap: after.startsWith('b') ? null : { ...gap, after, resumedAt: events[0]?.id ?? null } };
} };
const polls = new Polls({ url: '/', requests, room: new Room(), session: 's' });
const answers = await Promise.all(asks.map(([name, cursor]) => polls.ask({ name, cursor, since: 'now' }, closed.signal)));
return [asked, answers];
"""


@pytest.mark.parametrize("reason", ["epoch", "lost"])
def test_the_end_of_a_life_concerns_all_that_asked_together_and_each_is_told_of_its_own_gap(page, reason):
    asks = [[f"name-{number}", f"a-{number}"] for number in range(256)]
    log = [{"id": "b-1", "channel": "name-7"}, {"id": "b-2", "channel": "name-3"}, {"id": "b-3", "channel": "name-7"}]
    asked, answers = page.run(POLLS, asks, {"reason": reason}, log)
    assert asked == [[name for name, _ in asks]]
    first = {"name-7": "b-1", "name-3": "b-2"}
    assert [answer["gap"] for answer in answers] == [{"reason": reason, "after": cursor, "resumedAt": first.get(name)} for name, cursor in asks]
    assert [[event["id"] for event in answer["events"]] for answer in (answers[7], answers[3], answers[0])] == [["b-1", "b-3"], ["b-2"], []]
    assert {answer["next"] for answer in answers} == {"b-9"}


def test_who_is_further_in_the_present_life_is_not_given_events_of_earlier_lives_again(page):
    log = [{"id": "a-2", "channel": "two"}, {"id": "a-3", "channel": "one"}, {"id": "b-4", "channel": "two"}]
    asked, answers = page.run(POLLS, [["one", "b-1"], ["two", "b-3"]], None, log)
    assert asked == [["one", "two"]]
    assert [[event["id"] for event in answer["events"]] for answer in answers] == [["a-3"], ["b-4"]]


@pytest.mark.parametrize("reason", ["trimmed", "unknown"])
def test_whose_gap_it_is_is_found_out_where_it_may_be_that_of_one(page, reason):
    asked, answers = page.run(POLLS, [["one", "a-1"], ["two", "a-2"]], {"reason": reason}, [])
    assert asked == [["one", "two"], ["one"], ["two"]]
    assert [answer["gap"]["after"] for answer in answers] == ["a-1", "a-2"]


def test_after_a_new_epoch_a_page_with_many_channels_makes_few_requests(tabs, binary, folder, tmp_path, channel):
    server = Server(binary, tmp_path, {"publicFolder": str(folder)}).start()
    road = MeddlingProxy(server)
    try:
        names = [f"{channel}-{number}" for number in range(100)]
        page = tabs(server=road.url("/"))
        page.run(WATCH)
        page.run("window.lost = []; for (const name of values[0]) pollux.channel(name).on('gap', ({ detail }) => lost.push(detail.reason))", names)
        page.run("await watch(values[0])", names)
        publish_to_all(server, names, "old")
        eventually(lambda: heard(page, names) == [["old"]] * 100, 30)
        before = len(road.requests)
        server.kill()
        server.start()
        publish_to_all(server, names, "new")
        eventually(lambda: heard(page, names) == [["old", "new"]] * 100, 60)
        assert page.run("return lost") == ["epoch"] * 100
        asked = [request for request in road.requests[before:] if not request.is_stream]
        assert len(asked) < 20, "not one for each channel"
        server.stop()
    finally:
        road.close()
        server.abandon()


def test_a_bad_name_among_many_is_told_alone(page, server, channel):
    names = [f"{channel}-{number}" for number in range(20)]
    page.run(WATCH)
    page.run("watch([...values[0], values[1]]).catch(() => {})", names, "no\u0001name")
    eventually(lambda: len(page.run("return problems")) == 1, 20, "the bad one is told")
    page.run("await watch(values[0])", names)
    publish_to_all(server, names, "one")
    eventually(lambda: all(each and set(each) == {"one"} for each in heard(page, names)), 20, "the others are read")
    [[name, title, detail]] = page.run("return problems")
    assert name == "no\u0001name" and title and "control character" in detail


def test_a_group_that_was_polled_becomes_a_stream_when_another_ends(tabs, narrow, channel):
    road = MeddlingProxy(narrow)
    try:
        names = names_of(60, channel)
        page = tabs(server=road.url("/"))
        page.run(WATCH)
        page.run("await watch(values[0].slice(0, 15)); await watch(values[0])", names)
        eventually(lambda: len(road.streams) == 3, 60, "three streams")
        [[title, _]] = eventually(lambda: page.run("return problems"), 20, "it is told that others are polled")
        assert title == "Some channels are polled"
        publish_to_all(narrow, names, "one")
        eventually(lambda: all(each[-1:] == ["one"] for each in heard(page, names)), 60)
        page.run("for (const name of values[0]) pollux.channel(name).close()", names[:30])
        eventually(lambda: sum(streamed(road)) == 30, 60, "all that are left are streamed")
        publish_to_all(narrow, names[30:], "two")
        eventually(lambda: all(each[-2:] == ["one", "two"] for each in heard(page, names[30:])), 60)
    finally:
        road.close()


def test_over_http2_every_group_is_a_stream(binary, folder, tmp_path, certificate, channel):
    server = Server(binary, tmp_path, {"publicFolder": str(folder), "limits": {"channels": 15}}, certificate).start()
    browser = engines.chromium_driver("--ignore-certificate-errors")
    browser.set_script_timeout(60)
    try:
        page = Page(browser, browser.current_window_handle).open(server.over("h2").url("/blank.html"))
        names = names_of(75, channel)
        page.run(WATCH)
        page.run("await watch(values[0])", names)
        page.await_open()
        publish_to_all(server, names, "one")
        eventually(lambda: heard(page, names) == [["one"]] * 75, 60)
        assert page.run("return problems") == []
    finally:
        browser.quit()
        server.stop()


@pytest.mark.parametrize("engine", [engines.Firefox, engines.WebKitGTK], indirect=True, ids=lambda engine: engine.name)
def test_other_browsers_read_what_is_posted(engine, proxy, server, channel):
    names = names_of(20, channel)
    engine.open(proxy.url("/blank.html"))
    engine.run(HELPERS)
    engine.run("const [source, names] = arguments; begin().then(() => { (0, eval)(source); return watch(names); })", WATCH, names)
    eventually(lambda: streamed(proxy) == [20], 30, "one stream")
    eventually(lambda: engine.run("return pollux.state + pollux.transport") == "openfetch", 30, "it is open")
    publish_to_all(server, names, "one")
    eventually(lambda: engine.run("return arguments[0].map(name => heard[name])", names) == [["one"]] * 20, 30)
    engine.open("about:blank")
