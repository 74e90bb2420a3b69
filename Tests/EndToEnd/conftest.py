"""Servers for the tests. Set POLLUX_BINARY to the built executable.

`server` is shared by all tests (each uses channels of its own); `pollux({...})` starts one with other
configuration for one test. Every server must be alive until it is stopped, and leave with 0.
"""

import itertools
import os
import random
import re
import signal
import time

import pytest

import engines
import reading
from harness import Certificate, Server, running

pytest_plugins = ["event_sources"]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("POLLUX_BINARY")
    if not path or not os.access(path, os.X_OK):
        pytest.exit("POLLUX_BINARY must be the path of the pollux executable", returncode=4)
    return path


SEED = int(os.environ.get("POLLUX_SEED") or random.SystemRandom().randrange(1 << 32))
_notes = []


def pytest_configure(config):
    config.addinivalue_line("markers", "roads(names): the roads over which a test, or one of its cases, means something")
    config.addinivalue_line("markers", "heavy: asks more of the server within its time than one with all checks at run time can do")
    # A run that is told to stop must not leave its servers behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """A test, a case of it or a module that names its roads is for these only; the nearest mark counts."""
    elsewhere = [item for item in items if not _has_a_meaning(item)]
    if elsewhere:
        items[:] = [item for item in items if _has_a_meaning(item)]
        config.hook.pytest_deselected(items=elsewhere)


def _has_a_meaning(item):
    road = item.callspec.params.get("road") if hasattr(item, "callspec") else None
    marker = item.get_closest_marker("roads")
    return road is None or marker is None or road in marker.args


def pytest_report_header():
    return f"POLLUX_SEED={SEED} (repeats the random tests)"


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # of pytest-xdist: the notes go to the process that shows them
        session.config.workeroutput["notes"] = _notes


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    _notes.extend(getattr(node, "workeroutput", {}).get("notes", []))


def pytest_terminal_summary(terminalreporter):
    if _notes:
        terminalreporter.section("measured")
        for text in _notes:
            terminalreporter.write_line(text)


@pytest.fixture
def dice(request):
    """Random numbers that POLLUX_SEED repeats, whichever tests are run."""
    print(f"POLLUX_SEED={SEED}")
    return random.Random(f"{SEED}/{request.node.name}")


@pytest.fixture(scope="session")
def note():
    """Write a line that is shown at the end of the run, also where all passed."""
    return _notes.append


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(params=["http1", "tls", "h2"])
def road(request):
    """The test runs over HTTP/1 without TLS and with it, and over HTTP/2: `server.over(road)`."""
    return request.param


@pytest.fixture(scope="session")
def _shared(binary, tmp_path_factory, certificate):
    """The shared server, and its successors where a test made it die."""
    folder = tmp_path_factory.mktemp("shared")
    servers = [Server(binary, folder, certificate=certificate).start()]
    yield servers
    servers[-1].stop()


@pytest.fixture
def server(_shared, binary):
    current = _shared[-1]
    yield current
    if not current.is_alive:
        log = current.log()
        code = current.process.returncode
        _shared.append(Server(binary, current.folder, certificate=current.certificate).start())
        pytest.fail(f"the server died in this test (exit code {code}):\n{log}")


@pytest.fixture
def pollux(binary, tmp_path, certificate):
    """Start servers of one's own: `pollux({"stream": {"heartbeat": "1s"}})`."""
    started = []

    def start(overrides=None):
        server = Server(binary, tmp_path, overrides, certificate)
        started.append(server)
        return server.start()

    yield start
    try:
        for server in started:
            server.stop()
    finally:
        for server in started:
            server.abandon()


@pytest.fixture(scope="module")
def configuration(request):
    """That of `module_server`: the module's `CONFIGURATION`, or what its own fixture of this name gives."""
    return getattr(request.module, "CONFIGURATION", None)


@pytest.fixture(scope="module")
def module_server(binary, tmp_path_factory, certificate, configuration):
    """One server for a module."""
    with running(Server(binary, tmp_path_factory.mktemp("module"), configuration, certificate)) as server:
        yield server


@pytest.fixture(scope="session", params=engines.ENGINES, ids=lambda engine: engine.name)
def engine(request):
    """The test runs in each of the browsers; by `parametrize("engine", [engines.Firefox], indirect=True)` in some."""
    engine = request.param()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A public folder with the test page."""
    return reading.build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def static_host(site):
    """The same folder at another origin."""
    host = reading.StaticHost(site)
    yield host
    host.close()


@pytest.fixture
def channel(request):
    """The name of a channel that no other test uses."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())
    return f"{name[:80]}-{next(_numbers)}"


@pytest.fixture(scope="session", autouse=True)
def old_polyfill_streams(request, tmp_path_factory):
    """Two streams that are opened at the start and looked at near the end: the 45 seconds of section 3
    pass while the other tests run. None where the test that wants them was not selected."""
    if not any(item.get_closest_marker("slow") for item in request.session.items):
        yield None
        return
    import polyfills

    with running(Server(request.getfixturevalue("binary"), tmp_path_factory.mktemp("held"))) as server:
        begun = time.monotonic()
        capped = polyfills.XMLHttpRequest(server.address, polyfills.remy_request(server, "/channels/held"))
        free = polyfills.XMLHttpRequest(
            server.address, polyfills.amvtek_request(server, "/channels/held?evs_buffer_size_limit=262144")
        )
        watcher = polyfills.Watcher(capped, begun, "the old polyfill's stream")
        other = polyfills.Watcher(free, begun, "the other's stream")
        yield server, watcher, other
