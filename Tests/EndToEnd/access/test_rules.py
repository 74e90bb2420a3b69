"""Who may do what, over every transport and version of HTTP, against the rules; and what is closed without any."""

import json
import signal
import subprocess
import time

import pytest

from harness import Certificate, Server, free_port, merged, own_environment, running
from tokens import SECRET, Issuer, bearer
from wire import eventually

RULES = {
    "news.*": {"read": "anyone", "publish": "key:editor"},
    "user.{sub}.*": {"read": "token", "publish": ["key:editor", "token"], "drop": "token"},
    "secret": {"read": "grant"},
}
CHANNELS = ["news.a", "user.ann.x", "user.bob.x", "secret", "other"]
#                  (read, publish, drop) by channel; what is not in it is refused
MAY = {
    "nobody": {"news.a": "r"},
    "ann": {"news.a": "r", "user.ann.x": "rpd"},
    "bob": {"news.a": "r", "user.bob.x": "rpd"},
    "grantee": {"news.a": "r", "secret": "r"},
    "editor": {"news.a": "rp", "user.ann.x": "p", "user.bob.x": "p"},
    "admin": {channel: "rpd" for channel in CHANNELS},
}
READS = ["/channels/{}?wait=0", "/channels/{}?transport=sse", "/channels/{}?transport=poll-sse&wait=0", "/events?channel={}&wait=0",
         "/events?channel={}&transport=sse", "/channels/{}?transport=jsonp&callback=f&wait=0"]


def run(command, env=None):
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env={**own_environment(), **(env or {})})


@pytest.fixture(scope="module")
def world(binary, tmp_path_factory):
    said = run([binary, "access", "key", "editor"]).stdout
    key, access = said.split()[0], said[said.index('"access"'):]
    hash = json.loads("{" + access + "}")["access"]["keys"]["editor"]
    access = {
        "rules": RULES, "keys": {"editor": hash}, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}],
    }
    issuer = Issuer()
    credentials = {
        "nobody": {}, "editor": bearer(key), "ann": bearer(issuer.token(sub="ann")), "bob": bearer(issuer.token(sub="bob")),
        "grantee": bearer(issuer.token(sub="gus", pollux={"read": ["secret", "news.*"]})),
        "admin": bearer(issuer.token(sub="root", pollux={"admin": ["*"]})),
    }
    folder = tmp_path_factory.mktemp("rules")
    overrides = {"access": access, "poll": {"jsonp": True}}
    with running(Server(binary, folder, overrides, certificate=Certificate(folder))) as server:
        yield server, credentials


def letters(who, channel):
    return MAY[who].get(channel, "")


@pytest.mark.parametrize("road", ["http1", "tls", "h2"])
@pytest.mark.parametrize("who", MAY)
def test_everybody_may_what_the_rules_say_and_nothing_else(world, road, who):
    server, credentials = world[0].over(road), world[1][who]
    for channel in CHANNELS:
        may = letters(who, channel)
        refused = (401, 403) if who == "nobody" else (403,)
        for read in READS:
            target = read.format(channel)
            if "transport=sse" in target and "r" in may:
                with server.stream(target, headers=credentials) as stream:
                    stream.opened()
                continue
            answer = server.call("GET", target, credentials)
            if "jsonp" in target and credentials:
                assert answer.status == 403, "a script is for nobody in particular"
                continue
            assert (answer.status == 200) == ("r" in may) and (answer.status in (200, *refused)), f"{who} {target}: {answer}"
        head = server.call("HEAD", f"/channels/{channel}", credentials)
        assert (head.status == 200) == ("r" in may) and head.status in (200, *refused), f"{who} HEAD {channel}"
        answer = server.post(channel, "x", headers=credentials)
        assert (answer.status == 201) == ("p" in may) and answer.status in (201, *refused), f"{who} POST {channel}: {answer}"
        answer = server.call("DELETE", f"/channels/{channel}", credentials)
        assert (answer.status == 204) == ("d" in may) and answer.status in (204, *refused), f"{who} DELETE {channel}: {answer}"


