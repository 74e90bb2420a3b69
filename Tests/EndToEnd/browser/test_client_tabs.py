"""Tabs with the client, `pollux.js`, in Chromium and other browsers: one leads and reads for all."""

import pytest
from selenium.common.exceptions import WebDriverException

import engines
from client_pages import HELPERS, driver, folder, page, proxy, publishing, server, tabs  # noqa: F401
from wire import eventually


def roles(pages):
    return [page.about()["role"] for page in pages]


def leader_of(pages):
    return eventually(lambda: next((page for page, role in zip(pages, roles(pages)) if role == "leader"), None), 10, "a leader")


def test_ten_tabs_share_one_connection_and_none_loses_or_doubles_an_event_when_the_leader_dies(tabs, proxy, server, channel, dice):
    pages = [tabs() for _ in range(10)]
    for page in pages:
        page.read(channel)
    leader_of(pages)
    assert sorted(roles(pages)) == ["follower"] * 9 + ["leader"]
    eventually(lambda: len(proxy.streams) == 1, 10)
    with publishing(server, channel) as sent:
        for _ in range(4):
            target = len(sent[channel]) + dice.randrange(5, 40)
            eventually(lambda: len(sent[channel]) > target, 20)
            leader = leader_of(pages)
            leader.close()
            pages.remove(leader)
            pages[0].await_events(channel, len(sent[channel]) + 3)
            eventually(lambda: len(proxy.streams) == 1, 20, "one connection")
    for page in pages:
        page.await_events(channel, len(sent[channel]))
        assert page.data(channel) == sent[channel]
        assert page.about()["gaps"] == []
    assert proxy.most_streams <= 2, "at most that of a leader that is gone, which its browser is about to close, and the next one's"


def test_a_new_leader_begins_where_the_tabs_are_now(tabs, proxy, server, channel):
    """Else the server would send once more all that came since the channels were opened."""
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    leader = leader_of(pages)
    ids = [server.publish(channel, str(number)) for number in range(50)]
    for page in pages:
        page.await_events(channel, 50)

    def streams():
        return [request.head for request in proxy.made("GET") if b"/events?" in request.head]

    before = len(streams())
    leader.close()
    eventually(lambda: len(streams()) > before, 10, "the other tab has begun a stream")
    assert ids[-1].encode() in streams()[-1], streams()[-1]


def test_a_leader_that_crashes_is_replaced(driver, tabs, proxy, server, channel):
    pages = [tabs() for _ in range(3)]
    for page in pages:
        page.read(channel)
    with publishing(server, channel) as sent:
        leader = leader_of(pages)
        leader.run("return 0")
        pages.remove(leader)
        with pytest.raises(WebDriverException, match="crash"):
            driver.execute_cdp_cmd("Page.crash", {})
        pages[0].await_events(channel, len(sent[channel]) + 3, timeout=30)
    for page in pages:
        page.await_events(channel, len(sent[channel]))
        assert page.data(channel) == sent[channel]


def test_a_leader_that_sleeps_is_replaced_and_misses_nothing_when_it_wakes(driver, tabs, proxy, server, channel):
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    sleeper = leader_of(pages)
    sleeper.read(channel + "-own")
    pages.remove(sleeper)
    [other] = pages
    sleeper.run("return 0")
    driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})
    server.publish(channel, "while it sleeps")
    other.await_events(channel, 1, timeout=60)
    assert other.about()["role"] == "leader"
    driver.switch_to.window(sleeper.handle)
    driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})
    sleeper.await_events(channel, 1)
    server.publish(channel, "when it is awake")
    for page in (sleeper, other):
        page.await_events(channel, 2)
        assert page.data(channel) == ["while it sleeps", "when it is awake"]
    assert sleeper.about()["role"] == "follower"
    eventually(lambda: len(proxy.streams) == 1 and proxy.streams[0].count("channel=") == 2, 10, "the leader reads for both")
    server.publish(channel + "-own", "only there")
    sleeper.await_events(channel + "-own", 1)


def test_tabs_that_read_different_channels_share_the_stream_and_a_tab_that_goes_takes_its_channel_with_it(tabs, proxy, server, channel):
    names = {tabs(): f"{channel}-{letter}" for letter in "abcd"}
    for page, name in names.items():
        page.read(name)

    def assert_all_are_read():
        eventually(lambda: [selection.count("channel=") for selection in proxy.streams] == [len(names)], 10, f"{len(names)} channels")
        for page, name in names.items():
            count = len(page.seen(name))
            server.publish(name, "here")
            page.await_events(name, count + 1)

    assert_all_are_read()
    for role in ("follower", "leader"):
        page = next(page for page in names if page.about()["role"] == role)
        page.close()
        del names[page]
        leader_of(list(names))
        assert_all_are_read()


