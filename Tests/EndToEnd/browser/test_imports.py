"""Every script of `Public/` can be imported where there is no window, as happens when a page is rendered on a server."""

import subprocess

import pytest

from harness import PUBLIC

SCRIPTS = sorted(str(path.relative_to(PUBLIC)) for path in PUBLIC.rglob("*.js"))

# Both print what the script left behind in the global object.
IMPORTED = "const before = Object.getOwnPropertyNames(globalThis); await import(process.argv[1]); LEFT"
REQUIRED = "const before = Object.getOwnPropertyNames(globalThis); require(process.argv[1]); LEFT"
LEFT = "console.log(Object.getOwnPropertyNames(globalThis).filter(name => !before.includes(name)).join());"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The folder as an application on a server has it: inside of a package whose files are modules."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    (folder / "public").symlink_to(PUBLIC)
    return folder


def node(*arguments):
    """It must end by itself: a script that is only imported starts no timer and opens no connection."""
    done = subprocess.run(["node", "--preserve-symlinks", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_imported_without_a_window_and_does_nothing(package, script):
    program = IMPORTED.replace("LEFT", LEFT)
    assert node("--input-type=module", "-e", program, (package / "public" / script).as_uri()) == ""


@pytest.mark.parametrize("script", ["eventsource.js", "plain.js", "dashboard/token.js"])
def test_a_script_that_is_no_module_is_required_without_a_window_and_does_nothing(script):
    assert node("-e", REQUIRED.replace("LEFT", LEFT), str(PUBLIC / script)) == ""
