"""A token or key for the dashboard and the widgets: where it is kept, who is shown it, and that all parts of the page show it."""

import re
import shutil
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

import engines
from harness import PUBLIC, Server, running
from proxy import Proxy
from tokens import SECRET, Issuer, bearer
from widget_pages import Page, all_go_on, running_readers, total, widget
from wire import eventually

RULES = {"*": {"read": "token", "publish": "token"}}


@pytest.fixture(scope="module")
def token():
    return Issuer().token(sub="ann", exp=None)


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory, token):
    folder = tmp_path_factory.mktemp("tokens")
    shutil.copytree(PUBLIC, folder / "public")
    access = {"rules": RULES, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}]}
    configuration = {
        "publicFolder": str(folder / "public"), "sources": [{"channel": "date", "kind": "clock", "every": "200ms"}], "access": access}
    with running(Server(binary, folder, configuration)) as server:
        for channel in ("demo.temperature", "demo.price", "demo.load"):
            assert server.post(channel, '{"value":20}', headers=bearer(token)).status == 201
        yield server


@pytest.fixture(scope="module")
def chromium():
    driver = engines.chromium_driver("--window-size=1360,1000", keeps_log=True)
    yield driver
    driver.quit()


@pytest.fixture
def road(server):
    proxy = Proxy(server)
    yield proxy
    proxy.close()


@pytest.fixture
def page(chromium, server, road):
    """A tab of its own, at an origin of its own: nothing is kept for it yet."""
    chromium.switch_to.new_window("tab")
    yield Page(chromium, server)
    chromium.close()
    chromium.switch_to.window(chromium.window_handles[0])


def give(page, token):
    page.run("document.getElementById('token').open = true")
    page.find("#token-text").send_keys(f" {token} ", Keys.ENTER)
    page.shows("#token-summary", "is shown")


def kept(page):
    return page.run("return [Object.values(sessionStorage).join(), Object.values(localStorage).join(), location.href, document.cookie].map(String)")


def heads(road):
    """Of the requests for channels so far."""
    text = road.sent.decode("latin-1")
    return [head for head in re.findall(r"(?s)(?:GET|POST) \S+ HTTP.*?\r\n\r\n", text) if re.match(r"\S+ /(channels/|events\?)", head)]


def test_the_dashboard_takes_a_token_keeps_it_in_the_tab_and_shows_it_with_every_request(page, road, token):
    page.visit(road.url("/"))
    page.shows(".tile", "token or key is needed", 20)
    give(page, token)
    asked = len(heads(road))
    page.shows(".tile time", ":", 20)
    all_go_on(page, 3)
    page.press("Switch all in mid-stream")
    all_go_on(page, 3)
    page.find("[data-pollux-widget=chat] [name=text]").send_keys("by whom", Keys.ENTER)
    page.shows("[data-pollux-widget=chat] td:last-child", "by whom", 20)
    assert (total(page, "lost"), total(page, "repeated")) == (0, 0)
    assert page.run("return [...document.querySelectorAll('[data-reader=A] option')].map(option => option.value)") == ["fetch", "xhr", "poll-sse", "poll"]
    assert len(running_readers(page)) == 2

    later = heads(road)[asked:]
    assert len(later) > 5 and all(f"authorization: bearer {token}".lower() in head.lower() for head in later), later
    assert not any(token in head.split("\r\n")[0] for head in later)
    in_tab, *elsewhere = kept(page)
    assert token in in_tab and token not in "".join(elsewhere)
    assert "$POLLUX_TOKEN" in page.text("#curl") and token not in page.text("body")

    page.run("document.getElementById('token').open = true")
    page.press("Forget it")
    page.shows("#token-summary", "Show the server")
    page.shows(".tile", "token or key is needed", 20)
    assert token not in "".join(kept(page))


def test_another_server_in_the_address_is_not_shown_it(page, road, server, token):
    page.visit(road.url("/"))
    give(page, token)
    page.shows(".tile time", ":", 20)
    other = Proxy(server)
    try:
        for target in (f"/?server={other.url('')}", f"/?%73erver={other.url('')}", f"/?server={other.url('')}/&server={road.url('')}"):
            asked = len(heads(other))
            page.driver.get(road.url(target))
            eventually(lambda: len(heads(other)) > asked, 20, "the other server is asked")  # noqa: B023
        page.shows(".tile", "token or key is needed", 20)
        assert token.encode() not in other.sent
    finally:
        other.close()


def test_another_tab_has_to_be_given_it_again(page, chromium, road, token):
    page.visit(road.url("/"))
    give(page, token)
    chromium.switch_to.new_window("tab")
    try:
        page.visit(road.url("/"))
        page.shows("#token-summary", "Show the server")
    finally:
        chromium.close()
        chromium.switch_to.window(chromium.window_handles[-1])


def test_without_modules_the_page_takes_a_token_too(page, server, road, token):
    folder = Path(server.configuration["publicFolder"])
    text = (folder / "index.html").read_text("utf-8")
    (folder / "old.html").write_text(text.replace('<script type="module" src="dashboard.js"></script>', ""), "utf-8")
    page.visit(road.url("/old.html"))
    eventually(lambda: page.find("#token").is_displayed(), 10, "the field is shown")
    give(page, token)
    eventually(lambda: page.find("#plain-date").text.endswith("UTC"), 20, "a date")
    assert token not in page.driver.current_url


PAGE = """<!doctype html><html lang="en"><title>widgets</title><link rel="icon" href="data:,">
<script type="module">
  import Pollux from './widgets.js';
  window.asked = 0;
  Pollux.token = async () => { window.asked += 1; return %r; };
  window.tooLate = () => { try { Pollux.token = 'x'; return ''; } catch (error) { return error.message; } };
</script><body>%s"""


def test_widgets_show_the_token_that_a_function_of_the_page_gives(page, road, server, token):
    body = widget("clock", channel="date") + widget("form", "f", channel="notes")
    (Path(server.configuration["publicFolder"]) / "own.html").write_text(PAGE % (token, body), "utf-8")
    page.visit(road.url("/own.html"))
    page.shows("#w", ":", 20)
    page.find("#f [name=text]").send_keys("noted", Keys.ENTER)
    page.shows("#f", "Published as", 20)
    assert page.run("return asked") == 1
    assert all(token in head for head in heads(road))
    assert "too late" in page.run("return tooLate()")
