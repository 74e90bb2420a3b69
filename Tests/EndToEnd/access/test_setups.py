"""The set-ups of `docs/access.md`: that page shows the files of `examples/access/` as they are, and each of them does what it says."""

import re
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import engines
from harness import PUBLIC, free_port, own_environment
from nginx import Nginx
from wire import eventually, open_socket

PROJECT = PUBLIC.parent
EXAMPLES = PROJECT / "examples/access"
PORTS = ("8080", "8000")  # of the server, and of the application or proxy
QUOTED = re.compile(r"^`(examples/access/\S+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_each_file_as_it_is():
    page = (PROJECT / "docs/access.md").read_text("utf-8")
    shown = QUOTED.findall(page)
    for path, text in shown:
        assert text == (PROJECT / path).read_text("utf-8"), path
    kept = subprocess.run(["git", "ls-files", "examples/access"], cwd=PROJECT, capture_output=True, text=True, check=False).stdout.split()
    assert {path for path, _ in shown} >= set(kept)


class SetUp:
    """A copy of an example on free ports, and what is run in it. Beside it lies `Public`, as in the project."""

    def __init__(self, binary, project, name):
        self.binary = binary
        self.ports = {port: free_port() for port in PORTS}
        (project / "Public").symlink_to(PUBLIC)
        shutil.copytree(EXAMPLES, project / "examples/access", ignore=shutil.ignore_patterns("data", "*.key", "secret", "cursor"))
        self.folder = project / "examples/access" / name
        for file in project.glob("examples/access/**/*.*"):
            if file.is_file():
                file.write_text(re.sub(r"\b(8080|8000)\b", lambda found: str(self.ports[found[0]]), file.read_text("utf-8")), "utf-8")
        self.ends = ExitStack()

    # What the page tells to do

    def make_key(self, name):
        """`pollux access key`: the key into a file, its hash into the configuration."""
        printed = self.run(self.binary, "access", "key", name).stdout
        (self.folder / f"{name}.key").write_text(printed.splitlines()[0], "utf-8")
        configuration = self.folder / "pollux.json"
        hash = re.search(r"sha256:\w+", printed)[0]
        text, count = re.subn(rf'("{name}": {{"hash": ")sha256:\w+', rf"\g<1>{hash}", configuration.read_text("utf-8"))
        assert count == 1, text
        configuration.write_text(text, "utf-8")

    def make_secret(self):
        (self.folder / "secret").write_text(secrets.token_urlsafe(32) + "\n", "utf-8")

    def serve(self):
        port = str(self.ports["8080"])
        self.start([self.binary, "serve", "--config", "pollux.json", "--port", port], port)

    def run_application(self):
        self.start([sys.executable, "app.py"], self.ports["8000"])

    # How

    def url(self, port, target="/"):
        return f"http://localhost:{self.ports[port]}{target}"

    def run(self, *command):
        return subprocess.run(
            list(map(str, command)), cwd=self.folder, capture_output=True, text=True, timeout=60, env=own_environment(), check=True)

    def start(self, command, port=None):
        """A process that runs until the end of the test, once something listens at its port."""
        process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=own_environment())
        self.ends.callback(process.wait, 20)
        self.ends.callback(process.terminate)
        if port:
            eventually(lambda: self.listens(process, int(port)), 20, f"{command} listens")
        return process

    @staticmethod
    def listens(process, port):
        assert process.poll() is None, process.stdout.read()
        try:
            open_socket(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    def publish(self, channel, text, *options, port="8080"):
        return self.run(self.binary, "publish", channel, text, "--server", self.url(port, ""), *options)


@pytest.fixture
def setup(request, binary, tmp_path):
    setup = SetUp(binary, tmp_path, request.param)
    yield setup
    setup.ends.close()


@pytest.fixture(scope="module")
def browser():
    driver = engines.chromium_driver()
    yield driver
    driver.quit()


def shows(browser, *texts):
    """What the list of the page has, the newest first."""
    items = lambda: [item.text for item in browser.find_elements(By.TAG_NAME, "li")]  # noqa: E731
    eventually(lambda: items() == list(texts), 20, f"the list has {texts}")


def example(name):
    return pytest.mark.parametrize("setup", [name], indirect=True)


@example("news")
def test_public_news(setup, browser):
    setup.make_key("editor")
    setup.serve()
    browser.get(setup.url("8080"))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        setup.publish("news.world", "by anybody")
    assert "token or key is needed" in refused.value.stderr
    setup.publish("news.world", "by the editor", "--token-file", "editor.key")
    shows(browser, "by the editor")


@example("news")
def test_as_it_lies_in_the_project_nobody_may_publish(setup):
    setup.serve()
    made = setup.run(setup.binary, "access", "key", "editor").stdout.splitlines()[0]
    (setup.folder / "editor.key").write_text(made, "utf-8")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        setup.publish("news.world", "x", "--token-file", "editor.key")
    assert "not a key of this server" in refused.value.stderr, refused.value.stderr


@example("cookie")
def test_channels_of_users_by_a_cookie(setup, browser):
    setup.make_secret()
    setup.serve()
    setup.run_application()
    for user in ("ann", "bob"):
        browser.delete_all_cookies()
        browser.get(setup.url("8000"))
        browser.find_element(By.NAME, "user").send_keys(user, Keys.ENTER)
        eventually(lambda: browser.find_elements(By.ID, "orders"), 10, "the page of the user")
        shows(browser)
        browser.find_element(By.TAG_NAME, "button").click()
        shows(browser, "A pot of tea")
    # Of another user, with the cookie of this one; and its own, to publish without the application.
    ask = """
        const [url, method, done] = arguments;
        fetch(url, { method, credentials: 'include' }).then(({ status }) => done(status), () => done(0));
    """
    urls = [setup.url("8080", f"/channels/user.{user}.orders?since=earliest&wait=0") for user in ("bob", "ann")]
    assert [browser.execute_async_script(ask, url, "GET") for url in urls] == [200, 403]
    assert browser.execute_async_script(ask, urls[0], "POST") == 403
    browser.delete_all_cookies()
    assert browser.execute_async_script(ask, urls[0], "GET") == 401


@example("spa")
def test_a_single_page_application_with_tokens(setup, browser):
    setup.make_secret()
    setup.serve()
    setup.run_application()
    browser.get(setup.url("8000"))
    for text, said in (("hot", ["hot"]), ("cold", ["cold", "hot"])):
        browser.find_element(By.ID, "text").send_keys(text, Keys.ENTER)
        shows(browser, *said)
        browser.find_element(By.ID, "text").clear()
    browser.refresh()
    shows(browser, "cold", "hot")


@example("servers")
def test_server_to_server(setup):
    for name in ("shop", "kitchen"):
        setup.make_key(name)
    setup.serve()
    kitchen = setup.start([sys.executable, "kitchen.py"])
    setup.run(sys.executable, "shop.py", "a", "pot", "of", "tea")
    assert kitchen.stdout.readline() == "a pot of tea\n"
    eventually(lambda: (setup.folder / "cursor").exists(), 10, "the cursor is kept")
    kitchen.terminate()
    kitchen.wait(10)
    setup.run(sys.executable, "shop.py", "another")
    assert setup.start([sys.executable, "kitchen.py"]).stdout.readline() == "another\n"
    for key, action in (("shop", "read"), ("kitchen", "publish")):
        tried = subprocess.run(
            [setup.binary, "access", "try", "--config", "pollux.json", "--token-file", f"{key}.key", action, "orders.tea"],
            cwd=setup.folder, capture_output=True, text=True, env=own_environment(), check=False)
        assert tried.returncode == 1 and "403" in tried.stdout, tried


@example("proxy")
def test_behind_a_proxy(setup, browser, tmp_path):
    setup.make_key("editor")
    setup.serve()
    (tmp_path / "nginx").mkdir()
    nginx = Nginx(tmp_path / "nginx", (setup.folder / "nginx.conf").read_text("utf-8"), setup.ports["8000"])
    setup.ends.callback(nginx.stop)
    browser.get(setup.url("8000"))
    setup.publish("news.world", "through the proxy", "--token-file", "editor.key", port="8000")
    shows(browser, "through the proxy")
