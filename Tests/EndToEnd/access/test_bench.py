"""The load generator before a server with rules: which token each reader shows, and what it says of a refusal."""

import json
import subprocess

import pytest

from harness import Server, own_environment, running
from tokens import SECRET, Issuer

RULES = {"bench-*": {"read": "token", "publish": "grant"}}


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    access = {"rules": RULES, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}], "open": False}
    with running(Server(binary, tmp_path_factory.mktemp("bench"), {"access": access})) as server:
        yield server


@pytest.fixture
def tokens():
    """The first may publish, too; the others only read what is granted to them: a channel each."""
    issuer = Issuer()
    reading = [issuer.token(sub=f"reader-{number}", pollux={"read": [f"bench-{number}"]}) for number in (1, 2)]
    return [issuer.token(sub="all", pollux={"read": ["bench-0"], "publish": ["bench-*"]}), *reading]


def bench(server, *options, **environment):
    return subprocess.run(
        [server.binary, "bench", server.url(""), "--json", "--events", "6", "--rate", "100", *options],
        capture_output=True, text=True, timeout=60, env={**own_environment(), **environment}, check=False)


@pytest.mark.parametrize("http", ["1.1", "2"])
@pytest.mark.parametrize("transport", ["event-stream", "poll"])
def test_readers_show_the_tokens_of_a_file_in_turn(server, tokens, tmp_path, transport, http):
    file = tmp_path / "tokens"
    file.write_text("\n".join(tokens) + "\n")
    # Reader i reads channel i % 3 with token i % 3: each other token would be refused.
    done = bench(server, "--token-file", file, "--readers", "6", "--channels", "3", "--transport", transport, "--http", http)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["delivered"], report["lost"], report["refused"]) == (12, 0, 0), report


def test_one_token_can_be_that_of_the_environment(server, tokens):
    assert bench(server, "--readers", "2", POLLUX_TOKEN=tokens[0]).returncode == 0


def test_a_refusal_says_what_is_wanted(server, tokens):
    without = bench(server, "--readers", "1")
    assert without.returncode == 1 and "401" in without.stderr and "--token-file" in without.stderr
    wrong = bench(server, "--readers", "1", POLLUX_TOKEN=tokens[1])
    assert wrong.returncode == 1 and "403" in wrong.stderr and "rules" in wrong.stderr


@pytest.mark.parametrize("content, told", [("", "no token or key"), ("a b\n", "without blanks"), (None, "--token-file")])
def test_a_file_without_tokens_is_told(server, tmp_path, content, told):
    file = tmp_path / "tokens"
    if content is not None:
        file.write_text(content)
    done = bench(server, "--token-file", file)
    assert done.returncode != 0 and told in done.stderr and str(file) in done.stderr


def test_who_shows_one_token_takes_a_file_of_one(server, tmp_path):
    file = tmp_path / "tokens"
    file.write_text("a\nb\n")
    done = subprocess.run(
        [server.binary, "publish", "x", "y", "--token-file", file], capture_output=True, text=True, timeout=30, env=own_environment(), check=False)
    assert done.returncode != 0 and "has 2 lines" in done.stderr
