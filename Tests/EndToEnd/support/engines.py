"""Real browsers, without a window, under one small interface.

    engine.open(url)                    loads a page, and returns when it has loaded
    engine.run(script, *arguments)      the body of a function, run in the page; what it returns, as JSON has it
    engine.has(transport)               of those of `PolluxEventSource`
    engine.new_tab()                    opens a tab, which is the one in use from then on (Chromium and Firefox): its name
    engine.use_tab(name)
    engine.close_tab()                  the one in use
    engine.close()

Chromium and WebKitGTK (the engine of Safari) are driven by their WebDrivers, Firefox by Marionette, its own protocol, since
Debian has no driver for it. QtWebKit is the old engine: it stands for browsers of about 2016, and is driven by
`qtwebkit_host.py`.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from marionette_driver.marionette import Marionette
from selenium import webdriver

from harness import free_port

CHROMIUM, CHROMIUM_DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FIREFOX = "/usr/bin/firefox-esr"
WEBKIT_DRIVER = "/usr/bin/WebKitWebDriver"
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's PyQt belongs to
QTWEBKIT_HOST = Path(__file__).with_name("qtwebkit_host.py")


class Engine:
    def has(self, transport):
        return transport != "xdr"  # that is Internet Explorer's


class WebDriver(Engine):
    """A browser with a driver that selenium speaks to."""

    def __init__(self, driver):
        self._driver = driver
        self.version = driver.capabilities["browserVersion"]

    def open(self, url):
        self._driver.get(url)

    def run(self, script, *arguments):
        return self._driver.execute_script(script, *arguments)

    def new_tab(self):
        self._driver.switch_to.new_window("tab")
        return self._driver.current_window_handle

    def use_tab(self, name):
        self._driver.switch_to.window(name)

    def close_tab(self):
        self._driver.close()
        self.use_tab(self._driver.window_handles[0])

    def close(self):
        self._driver.quit()


def chromium_driver(*flags, keeps_log=False):
    """Of Chromium itself, for tests that need more of it than engines have in common."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *flags):
        options.add_argument(flag)
    if keeps_log:
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMIUM_DRIVER))
    driver.set_script_timeout(30)
    return driver


class Chromium(WebDriver):
    name = "Chromium"

    def __init__(self):
        super().__init__(chromium_driver())


class WebKitGTK(WebDriver):
    name = "WebKitGTK"

    def __init__(self):
        self._screen = Screen()
        environment = {**os.environ, "DISPLAY": self._screen.display, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        service = webdriver.WebKitGTKService(WEBKIT_DRIVER, env=environment)
        super().__init__(webdriver.WebKitGTK(options=webdriver.WebKitGTKOptions(), service=service))

    def close(self):
        super().close()
        self._screen.close()


class Screen:
    """An X server without a screen, for browsers that must have one."""

    def __init__(self):
        ours, theirs = os.pipe()
        command = ["Xvfb", "-displayfd", str(theirs), "-nolisten", "tcp"]
        self._process = subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL)
        os.close(theirs)
        with os.fdopen(ours) as answer:
            self.display = ":" + answer.readline().strip()

    def close(self):
        self._process.terminate()
        self._process.wait(10)


class Firefox(Engine):
    name = "Firefox"

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        # A file of its own for the log: Marionette removes what is at this path, be it what it may.
        log = os.path.join(self._folder.name, "gecko.log")
        self._marionette = Marionette(
            bin=FIREFOX, app="fxdesktop", headless=True, port=free_port(), gecko_log=log, startup_timeout=60
        )
        self.version = self._marionette.start_session()["browserVersion"]

    def open(self, url):
        self._marionette.navigate(url)

    def run(self, script, *arguments):
        # Without a sandbox: scripts share the page's own globals, as they do in WebDriver.
        return self._marionette.execute_script(script, script_args=arguments, sandbox=None)

    def new_tab(self):
        name = self._marionette.open(type="tab")["handle"]
        self.use_tab(name)
        return name

    def use_tab(self, name):
        self._marionette.switch_to_window(name)

    def close_tab(self):
        self.use_tab(self._marionette.close()[0])

    def close(self):
        self._marionette.quit()
        self._marionette.cleanup()
        self._folder.cleanup()


class QtWebKit(Engine):
    name = "QtWebKit"

    def __init__(self):
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, QTWEBKIT_HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        self.version = self._ask("version")

    def open(self, url):
        self._ask("open", url)

    def run(self, script, *arguments):
        return self._ask("run", script, arguments)

    def has(self, transport):
        return transport != "fetch" and super().has(transport)

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, *command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"QtWebKit went away ({self._process.wait(10)}) at {command}"
        answer = json.loads(answer)
        assert "error" not in answer, f"{command}: {answer['error']}"
        return answer["value"]


ENGINES = (Chromium, Firefox, WebKitGTK, QtWebKit)
