"""The twins of the dashboard: a reader by each transport, and nothing is lost whatever is done to them."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import engines
from proxy import Proxy
from widget_pages import all_go_on, chromium, dashboard, page, running_readers, server, total  # noqa: F401
from wire import eventually


def test_the_twins_lose_nothing_when_transports_change_and_connections_break(dashboard):
    all_go_on(dashboard)
    for _ in range(5):
        dashboard.press("Switch all in mid-stream")
        all_go_on(dashboard, 3)
    dashboard.press("Break all for 4 s")
    assert "broken" in dashboard.text("[data-reader=A]")
    all_go_on(dashboard, 22)
    assert len(running_readers(dashboard)) >= 3
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)
    dashboard.shows("#announcer", "lost 0, repeated 0")
    assert dashboard.problems() == []


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr", "poll-sse", "poll"])
def test_one_reader_by_each_transport(dashboard, transport):
    choice = dashboard.find("[data-reader=A] select")
    dashboard.run("values[0].value = values[1]; values[0].dispatchEvent(new Event('change'))", choice, transport)
    all_go_on(dashboard)
    dashboard.find("[data-reader=A] .bar button:last-child").click()
    all_go_on(dashboard, 22)
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)


def test_over_http1_at_most_four_readers_run_so_that_the_page_can_write(dashboard, server):
    while starts := [button for button in dashboard.driver.find_elements(By.CSS_SELECTOR, ".reader .bar button:first-child")
                     if button.text == "Start" and button.is_enabled()]:
        starts[0].click()
    assert len(running_readers(dashboard)) == 4
    all_go_on(dashboard)
    dashboard.find("[data-pollux-widget=chat] [name=text]").send_keys("still here", Keys.ENTER)
    dashboard.shows("[data-pollux-widget=chat] [role=status]", "Published as")


def test_a_page_that_nobody_looks_at_holds_no_connections_and_loses_nothing(dashboard):
    all_go_on(dashboard)
    hide = """
        Object.defineProperty(document, 'hidden', { value: values[0], configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    """  # without a window no tab is ever hidden
    dashboard.run(hide, True)
    assert [dashboard.text(f"[data-reader={letter}] .state") for letter in running_readers(dashboard)] == ["resting"] * 3
    shown = dashboard.text(".tile time")
    eventually(lambda: dashboard.text(".tile time") not in ("", shown), 10, "time goes on")
    dashboard.run(hide, False)
    all_go_on(dashboard)
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)


def test_what_others_publish_as_a_date_breaks_nothing(dashboard, server):
    for data in ("no JSON", "null", '{"date":"never"}', "[]"):
        server.publish("date", data, "date")
    all_go_on(dashboard)
    dashboard.shows(".tile time", ":")
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)
    assert dashboard.problems() == []


def test_over_http2_all_readers_run(page, server):
    page.visit(server.over("h2").url("/"))
    page.shows("[data-reader=A]", "Stop")
    assert running_readers(page) == ["A", "B", "C", "D", "E"]
    all_go_on(page)
    page.press("Switch all in mid-stream")
    all_go_on(page)
    assert (total(page, "lost"), total(page, "repeated")) == (0, 0)


def test_the_twins_lose_nothing_when_the_network_is_cut(page, server):
    proxy = Proxy(server)
    try:
        page.visit(proxy.url("/"))
        page.shows("[data-reader=A]", "open")
        for _ in range(3):
            all_go_on(page, 3)
            proxy.cut()
        all_go_on(page, 15, 30)
        streams = [line for line in proxy.requests() if "/channels/date" in line and "transport=sse" in line]
        assert len(streams) >= 2 * 4, "two streams, cut three times"
        assert (total(page, "lost"), total(page, "repeated")) == (0, 0)
        page.shows(".status", "Connected", 20)
    finally:
        page.driver.get("about:blank")
        proxy.close()


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_the_page_goes_on_after_a_restart_of_the_server(page, server, pollux, way):
    other = pollux({"publicFolder": server.configuration["publicFolder"], "sources": server.configuration["sources"]})
    page.visit(other.url("/"))
    all_go_on(page)
    getattr(other, way)()
    page.shows("[data-reader=A]", "reconnecting")
    other.start()
    all_go_on(page, timeout=45)
    assert (total(page, "lost"), total(page, "repeated")) == (0, 0), "what the old ledger took along is told, as a gap"
    shown = page.text(".tile:first-child time")
    eventually(lambda: page.text(".tile:first-child time") != shown, 45, "the clock goes on")
    page.driver.get("about:blank")


@pytest.mark.parametrize("engine", [engines.Firefox, engines.WebKitGTK], indirect=True)
def test_the_dashboard_lives_in_other_browsers(engine, server):
    engine.open(server.url("/"))
    clock = lambda: engine.run("return (document.querySelector('.tile time') || {}).dateTime")  # noqa: E731
    shown = eventually(clock, 20, "the clock shows a date")
    eventually(lambda: clock() != shown, 10, "it goes on")
    counts = lambda: engine.run("return [...document.querySelectorAll('.reader')].map(reader => reader.querySelectorAll('dd')[1].textContent)")  # noqa: E731
    eventually(lambda: all(int(counts()[index]) > 5 for index in (0, 1, 4)), 20, "native, fetch and poll read")
    for _ in range(4):
        before = counts()
        engine.run("[...document.querySelectorAll('button')].find(button => button.textContent.startsWith('Switch all')).click()")
        eventually(lambda: all(int(counts()[index]) > int(before[index]) + 2 for index in (0, 1, 4)), 20, "they go on")
    assert engine.run("return [...document.querySelectorAll('[data-total]')].map(output => output.textContent)") == ["0", "0"]
    assert engine.run("return document.querySelectorAll('[role=alert]').length") == 0
    engine.open("about:blank")


def test_the_counts_do_count(page):
    page.open("")
    counts = page.run("""
        const { Counts } = await import('./dashboard/counts.js');
        const counts = new Counts();
        const take = (reader, ...positions) => positions.forEach((position) => counts.received(reader, `e-${position}`));
        take('all', 1, 2, 3, 4, 5);
        take('late', 3, 4, 5);
        take('loses', 1, 2, 5);
        take('repeats', 1, 2, 2, 3, 1);
        take('disordered', 1, 3, 2, 4);
        counts.learn(['e-6']);
        take('all', 7);
        const told = Object.fromEntries(['all', 'late', 'loses', 'repeats', 'disordered'].map(name => [name, counts.of(name)]));
        counts.restart('loses');
        take('loses', 9);
        counts.received('all', 'f-1');
        counts.received('all', 'f-2');
        return { ...told, after: counts.of('loses'), epoch: counts.of('all'), total: counts.total };
    """)
    counts = {name: (value["lost"], value["repeated"]) for name, value in counts.items()}
    assert counts == {
        "all": (1, 0), "late": (0, 0), "loses": (2, 0), "repeats": (0, 2), "disordered": (1, 0), "after": (2, 0), "epoch": (1, 0), "total": (4, 2),
    }


def test_the_tally_forgets_events_but_not_what_was_lost(page):
    page.open("")
    assert page.run("""
        const { Counts } = await import('./dashboard/counts.js');
        const counts = new Counts();
        for (let position = 1; position <= 5000; position += 1) {
          counts.received('all', `e-${position}`);
          if (position % 1000) counts.received('most', `e-${position}`);
        }
        return [counts.of('all'), counts.of('most')].map(({ lost, repeated }) => [lost, repeated]);
    """) == [[0, 0], [4, 0]], "the last one may still come"
