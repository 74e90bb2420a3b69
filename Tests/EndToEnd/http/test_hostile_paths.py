"""Paths that would leave the public folder."""

import os
from collections import Counter

import pytest

from harness import Server, running
from hostile import still_serving  # noqa: F401
from wire import assert_problem


@pytest.fixture(scope="module")
def files(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    public = folder / "public"
    (public / "below").mkdir(parents=True)
    (public / "index.html").write_text("front", "utf-8")
    (public / "below" / "page.html").write_text("below", "utf-8")
    (folder / "secret.txt").write_text("SECRET", "utf-8")
    (folder / "public-too").mkdir()
    (folder / "public-too" / "secret.txt").write_text("SECRET", "utf-8")
    with running(Server(binary, folder, {"publicFolder": str(public)})) as server:
        yield server


UPS = ["..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "..%00", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "..;", "..%20", "....", "%uff0e%uff0e", "%5c..", "..%5c", "..%09", "\u2025"]
SLASHES = ["/", "%2f", "%2F", "\\", "%5c", "%252f", "//", "/./", "%c0%af", "%00/", "%2f%2f"]
TRAVERSALS = sorted({f"/{prefix}{up}{slash}{target}" for up in UPS for slash in SLASHES for prefix in ("", "below/..", "below" + slash + up + slash) for target in ("secret.txt", "public-too/secret.txt")})
TRAVERSALS += ["//etc/passwd", "/%2fetc%2fpasswd", "/etc/passwd", "///etc/passwd", "http://x/../secret.txt", "/index.html/../../secret.txt", "/index.html%00/../../secret.txt", "/file:///etc/passwd",
               "/" + "../" * 30 + "etc/passwd", "/" + "%2e%2e%2f" * 30 + "etc/passwd", "/..", "/%2e%2e", "/../public-too", "/below/%2e%2e/%2e%2e/secret.txt", "/-too/secret.txt", "/..\\..\\secret.txt"]


def test_no_spelling_of_a_path_leaves_the_public_folder(files):
    statuses = Counter()
    for target in TRAVERSALS:
        for version in ("1.1",):
            with files.connect() as connection:
                connection.send(f"GET {target} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n".encode("utf-8"))
                answer = connection.read_answer()
        statuses[answer.status] += 1
        assert b"SECRET" not in answer.body and b"root:" not in answer.body, f"{target}: {answer}"
        if answer.status == 200:
            assert answer.body == b"front", f"{target}: {answer}"
        else:
            assert 400 <= answer.status < 500, f"{target}: {answer}"
            assert_problem(answer, answer.status)
    assert set(statuses) <= {200, 400, 404}, statuses


@pytest.mark.parametrize("target", ["/below", "/below/"])
def test_a_folder_is_not_listed(files, target):
    answer = files.call("GET", target)
    assert answer.status in (301, 307, 308, 403, 404) and b"page.html" not in answer.body


def test_a_link_out_of_the_public_folder_is_not_followed_to_a_secret(files):
    public = files.folder / "public"
    link = public / "link.txt"
    if not link.exists():
        os.symlink(files.folder / "secret.txt", link)
    answer = files.call("GET", "/link.txt")
    assert b"SECRET" not in answer.body, "whoever may write a link into the folder could read any file of the server's"
