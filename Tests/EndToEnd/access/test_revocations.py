"""What is taken back before its end: tokens of a subject, one token, a key."""

import json
import subprocess
import threading
import time

import pytest

from harness import Certificate, Server, on_file, own_environment, running
from tokens import SECRET, Issuer, bearer
from wire import eventually

RULES = {"mine.{sub}": {"read": "token"}, "machines": {"read": "key:machine"}, "news": {"read": "anyone", "publish": "anyone"}}


def made_key(binary, name):
    command = [binary, "access", "key", name]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, env=own_environment()).stdout
    return bearer(said.split()[0]), json.loads("{" + said[said.index('"access"'):] + "}")["access"]["keys"][name]


@pytest.fixture
def world(binary, tmp_path):
    (boss, one), (machine, other) = made_key(binary, "boss"), made_key(binary, "machine")
    issuers = [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}]
    access = {"rules": RULES, "issuers": issuers, "keys": {"boss": {**one, "grants": {"admin": "*"}}, "machine": other}}
    configuration = on_file(tmp_path / "ledger.db", {"access": access})
    with running(Server(binary, tmp_path, configuration, certificate=Certificate(tmp_path))) as server:
        yield server, boss, machine


def token(sub="ann", **claims):
    return bearer(Issuer().token(sub=sub, **{"iat": time.time() - 5, **claims}))


def revoke(server, boss, **what):
    return server.call("POST", "/access/revoke", {**boss, "Content-Type": "application/json"}, json.dumps(what).encode())


def status(server, fields, channel="mine.ann"):
    return server.call("GET", f"/channels/{channel}?transport=poll&wait=0", fields).status


def reason(stream):
    event = stream.next(timeout=10)
    return event.type == "pollux.denied" and event.id is None and json.loads(event.data)["reason"]


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_a_subject_is_shut_out_at_once_until_it_has_a_new_token(world, road):
    server, boss, _ = world
    old, bob = token(), token("bob")
    answers = []
    poll = threading.Thread(target=lambda: answers.append(server.call("GET", "/channels/mine.ann?wait=60", old, timeout=90)))
    poll.start()
    asked = server.over(road)
    with asked.stream("/channels/mine.ann?transport=sse", headers=old) as ann, asked.stream("/channels/mine.bob?transport=sse", headers=bob) as other:
        ann.opened(), other.opened()
        assert revoke(server, boss, sub="ann").status == 204
        assert reason(ann) == "revoked"
        poll.join(20)
        assert answers and (answers[0].status == 401 or answers[0].json()["events"] == []), answers
        refused = server.call("GET", "/channels/mine.ann?wait=0", old)
        assert refused.status == 401 and "taken back" in refused.json()["detail"], refused
        assert status(server, bob, "mine.bob") == 200
        id = server.call("POST", "/channels/mine.bob", boss, b"still there").json()["id"]
        assert other.next().id == id
    assert status(server, token(iat=time.time() + 2)) == 200, "issued afterwards"
    assert status(server, token(iat=None)) == 401, "nobody knows when it was issued"


def test_one_token_is_shut_out_and_no_other_of_its_subject(world):
    server, boss, _ = world
    one, other = token(jti="one"), token(jti="other")
    with server.connect() as connection:
        ask = lambda fields: connection.call("GET", "/channels/mine.ann?transport=poll&wait=0", list(fields.items())).status
        assert ask(one) == ask(other) == ask(one) == 200
        assert revoke(server, boss, jti="one").status == 204
        assert (ask(one), ask(other)) == (401, 200), "a connection that remembers it"


def test_a_key_is_shut_out_by_its_name(world):
    server, boss, machine = world
    with server.stream("/channels/machines?transport=sse", headers=machine) as stream:
        stream.opened()
        assert revoke(server, boss, key="machine").status == 204
        assert reason(stream) == "revoked"
    assert status(server, machine, "machines") == 401
    missing = revoke(server, boss, key="nobody")
    assert missing.status == 422 and "nobody" in missing.json()["detail"]


def test_it_is_remembered_over_a_restart(world):
    server, boss, machine = world
    assert revoke(server, boss, sub="ann").status == revoke(server, boss, key="machine").status == 204
    server.stop()
    server.start()
    assert status(server, token()) == status(server, machine, "machines") == 401
    assert status(server, token("bob"), "mine.bob") == 200


def test_of_another_issuer_it_is_another_token(world):
    server, boss, _ = world
    ours, theirs = token(iss="ours"), token(iss="theirs")
    assert revoke(server, boss, sub="ann", iss="ours").status == 204
    assert (status(server, ours), status(server, theirs), status(server, token())) == (401, 200, 200)


def test_it_is_forgotten_when_it_is_over(world):
    server, boss, _ = world
    assert revoke(server, boss, sub="ann", until=int(time.time()) + 2).status == 204
    old = token()
    assert status(server, old) == 401
    eventually(lambda: status(server, old) == 200, 20, "the end of the revocation")


def test_only_who_may_do_everything_may_revoke(world):
    server, boss, machine = world
    anybody = server.call("POST", "/access/revoke", {}, b'{"sub":"ann"}')
    assert anybody.status == 401 and anybody.header("WWW-Authenticate")
    for fields in (machine, token(), token(pollux={"admin": ["mine.*"]})):
        assert revoke(server, fields, sub="ann").status == 403
    assert status(server, token()) == 200
    assert revoke(server, token("root", pollux={"admin": ["*"]}), sub="ann").status == 204
    lines = [line for line in server.log(1 << 20).splitlines() if "revoked" in line]
    assert len(lines) == 1 and "token of root" in lines[0] and "127.0.0.1" in lines[0] and "ann" in lines[0], lines


@pytest.mark.parametrize("content, status, word", [
    (b"", 400, "JSON"), (b"{", 400, "JSON"), (b"[]", 422, "object"), (b"{}", 422, "sub"), (b'{"sub":"a","jti":"b"}', 422, "exactly one"),
    (b'{"sub":""}', 422, "sub"), (b'{"sub":7}', 422, "sub"), (b'{"sub":"a","untill":1}', 422, "untill"), (b'{"sub":"a","until":"x"}', 422, "until"),
    (b'{"sub":"a","until":1}', 422, "until"), (b'{"sub":"a","until":1e300}', 422, "until"), (b'{"key":"boss","iss":"x"}', 422, "iss"),
    (b'{"sub":"' + b"a" * 9000 + b'"}', 422, "sub"),
])
def test_what_cannot_be_meant_is_told(world, content, status, word):
    server, boss, _ = world
    answer = server.call("POST", "/access/revoke", boss, content)
    assert answer.status == status and word in answer.json()["detail"], answer


def test_without_rules_there_is_nothing_to_take_back(binary, tmp_path):
    with running(Server(binary, tmp_path)) as server:
        for path in ("/access/revoke", "/access/ticket"):
            answer = server.call("POST", path, {}, b'{"sub":"ann"}')
            assert answer.status == 404 and "access.rules" in answer.json()["detail"], answer
