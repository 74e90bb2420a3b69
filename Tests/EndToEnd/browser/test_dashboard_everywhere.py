"""The dashboard elsewhere: from a static host, in old engines, on small screens, and for those who use assistive technology."""

import functools
import importlib.util
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

import engines
from harness import PUBLIC
from widget_pages import all_go_on, chromium, dashboard, page, publish_numbers, server, widget  # noqa: F401
from wire import eventually


class StaticHost:
    """The public folder on a host that knows nothing of events."""

    def __init__(self):
        handler = functools.partial(QuietHandler, directory=str(PUBLIC))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, target):
        return f"http://127.0.0.1:{self.server.server_address[1]}{target}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def static_files():
    host = StaticHost()
    yield host
    host.close()


def test_the_page_works_from_a_static_host(page, server, static_files):
    publish_numbers(server, "demo.price", 55)
    page.visit(static_files.url(f"/index.html?server={server.url('')}"))
    page.shows("[data-pollux-widget=number]", "55")
    all_go_on(page)
    page.find("[data-pollux-widget=chat] [name=text]").send_keys("from afar", Keys.ENTER)
    page.shows("[data-pollux-widget=chat] td:last-child", "from afar")
    assert server.url("") in page.text("#elsewhere") and server.url("") in page.text("#curl")
    assert page.find("footer a").get_attribute("href") == server.url("/healthz")
    assert page.problems() == []


def test_a_page_elsewhere_names_its_server(page, server, static_files, channel):
    publish_numbers(server, channel, 7)
    page.visit(static_files.url("/404.html"))
    page.run("""
        document.documentElement.dataset.polluxServer = values[0];
        await import('./widgets.js');
        document.body.innerHTML = values[1];
    """, server.url(""), widget("number", channel=channel))
    page.shows("#w", "7")


def test_without_modules_the_page_shows_the_date(page):
    """As a browser sees it that knows neither modules nor EventSource nor fetch."""
    folder = Path(page.server.configuration["publicFolder"])
    text = (folder / "index.html").read_text("utf-8")
    module = '<script type="module" src="dashboard.js"></script>'
    assert module in text
    (folder / "old.html").write_text(text.replace(module, ""), "utf-8")
    without = "delete window.EventSource; delete window.fetch; delete window.Promise; delete window.Symbol;"
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": without})
    try:
        page.visit("/old.html")
        date = lambda: page.driver.execute_script("return document.getElementById('plain-date').innerText")  # noqa: E731
        first = eventually(lambda: date().endswith("UTC") and date(), 10, "a date")
        eventually(lambda: date() != first, 5, "another date")
        assert page.driver.execute_script("return document.getElementById('page').offsetParent") is None
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@pytest.mark.parametrize("engine", [engines.QtWebKit], indirect=True)
def test_an_old_engine_shows_the_date(engine, server):
    engine.open(server.url("/"))
    date = lambda: engine.run("return document.getElementById('plain-date').textContent")  # noqa: E731
    first = eventually(lambda: date().endswith("UTC") and date(), 20, "a date")
    eventually(lambda: date() != first, 10, "another date")
    assert engine.run("return document.getElementById('page').style.display") == "none"
    engine.open("about:blank")


def test_the_fallback_stays_away_where_modules_run(dashboard):
    assert dashboard.run("return document.getElementById('plain').offsetParent") is None


@pytest.mark.parametrize("width", [390, 768, 1360])
def test_the_page_fits_the_width(dashboard, width):
    set_screen(dashboard.driver, width)
    try:
        dashboard.press("Arrange")
        assert dashboard.run("return document.documentElement.scrollWidth") <= width
    finally:
        dashboard.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def set_screen(driver, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def axe():
    """The script of axe-core, out of the package that brings it along. Its Python is for Playwright, and not needed."""
    package = importlib.util.find_spec("axe_playwright_python")
    assert package, "axe-playwright-python is not installed"
    return (Path(*package.submodule_search_locations) / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("scene", ["as it is", "arranging", "adding"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(dashboard, scheme, scene):
    driver = dashboard.driver
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})
    try:
        if scene == "arranging":
            dashboard.press("Arrange")
        if scene == "adding":
            dashboard.press("Add a widget")
        all_go_on(dashboard, 1)
        driver.execute_script(axe())
        found = dashboard.run("return (await axe.run(document, { resultTypes: ['violations'] })).violations")
        barriers = [f"{rule['impact']} {rule['id']}: {rule['help']}\n  " + "\n  ".join(node["html"][:160] for node in rule["nodes"][:5]) for rule in found]
        assert not barriers, "\n".join(barriers)
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
