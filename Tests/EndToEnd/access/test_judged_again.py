"""What becomes of those who read already when rules, keys or issuers change."""

import json
import subprocess
import threading

import pytest

from harness import Certificate, Server, own_environment, running
from tokens import SECRET, Issuer, bearer
from wire import eventually

OTHER = "another secret, of another issuer or another year; it has 64 bytes and some more"
RULES = {"news": {"read": "anyone", "publish": "anyone"}, "mine.{sub}": {"read": "token"}, "machines": {"read": "key:machine"}}


def made_key(binary):
    command = [binary, "access", "key", "machine"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, env=own_environment()).stdout
    return said.split()[0], json.loads("{" + said[said.index('"access"'):] + "}")["access"]["keys"]["machine"]


def access(binary_key, secret=SECRET, rules=None):
    return {"rules": rules or RULES, "keys": {"machine": binary_key}, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": secret}]}]}


@pytest.fixture
def world(binary, tmp_path):
    key, hash = made_key(binary)
    with running(Server(binary, tmp_path, {"access": access(hash)}, certificate=Certificate(tmp_path))) as server:
        yield server, bearer(key), hash


def denied(stream):
    event = stream.next(timeout=20)
    return event.type == "pollux.denied" and event.id is None and json.loads(event.data)["reason"]


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_only_those_are_sent_away_who_may_read_no_longer(world, road):
    server, key, hash = world
    asked, ann = server.over(road), bearer(Issuer().token(sub="ann"))
    target = "?transport=sse&since=now"
    with asked.stream(f"/channels/mine.ann{target}", headers=ann) as mine, asked.stream(f"/channels/news{target}") as news, \
            asked.stream(f"/channels/machines{target}", headers=key) as machines:
        for stream in (mine, news, machines):
            stream.opened()
        server.reconfigure(access=access(hash, rules={**RULES, "mine.{sub}": {"read": "nobody"}}))
        assert denied(mine) == "changed"
        server.reconfigure(access=access({"hash": "sha256:" + "ab" * 32}))
        assert denied(machines) == "changed", "its key is no longer known"
        id = server.publish("news", "still there")
        assert news.next().id == id
    assert asked.call("GET", f"/channels/machines{target}", key).status == 401


def test_tokens_of_a_key_that_was_taken_away_end(world):
    server, _, hash = world
    old, new = bearer(Issuer().token(sub="ann")), bearer(Issuer().token(sub="ann", key=OTHER))
    with server.stream("/channels/mine.ann?transport=sse&since=now", headers=old) as stream:
        stream.opened()
        server.reconfigure(access=access(hash, secret=OTHER))
        assert denied(stream) == "changed"
    with server.connect() as connection:
        fields = lambda token: list(token.items())
        assert connection.call("GET", "/channels/mine.ann?transport=poll&wait=0", fields(new)).status == 200
        server.reconfigure(access=access(hash))
        assert connection.call("GET", "/channels/mine.ann?transport=poll&wait=0", fields(new)).status == 401, "a connection remembers nothing"


def test_a_held_poll_is_answered_and_has_nothing(world):
    server, _, hash = world
    answers = []
    ann = bearer(Issuer().token(sub="ann"))
    poll = threading.Thread(target=lambda: answers.append(server.call("GET", "/channels/mine.ann?wait=60", ann, timeout=90)))
    poll.start()
    with server.stream("/channels/mine.ann?transport=sse&since=now", headers=ann) as stream:
        stream.opened()
        server.reconfigure(access=access(hash, rules={"other": {"read": "anyone"}}))
        assert denied(stream) == "changed"
    poll.join(30)
    # Whether it was held already or came a little later, it has nothing.
    assert answers and (answers[0].status == 403 or answers[0].json()["events"] == []), answers


def test_without_rules_none_but_this_machine_stays(world):
    server, _, _ = world
    with server.stream("/channels/news?transport=sse&since=now") as stream:
        stream.opened()
        server.reconfigure(access={"open": False})
        assert denied(stream) == "changed"
    with server.stream("/channels/news?transport=sse&since=now", headers={"Host": "localhost"}) as stream:
        stream.opened()
        server.reconfigure(access={"open": True})
        id = server.publish("news", "still there")
        assert stream.next().id == id


def test_a_file_of_keys_is_read_anew_when_it_changes(binary, tmp_path):
    (one, hash), (other, other_hash) = made_key(binary), made_key(binary)
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"machine": hash}))
    rules = {"machines": {"read": "key:machine"}}
    with running(Server(binary, tmp_path, {"access": {"rules": rules, "keyFile": str(file)}})) as server:
        ask = lambda key: server.call("GET", "/channels/machines?transport=poll&wait=0", bearer(key)).status
        with server.stream("/channels/machines?transport=sse&since=now", headers=bearer(one)) as stream:
            stream.opened()
            file.write_text("{")
            eventually(lambda: "not JSON" in server.log(1 << 20), 20, "a line that says what is wrong")
            assert ask(one) == 200, "what cannot be read changes nothing"
            file.write_text(json.dumps({"machine": other_hash}))
            assert denied(stream) == "changed"
        assert (ask(one), ask(other)) == (401, 200)


@pytest.mark.parametrize("content, words", [
    (None, ["cannot be read"]), ("[]", ["object"]), ('{"k": {"hash": "x"}}', ["k.hash", "pollux access key"]), ('{"machine": {}}', ["already"]),
])
def test_what_is_wrong_with_a_file_of_keys_is_told(binary, tmp_path, content, words):
    file, configuration = tmp_path / "keys.json", tmp_path / "pollux.json"
    if content:
        file.write_text(content)
    configuration.write_text(json.dumps({"access": {"keyFile": str(file), "keys": {"machine": made_key(binary)[1]}}}))
    command = [binary, "config", "check", "--config", str(configuration)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, env=own_environment())
    assert said.returncode != 0 and "access.keyFile" in said.stderr and all(word in said.stderr for word in words), said


def test_only_administrators_are_told_by_readyz_when_certificates_end(binary, tmp_path):
    key, hash = made_key(binary)
    rules = {"machines": {"read": "key:machine"}}
    access = {"rules": rules, "keys": {"machine": {**hash, "grants": {"admin": "*"}}}}
    with running(Server(binary, tmp_path, {"access": access}, certificate=Certificate(tmp_path))) as server:
        nobody, boss = server.call("GET", "/readyz"), server.call("GET", "/readyz", bearer(key))
        assert nobody.body == b"ready\n" and b"certificate" in boss.body
        assert server.call("GET", "/readyz", bearer("rubbish")).body == b"ready\n"
