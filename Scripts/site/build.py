#!/usr/bin/env python3
"""Puts together what a static host can serve: the pages of `Public`, and the documentation as HTML.

    build.py FOLDER      FOLDER is emptied first

All links are relative, so it works in whatever folder a host puts it; the dashboard finds its server by
`index.html?server=https://...`.
"""

import html
import re
import shutil
import sys
from pathlib import Path

import markdown

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = (Path(__file__).parent / "page.html").read_text("utf-8")

# The pages in the order of the menu: file in the repository, file in `docs/` of the site.
PAGES = {
    "README.md": "index.html",
    "docs/browser.md": "browser.html",
    "docs/protocol.md": "protocol.html",
    "docs/configuration.md": "configuration.html",
    "docs/operations.md": "operations.html",
    "docs/security.md": "security.html",
    "docs/bench.md": "bench.html",
    "docs/benchmarks.md": "benchmarks.html",
    "docs/architecture.md": "architecture.html",
    "CHANGELOG.md": "changelog.html",
    "CONTRIBUTING.md": "contributing.html",
}


def title_of(source):
    return re.match(r"# (.+)", (ROOT / source).read_text("utf-8")).group(1)


def slug(text, separator):
    """The anchor of a heading, as code hosts make it, so that links work in both places."""
    return re.sub(r"[^\w\- ]", "", html.unescape(text).strip().lower()).replace(" ", separator)


def relinked(content, source):
    """Links to other documents go to their pages here; those to other files of the repository become plain text."""

    def replaced(link):
        target, text = link.groups()
        name, _, anchor = target.partition("#")
        if not name or re.match(r"[a-z]+:", target):
            return link.group(0)
        path = ((ROOT / source).parent / name).resolve()
        page = PAGES.get(path.relative_to(ROOT).as_posix()) if path.is_relative_to(ROOT) else None
        return f'<a href="{page}{"#" + anchor if anchor else ""}">{text}</a>' if page else text

    return re.sub(r'<a href="([^"]*)">(.*?)</a>', replaced, content, flags=re.S)


def menu(current):
    def entry(source, page):
        here = ' aria-current="page"' if source == current else ""
        return f'<li><a href="{page}"{here}>{html.escape(title_of(source))}</a></li>'

    return "\n".join(entry(*each) for each in PAGES.items())


def rendered(source):
    text = (ROOT / source).read_text("utf-8")
    content = markdown.markdown(
        text, extensions=["tables", "fenced_code", "toc", "sane_lists"], extension_configs={"toc": {"slugify": slug}})
    # Tables may be wider than a phone.
    content = content.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")
    values = {"title": html.escape(title_of(source)), "menu": menu(source), "content": relinked(content, source)}
    return re.sub(r"\{\{(\w+)\}\}", lambda name: values[name.group(1)], TEMPLATE)


def build(folder):
    shutil.rmtree(folder, ignore_errors=True)
    # The page for what is not there links from the root of a server, which a host's folder is not.
    shutil.copytree(ROOT / "Public", folder, ignore=shutil.ignore_patterns("404.html"))
    # Without it a well-known host takes the folder for the source of a blog.
    (folder / ".nojekyll").touch()
    documents = folder / "docs"
    documents.mkdir()
    shutil.copy(Path(__file__).parent / "docs.css", documents)
    for source, page in PAGES.items():
        (documents / page).write_text(rendered(source), "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build(Path(sys.argv[1]))