@pytest.mark.parametrize("who", MAY)
def test_a_reader_of_several_channels_is_refused_whole_and_told_which_one(world, who):
    server, credentials = world[0], world[1][who]
    for method in ("GET", "POST"):
        for channel in CHANNELS[1:]:
            names = f"channel=news.a&channel={channel}&wait=0"
            fields = {**credentials, **({"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {})}
            target = "/events" if method == "POST" else f"/events?{names}"
            answer = server.call(method, target, fields, names.encode() if method == "POST" else None)
            if "r" in letters(who, channel):
                assert answer.status == 200
            else:
                assert answer.status in (401, 403) and channel in answer.json()["detail"], answer


def test_nobody_learns_whether_a_channel_exists_that_he_may_not_read(world):
    server, credentials = world
    assert server.post("user.bob.x", "the secret", headers=credentials["bob"]).status == 201
    for method in ("GET", "HEAD", "DELETE", "POST"):
        there, nowhere = (
            server.call(method, f"/channels/user.{name}.x?wait=0", credentials["ann"], b"x" if method == "POST" else None)
            for name in ("bob", "nobody"))
        assert there.status == nowhere.status == 403
        assert there.body.replace(b"bob", b"nobody") == nowhere.body, method


def test_a_stream_ends_with_its_token_and_says_so_and_what_is_asked_next_has_a_status(world):
    server = world[0]
    token = bearer(Issuer().token(sub="ann", exp=time.time() - 27))  # by the leeway it has 3 s left
    with server.stream("/channels/user.ann.x?transport=sse&since=now", headers=token) as stream:
        stream.opened()
        id = server.post("user.ann.x", "before", headers=world[1]["ann"]).json()["id"]
        assert stream.next().id == id
        event = stream.next(timeout=15)
        assert event.type == "pollux.denied" and event.id is None and json.loads(event.data) == {"reason": "expired"}, event
    # Some end a little earlier, so that not all come back at once.
    eventually(lambda: server.call("GET", "/channels/user.ann.x?wait=0", token).status == 401, 10, "the end of the token")
    assert "expired" in server.call("GET", "/channels/user.ann.x?wait=0", token).json()["detail"]


def test_a_poll_is_answered_before_its_token_ends(world):
    token = bearer(Issuer().token(sub="ann", exp=time.time() - 28))
    begun = time.monotonic()
    answer = world[0].call("GET", "/channels/user.ann.y?wait=50", token, timeout=20)
    assert answer.status == 200 and answer.json()["events"] == [] and time.monotonic() - begun < 15


def test_denials_have_the_fields_that_pages_need(world):
    page = {"Origin": "https://page.test"}
    for target, status in (("/channels/secret?transport=sse", 401), ("/channels/other", 403)):
        answer = world[0].call("GET", target, page)
        assert answer.status == status and answer.media_type == "application/problem+json"
        assert answer.header("Access-Control-Allow-Origin") == "*"
    preflight = world[0].call("OPTIONS", "/channels/secret", {**page, "Access-Control-Request-Headers": "authorization"})
    assert preflight.status == 204 and "Authorization" in preflight.header("Access-Control-Allow-Headers")


def test_the_command_line_explains_a_decision(world, tmp_path, binary):
    server, credentials = world
    file = tmp_path / "token"
    file.write_text(credentials["ann"]["Authorization"].split()[1] + "\n")

    def tried(*arguments):
        return run([binary, "access", "try", "--config", str(server.configuration_file), *arguments])

    good = tried("--token-file", str(file), "read", "user.ann.x")
    assert good.returncode == 0 and "user.{sub}.*: fits, and counts" in good.stdout and good.stdout.endswith("allowed\n"), good
    bad = tried("--token-file", str(file), "read", "user.bob.x")
    assert bad.returncode == 1 and "403" in bad.stdout
    nobody = tried("publish", "news.a")
    assert nobody.returncode == 1 and "401" in nobody.stdout and "key:editor" in nobody.stdout


def test_publish_and_tail_show_a_token(world, tmp_path, binary):
    server, credentials = world
    file = tmp_path / "token"
    file.write_text(credentials["ann"]["Authorization"].split()[1])
    arguments = ["--server", f"http://127.0.0.1:{server.port}"]
    refused = run([binary, "publish", "user.ann.z", "x", *arguments])
    assert refused.returncode == 1 and "token or key is needed" in refused.stderr, refused
    done = run([binary, "publish", "user.ann.z", "x", *arguments, "--token-file", str(file)])
    assert done.returncode == 0, done
    environment = {"POLLUX_TOKEN": file.read_text()}
    tail = run([binary, "tail", "user.ann.z", "--since", "earliest", "--count", "1", *arguments], env=environment)
    assert tail.returncode == 0 and "x" in tail.stdout, tail


# without rules


@pytest.fixture(scope="module")
def closed(binary, tmp_path_factory):
    with running(Server(binary, tmp_path_factory.mktemp("closed"), {"access": {"open": False}})) as server:
        yield server


@pytest.mark.parametrize("fields, isServed", [
    ({"Host": "127.0.0.1:8080"}, True), ({"Host": "localhost:1"}, True), ({"Host": "127.0.0.5"}, True), ({"Host": "[::1]:8080"}, True), ({"Host": "a.localhost"}, True),
    ({"Host": "push.example.org"}, False), ({"Host": "192.0.2.1"}, False), ({"Host": "127.0.0.1.example.org"}, False),
    ({"Host": "localhost.example.org"}, False), ({"X-Forwarded-For": "192.0.2.1"}, False), ({"X-Forwarded-Host": "x"}, False),
    ({"Forwarded": "for=192.0.2.1"}, False), ({"Via": "1.1 proxy"}, False), ({"x-forwarded-proto": "https"}, False),
])
def test_without_rules_only_this_machine_is_served(closed, fields, isServed):
    fields = {"Host": "localhost", **fields}
    for method, target, body in (("GET", "/channels/x?wait=0", None), ("POST", "/channels/x", b"x"), ("DELETE", "/channels/x", None)):
        answer = closed.call(method, target, fields, body)
        assert (answer.status < 300) == isServed, answer
        if not isServed:
            assert answer.status == 403 and "access.rules" in answer.json()["detail"] and "access.open" in answer.json()["detail"]
    assert closed.call("GET", "/healthz", fields).status == 200


def test_one_warning_says_that_there_are_no_rules(closed):
    assert len([line for line in closed.log(1 << 20).splitlines() if "no access rules" in line]) == 1


@pytest.mark.parametrize("address", [{"host": "0.0.0.0"}, {"host": "::"}])
def test_a_server_that_others_reach_does_not_start_without_rules(binary, tmp_path, address):
    server = Server(binary, tmp_path, {**address, "access": {"open": False}})
    with pytest.raises(AssertionError, match="stopped while starting"):
        server.start()
    server.abandon()
    assert "access.rules" in server.log() and "access.open" in server.log(), server.log()


@pytest.mark.parametrize("access, words", [
    ({"rules": {"a.*": {"read": "key:nobody"}}}, ["access.rules.a.*.read", "access.keys"]),
    ({"rules": {"a.*": {"reed": "anyone"}}}, ["reed", "read"]),
    ({"rules": {"a.*": {"read": "everyone"}}}, ["everyone", "anyone"]),
    ({"rules": {"a.*": {}, "*.b": {}}}, ["a.*", "*.b", "literal"]),
    ({"rules": {"a{": {}}}, ["a{", "claim"]),
    ({"keys": {"k": {"hash": "secret"}}}, ["access.keys.k.hash", "pollux access key"]),
    ({"issuers": [{"algorithms": ["HS256"], "keys": [{"secret": "short"}]}]}, ["access.issuers[0].keys[0]", "32 bytes"]),
    ({"issuers": [{"algorithms": ["HS256"], "keys": [{"jwk": {"kty": "oct", "k": "AA"}}]}]}, ["access.issuers[0].keys[0]", "32 bytes"]),
    ({"issuers": [{"algorithms": ["HS256"], "keys": [{"secret": "-----BEGIN PUBLIC KEY-----" + "A" * 99}]}]}, ["keys[0]", "PEM"]),
    ({"issuers": [{"algorithms": ["none"], "keys": []}]}, ["access.issuers[0].algorithms", "HS256"]),
    ({"issuers": [{"algorithms": ["RS256"], "keys": [{"pem": {"file": "nowhere.pem"}}]}]}, ["nowhere.pem"]),
    ({"issuers": [{"algorithms": ["HS256"], "keys": [{"secret": {"environment": "NOT_THERE"}}]}]}, ["NOT_THERE"]),
])
def test_what_is_wrong_with_the_rules_is_told_by_its_key(binary, tmp_path, access, words):
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"access": access}))
    checked = run([binary, "config", "check", "--config", str(file)])
    said = checked.stdout + checked.stderr
    assert checked.returncode != 0 and all(word in said for word in words), said