def test_a_tab_that_takes_itself_for_offline_alone_gets_what_it_missed_once(tabs, proxy, server, channel):
    pages = [tabs() for _ in range(2)]
    for page in pages:
        page.read(channel)
    leader = leader_of(pages)
    [follower] = [page for page in pages if page is not leader]
    leader.await_open()
    server.publish(channel, "before")
    follower.await_events(channel, 1)
    # At once: the next that the leader tells shows that the browser is wrong.
    offline = "Object.defineProperty(navigator, 'onLine', {value: false, configurable: true}); dispatchEvent(new Event('offline'));"
    assert follower.run(f"{offline} return pollux.state") == "offline"
    proxy.cut()  # for the leader
    server.publish(channel, "lost")
    server.call("DELETE", f"/channels/{channel}")
    server.publish(channel, "after the gap")
    proxy.mend()
    leader.await_events(channel, 2, timeout=40)
    server.publish(channel, "last")
    for page in pages:
        page.await_events(channel, 3)
        assert page.data(channel) == ["before", "after the gap", "last"]
        assert len(page.about()["gaps"]) == 1


def test_a_late_tab_gets_its_history_and_then_what_the_leader_reads(tabs, proxy, server, channel):
    first = tabs()
    first.read(channel)
    with publishing(server, channel, interval=0.005) as sent:
        first.await_events(channel, 30)
        second = tabs()
        second.read(channel, "earliest")
        second.await_events(channel, len(sent[channel]) + 10)
    for page in (first, second):
        page.await_events(channel, len(sent[channel]))
        assert page.data(channel) == sent[channel]
    assert proxy.most_streams == 1


@pytest.mark.parametrize("missing", ["navigator.locks", "BroadcastChannel"])
def test_where_tabs_cannot_share_each_has_its_own_connection(driver, tabs, proxy, server, channel, missing):
    take_away = {
        "navigator.locks": "Object.defineProperty(Navigator.prototype, 'locks', {get: () => undefined})",
        "BroadcastChannel": "delete globalThis.BroadcastChannel",
    }[missing]
    pages = [tabs() for _ in range(2)]
    for page in pages:
        driver.switch_to.window(page.handle)
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": take_away})
        page.open(proxy.url("/blank.html"))
        assert page.run(f"return typeof {missing}") == "undefined"
        page.read(channel)
    assert roles(pages) == ["alone"] * 2
    eventually(lambda: len(proxy.streams) == 2, 10)
    server.publish(channel, "for both")
    for page in pages:
        page.await_events(channel, 1)


def test_a_sandboxed_frame_that_may_have_no_locks_has_its_own_connection(page, proxy, server, channel):
    page.run("""
        const [library, channel] = values, frame = document.createElement('iframe');
        window.heard = [];
        addEventListener('message', ({ data }) => heard.push(data));
        frame.sandbox = 'allow-scripts';
        frame.srcdoc = `<script type=module>
          import { Pollux } from '${library}';
          const pollux = new Pollux(), channel = pollux.channel('${channel}');
          channel.on('message', event => parent.postMessage([event.data, pollux.role], '*'));
          await channel.ready();
          await channel.publish('from the frame');
        </script>`;
        document.body.append(frame);
    """, proxy.url("/pollux.js"), channel)
    assert eventually(lambda: page.run("return heard"), 10) == [["from the frame", "alone"]]


def test_tabs_with_different_tokens_share_nothing(tabs, proxy, channel):
    pages = [tabs(options={"token": token}) for token in ("one", "two")]
    for page in pages:
        page.read(channel)
    assert roles(pages) == ["leader"] * 2
    eventually(lambda: len(proxy.streams) == 2, 10)


# Other browsers


@pytest.mark.parametrize("engine", [engines.Firefox, engines.WebKitGTK], indirect=True, ids=lambda engine: engine.name)
def test_two_frames_of_another_browser_share_a_connection_and_the_one_that_stays_goes_on(engine, proxy, server, channel):
    engine.open(proxy.url("/blank.html"))
    engine.run("""
        const [helpers, channel] = arguments;
        for (let number = 0; number < 2; number += 1) {
          const frame = document.createElement('iframe');
          frame.src = 'blank.html';
          frame.onload = () => frame.contentWindow.eval(`${helpers}; begin().then(() => read('${channel}'))`);
          document.body.append(frame);
        }
    """, HELPERS, channel)

    def in_frames(expression):
        return engine.run(f"return [...document.querySelectorAll('iframe')].map(({{contentWindow: page}}) => page.pollux && {expression})")

    def data():
        return in_frames(f"page.seen['{channel}'].map(event => event[1])")

    eventually(lambda: in_frames("page.pollux.state") == ["open", "open"], 20, "both are open")
    assert sorted(in_frames("page.pollux.role")) == ["follower", "leader"]
    in_frames(f"void page.pollux.channel('{channel}').publish({{eur: 12}}, {{type: 'price'}})")
    eventually(lambda: data() == [['{"eur":12}'] * 2] * 2, 10, "each has what both published")
    assert len(proxy.streams) == 1
    engine.run("[...document.querySelectorAll('iframe')].find(frame => frame.contentWindow.pollux.role === 'leader').remove()")
    eventually(lambda: in_frames("page.pollux.role") == ["leader"], 10, "the other leads")
    server.publish(channel, "after")
    eventually(lambda: data() == [['{"eur":12}'] * 2 + ["after"]], 10)
    assert len(proxy.streams) == 1
