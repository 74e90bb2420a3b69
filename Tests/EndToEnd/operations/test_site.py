"""What `make site` puts together: a folder for any static host."""

import gzip
import re
import runpy
from pathlib import Path

import pytest

import engines
from harness import PUBLIC
from reading import StaticHost
from wire import eventually

BUILDER = Path(__file__).parents[3] / "Scripts/site/build.py"
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static") / "below/a/path"
    runpy.run_path(str(BUILDER))["build"](folder)
    return folder


def links_of(page):
    text = page.read_text("utf-8")
    return re.findall(r'<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"', text)


def test_every_link_leads_somewhere_and_none_depends_on_where_the_folder_lies(folder):
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        for link in links_of(page):
            if re.match(r"[a-z]+:", link) or link in ("healthz", "readyz"):  # elsewhere; resources of the server
                continue
            assert not link.startswith("/"), f"{page.name}: {link}"
            name, _, anchor = link.partition("#")
            target = (page.parent / name.partition("?")[0]).resolve() if name else page
            assert target.is_file() and target.is_relative_to(folder), f"{page.name}: {link}"
            assert not anchor or f'id="{anchor}"' in target.read_text("utf-8"), f"{page.name}: no {link}"


def test_no_mark_of_the_template_is_left(folder):
    assert (folder / ".nojekyll").is_file()
    for page in (folder / "docs").glob("*.html"):
        text = page.read_text("utf-8")
        assert "{{" not in text and "<h1" in text and text.count('aria-current="page"') == 1, page.name


@pytest.mark.parametrize("name, parts", [
    ("eventsource.js", ["eventsource.js"]), ("pollux.js", ["pollux.js", "client/*.js"]), ("widgets.js", ["widgets.js", "widgets/*.js"])])
def test_the_documentation_tells_the_size_of_each_script(name, parts):
    text = b"".join(file.read_bytes() for part in parts for file in PUBLIC.glob(part))
    row = re.search(rf"\| `{re.escape(name)}` \| (\d+) \| (\d+) \|", (DOCS / "browser.md").read_text("utf-8"))
    plain, packed = map(int, row.groups())
    assert abs(plain - len(text) / 1024) <= 1 and abs(packed - len(gzip.compress(text)) / 1024) <= 1


def test_the_documentation_names_every_widget_and_its_options():
    documented = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (.*) \|$", (DOCS / "browser.md").read_text("utf-8"), flags=re.M))
    registered = re.findall(r"^Pollux\.widget\('(\w+)', (\w+)\)", (PUBLIC / "widgets.js").read_text("utf-8"), flags=re.M)
    assert registered
    for name, _ in registered:
        source = (PUBLIC / f"widgets/{name}.js").read_text("utf-8")
        fields = re.search(r"static fields = \{(.*?)\n  \};|static fields = \{\}", source, flags=re.S).group(1) or ""
        for field in re.findall(r"^    (\w+): \{", fields, flags=re.M):
            assert f"`{field}`" in documented[name], f"{name}: {field}"


@pytest.mark.parametrize("engine", [engines.Chromium, engines.Firefox], indirect=True)
def test_the_dashboard_of_a_static_host_shows_a_server_elsewhere(folder, pollux, engine):
    server = pollux({"sources": [{"channel": "date", "kind": "clock", "every": "1s"}]})
    host = StaticHost(folder.parents[2])
    try:
        engine.open(f"{host.url('/below/a/path/index.html')}?server=http://127.0.0.1:{server.port}")
        date = "return document.querySelector('[data-pollux-widget=clock]')?.textContent ?? ''"
        eventually(lambda: re.search(r"\d\d:\d\d:\d\d", engine.run(date)), what="a clock that shows the server's time")
        first = engine.run(date)
        eventually(lambda: engine.run(date) != first, what="a clock that goes on")
    finally:
        host.close()
