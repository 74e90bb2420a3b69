"""The commands as a person types them: a server with a certificate of its own, its clients, and the load generator."""

import json
import subprocess

import pytest

from harness import free_port, own_environment
from wire import eventually


class Development:
    """`pollux serve --tls-self-signed` in a folder of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.url = f"https://localhost:{free_port()}"
        self.authority = folder / "data/tls/ca.pem"
        configuration = {"host": "127.0.0.1", "port": int(self.url.rpartition(":")[2]), "ledger": "memory", "publicFolder": ""}
        (folder / "pollux.json").write_text(json.dumps(configuration), "utf-8")
        self.log = (folder / "pollux.log").open("wb")
        self.process = subprocess.Popen(
            [binary, "serve", "--config", "pollux.json", "--tls-self-signed"], cwd=folder, stdout=self.log, stderr=self.log,
            env=own_environment())

    def run(self, *command, seconds=30):
        """Run one of the commands to its end."""
        return subprocess.run(
            [self.binary, *command], cwd=self.folder, capture_output=True, text=True, timeout=seconds, env=own_environment(), check=False)

    def client(self, *command, **options):
        return self.run(*command, "--server", self.url, "--cacert", self.authority, **options)

    def bench(self, *options):
        result = self.run("bench", self.url, "--cacert", self.authority, "--json", *options)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(15) == 0
        self.log.close()


@pytest.fixture(scope="module")
def development(binary, tmp_path_factory):
    server = Development(binary, tmp_path_factory.mktemp("development"))
    eventually(lambda: server.run("publish", "ready", "x", "--server", server.url, "--cacert", server.authority).returncode == 0)
    yield server
    server.stop()


def test_what_is_published_is_followed_over_a_certificate_of_ones_own(development):
    first = development.client("publish", "a", "one")
    second = development.client("publish", "a", "two", "--event", "word")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    tail = development.client("tail", "a", "--since", "earliest", "--count", "2", "--json")
    assert tail.returncode == 0, tail.stderr
    events = [json.loads(line) for line in tail.stdout.splitlines()]
    assert [(each["id"], each["event"], each["data"]) for each in events] == [
        (first.stdout.strip(), "message", "one"), (second.stdout.strip(), "word", "two")]


def test_a_key_makes_a_repetition_the_same_event(development):
    ids = {development.client("publish", "keys", "x", "--key", "k1").stdout for _ in range(3)}
    assert len(ids) == 1 and ids != {""}


@pytest.mark.parametrize("command", [["publish", "a", "x", "--server"], ["bench", "--readers", "2"], ["bench", "--http", "2", "--readers", "2"]])
def test_a_server_that_is_not_trusted_is_told_with_what_would_do(development, command):
    result = development.run(*command, development.url)
    assert result.returncode == 1 and result.stdout == ""
    assert "certificate" in result.stderr and "--cacert" in result.stderr


def test_curl_takes_the_first_steps_that_the_log_names(development):
    said = (development.folder / "pollux.log").read_text("utf-8")
    assert "curl --cacert data/tls/ca.pem" in said
    result = subprocess.run(
        ["curl", "-sS", "--http2", "-w", "%{http_version}", "--cacert", "data/tls/ca.pem", f"{development.url}/healthz"],
        cwd=development.folder, capture_output=True, text=True, timeout=10, check=False)
    assert result.stdout == "alive\n2", result.stderr


@pytest.mark.parametrize("options", [
    [], ["--http", "2", "--connections", "3"], ["--transport", "poll"], ["--channels", "4", "--rate", "0"],
], ids=["event streams", "HTTP2", "polls", "channels at full speed"])
def test_the_load_generator_counts_every_delivery(development, options):
    report = development.bench("--readers", "40", "--events", "20", "--rate", "100", "--pid", str(development.process.pid), *options)
    assert report["expected"] == (200 if "--channels" in options else 800)
    assert report["delivered"] == report["expected"]
    assert report["lost"] == 0
    assert report["serverCPUMicrosecondsPerDelivery"] >= 0, "the process was not measured"


def test_the_load_generator_shows_a_table_to_people(development):
    result = development.run("bench", development.url, "--cacert", development.authority, "--readers", "3", "--events", "2")
    assert result.returncode == 0 and "delivered" in result.stdout and "latency p99" in result.stdout
    assert "{" not in result.stdout