def test_rules_are_read_anew_at_sighup(binary, tmp_path):
    with running(Server(binary, tmp_path, {"access": {"rules": {"a": {"read": "anyone"}}}})) as server:
        assert server.call("GET", "/channels/a?wait=0").status == 200
        server.configuration = merged(server.configuration, {"access": {"rules": {"a": {"read": "nobody"}}}})
        server.write_configuration()
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.call("GET", "/channels/a?wait=0").status == 403, 10, "the new rules")
        eventually(lambda: "applied" in server.log(1 << 20), 10, "the line that says so")


def test_a_certificate_has_a_name_in_the_rules(binary, tmp_path):
    port = free_port()
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"port": port, "access": {
        "certificates": {"printer": {"subject": "CN=printer-7"}}, "rules": {"machines.*": {"read": "certificate:printer"}}}}))
    checked = run([binary, "config", "check", "--config", str(file)])
    assert checked.returncode == 0 and "read by certificate:printer" in checked.stdout, checked


@pytest.mark.parametrize("fields, isServed", [
    ({"Origin": "http://localhost:3000"}, True), ({"Origin": "http://127.0.0.1:1"}, True), ({"Origin": "https://evil.example"}, False),
    ({"Origin": "null"}, False), ({"Origin": "http://localhost.evil.example"}, False), ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False), ({"Sec-Fetch-Site": "none"}, True), ({"Sec-Fetch-Site": "same-origin"}, True),
])
def test_without_rules_a_page_of_another_site_in_a_browser_of_this_machine_is_somebody_else(closed, fields, isServed):
    for method, target, body in (("GET", "/channels/x?transport=poll&wait=0", None), ("POST", "/channels/x", b"x"), ("DELETE", "/channels/x", None)):
        answer = closed.call(method, target, {"Host": "localhost", **fields}, body)
        assert (answer.status < 300) == isServed and answer.status in (200, 201, 204, 403), answer


