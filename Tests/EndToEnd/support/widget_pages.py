"""Pages of the widgets in Chromium: what the tests of them have in common.

A module takes the fixtures by importing them: `server`, `chromium`, `page`.
"""

import json
import shutil
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import engines
from harness import PUBLIC, Server, running
from wire import eventually

PAGE = """<!doctype html><html lang="en"><title>widgets</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="widgets.css">
<script type="module">
  import Pollux from './widgets.js';
  window.told = [];
  Pollux.widget('probe', class {
    constructor({ element, options, sandbox }) { Object.assign(this, { element, options, sandbox }); element.probe = this; }
    start() { told.push('start ' + this.element.id); }
    stop() { told.push('stop ' + this.element.id); }
  });
</script><body>%s"""


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory, certificate):
    """A server of the public folder, and of the pages that a test writes into a copy of it."""
    folder = tmp_path_factory.mktemp("widgets")
    shutil.copytree(PUBLIC, folder / "public")
    sources = [{"channel": "date", "kind": "clock", "every": "200ms"}]
    with running(Server(binary, folder, {"publicFolder": str(folder / "public"), "sources": sources}, certificate)) as server:
        yield server


@pytest.fixture(scope="module")
def chromium():
    driver = engines.chromium_driver("--window-size=1360,1000", "--ignore-certificate-errors", keeps_log=True)
    yield driver
    driver.quit()


class Page:
    def __init__(self, driver, server):
        self.driver = driver
        self.server = server

    def open(self, markup, name="test.html"):
        """A page of the widgets in this markup."""
        (Path(self.server.configuration["publicFolder"]) / name).write_text(PAGE % markup, "utf-8")
        return self.visit("/" + name)

    def visit(self, target):
        self.driver.get("about:blank")  # so that a change of the fragment alone is a load too
        self.driver.get(target if "://" in target else self.server.url(target))
        return self

    def run(self, script, *arguments):
        """The body of an async function, and what it returns."""
        value, error = self.driver.execute_async_script("""
            const [source, values, done] = arguments;
            const run = new (async () => {}).constructor('...values', source);
            run(...values).then(value => done([value ?? null, null]), error => done([null, String(error.stack ?? error)]));
        """, script, list(arguments))
        assert error is None, error
        return value

    def text(self, selector):
        return self.run("return document.querySelector(values[0])?.innerText ?? ''", selector)

    def shows(self, selector, text, timeout=10):
        eventually(lambda: text in self.text(selector), timeout, f"{selector} shows {text!r}; it shows {self.text(selector)!r}")

    def told(self):
        return self.run("return told")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, name):
        """The button of this name, by the keyboard."""
        button = self.driver.find_element(By.XPATH, f"//button[normalize-space()='{name}' or @aria-label='{name}']")
        button.send_keys(Keys.ENTER)

    def tiles(self):
        """The widgets of the dashboard, in their order: names of the kinds."""
        return self.run("return [...document.querySelectorAll('.tile > [data-pollux-widget]')].map(place => place.dataset.polluxWidget)")

    def problems(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def page(chromium, server):
    chromium.get("about:blank")
    chromium.get_log("browser")
    yield Page(chromium, server)
    chromium.get("about:blank")
    for origin in (server.url(""), server.over("h2").url("")):
        chromium.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})


def widget(kind, id="w", content="", /, **options):
    attributes = "".join(f" data-pollux-{key.replace('_', '-')}='{value}'" for key, value in options.items())
    return f"<div id='{id}' data-pollux-widget='{kind}'{attributes}>{content}</div>"


def publish_numbers(server, channel, *numbers):
    return [server.publish(channel, json.dumps({"value": number})) for number in numbers]


@pytest.fixture
def dashboard(page, server):
    for channel in ("demo.temperature", "demo.price", "demo.load"):
        publish_numbers(server, channel, 20, 30, 40)
    page.visit("/")
    page.shows(".tile", ":")
    return page


def total(page, what):
    return int(page.text(f"[data-total={what}]").replace(",", ""))


def received(page, letter):
    return page.run("""
        const rows = [...document.querySelectorAll(`[data-reader=${values[0]}] dl div`)];
        return Number(rows.find(row => row.innerText.startsWith('Received')).lastChild.textContent.replace(',', ''));
    """, letter)


def running_readers(page):
    return page.run("return [...document.querySelectorAll('.reader')].filter(reader => reader.innerText.includes('Stop')).map(reader => reader.dataset.reader)")


def all_go_on(page, more=5, timeout=20):
    before = {letter: received(page, letter) for letter in running_readers(page)}
    eventually(lambda: all(received(page, letter) >= before[letter] + more for letter in before), timeout, f"all readers go on after {before}")