@pytest.mark.parametrize("issuers, words", [
    ([{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}] * 2, ["access.issuers[1]", "same issuer"]),
    ([{"algorithms": ["HS256"], "keys": {"secret": SECRET}}], ["access.issuers[0].keys", "array"]),
    ([{"algorithms": ["HS256"], "issuer": ["a", "b"], "keys": [{"secret": SECRET}]}], ["access.issuers[0].issuer", "a text"]),
])
def test_what_could_be_meant_in_two_ways_is_refused(binary, tmp_path, issuers, words):
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"access": {"issuers": issuers}}))
    checked = run([binary, "config", "check", "--config", str(file)])
    assert checked.returncode != 0 and all(word in checked.stderr for word in words), checked


@pytest.mark.parametrize("access, holes", [
    ({"rules": {"a": {"publish": ["token", "anyone"]}, "b": {"read": "anyone", "drop": "anyone"}}}, ["anyone may publish a", "anyone may drop b"]),
    ({"open": True}, ["anyone may read, publish and drop everything (access.open)"]), ({"rules": {"a": {"read": "anyone"}}}, []),
], ids=str)
def test_a_check_of_the_configuration_shows_what_anybody_may_change(binary, tmp_path, access, holes):
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"access": access}))
    checked = run([binary, "config", "check", "--config", str(file)])
    assert checked.returncode == 0, checked
    assert [line.removeprefix("look: ") for line in checked.stdout.splitlines() if line.startswith("look: ")] == holes


@pytest.mark.parametrize("access", [
    {"issuers": {"secret": "topsecret"}}, {"issuers": [{"algorithms": ["HS256"], "keys": ["topsecret"]}]},
    {"issuers": [{"algorithms": "topsecret"}]}, {"keys": {"k": {"hash": "topsecret"}}}, {"keys": {"k": "topsecret"}},
    {"issuers": [{"algorithms": ["HS256"], "keys": [{"secret": ["topsecret"]}]}]}, {"issuers": ["topsecret"]}, {"keys": ["topsecret"]},
], ids=str)
def test_no_message_shows_what_may_be_a_secret(binary, tmp_path, access):
    file = tmp_path / "pollux.json"
    file.write_text(json.dumps({"access": access}))
    checked = run([binary, "config", "check", "--config", str(file)])
    assert checked.returncode != 0 and "topsecret" not in checked.stdout + checked.stderr, checked


def test_a_misspelt_action_in_the_grants_of_a_key_is_told(binary, tmp_path):
    file = tmp_path / "pollux.json"
    hash = "sha256:" + "ab" * 32
    file.write_text(json.dumps({"access": {"keys": {"k": {"hash": hash, "grants": {"pubish": ["*"]}}}}}))
    checked = run([binary, "config", "check", "--config", str(file)])
    assert checked.returncode != 0 and "pubish" in checked.stderr and "publish" in checked.stderr, checked
