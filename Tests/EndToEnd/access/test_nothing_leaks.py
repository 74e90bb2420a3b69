"""Whatever somebody without the right asks, in whatever order: no byte of an event's data, type or channel's name is ever shown to him."""

import random
import threading
import time
from urllib.parse import quote

import pytest

from harness import Certificate, Server, running
from tokens import SECRET, Issuer, bearer

STEPS = 700
OPEN, OWN = "open.board", "user.eve.inbox"
READERS = ["", "transport=sse&budget=1", "transport=poll", "transport=poll-sse", "transport=jsonp&callback=f", "envelope=json",
           "transport=sse&budget=1&envelope=json&heartbeatForm=event", "open=event&transport=sse&budget=1", "padding=true&transport=sse&budget=1"]


class Secrets:
    """What nobody of the outsiders may see: marks that stand in data, types and names, and nowhere else."""

    def __init__(self, dice):
        mark = f"{dice.getrandbits(80):020x}"
        self.data, self.type, self.name = f"data{mark}", f"type{mark}", f"name{mark}"
        self.channels = [f"vault.{self.name}", f"user.bob.{self.name}"]
        # What an outsider may guess: nothing of the marks is in it.
        self.guessed = ["vault.plans", "user.bob.inbox", "nobody-knows"]

    def all_channels(self):
        return self.channels + self.guessed[:2]

    def in_answer(self, answer):
        seen = b" ".join([answer.body, *(f"{name}: {value}".encode() for name, value in dict(answer.headers).items())])
        return [mark for mark in (self.data, self.type, self.name) if mark.encode() in seen]


class Publisher(threading.Thread):
    """Publishes everywhere, and drops now and then, so that there are gaps as well."""

    def __init__(self, server, admin, secrets, dice):
        super().__init__(daemon=True)
        self.server, self.admin, self.secrets, self.dice = server, admin, secrets, random.Random(dice.random())
        self.over = threading.Event()
        self.ids, self.failure = [], None

    def run(self):
        try:
            while not self.over.is_set():
                for channel in (*self.secrets.all_channels(), OPEN, OWN):
                    secret = channel not in (OPEN, OWN)
                    content = f"{self.secrets.data} in {channel}" if secret else "for everybody"
                    target = f"/channels/{quote(channel)}" + (f"?event={self.secrets.type}" if secret else "")
                    answer = self.server.call("POST", target, {**self.admin, "Content-Type": "text/plain"}, content.encode())
                    assert answer.status == 201, answer
                    self.ids = [*self.ids[-200:], answer.json()["id"]]
                if self.dice.random() < 0.05:
                    channel = self.dice.choice([*self.secrets.all_channels(), OPEN])
                    assert self.server.call("DELETE", f"/channels/{quote(channel)}", self.admin).status == 204
                time.sleep(0.005)
        except BaseException as error:  # told by the test
            self.failure = error


@pytest.fixture(scope="module")
def world(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaks")
    access = {
        "rules": {"open.*": {"read": "anyone"}, "user.{sub}.*": {"read": "token"}, "vault.*": {"read": "grant"}},
        "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}], "token": {"cookie": "session", "query": True},
    }
    overrides = {"access": access, "poll": {"jsonp": True}, "limits": {"address": {"failureBurst": 1_000_000}}}
    with running(Server(binary, folder, overrides, certificate=Certificate(folder))) as server:
        yield server


def outsiders(issuer):
    """By what they show: fields, and what stands in the query."""
    eve = issuer.token(sub="eve")
    return [
        ({}, ""), (bearer(eve), ""), ({"Cookie": f"session={eve}"}, ""), ({}, f"access_token={eve}"),
        (bearer(issuer.token(sub="eve", pollux={"read": ["open.*", "user.*"]})), ""),
        (bearer(issuer.token(sub="bob.", exp=time.time() + 60)), ""), (bearer(issuer.token(sub="*")), ""),
        (bearer(issuer.token(sub="bob", exp=time.time() - 3600)), ""), (bearer("x.y.z"), ""),
    ]


def request(dice, secrets, ids, who, ticket):
    """A random wish of an outsider: method, target, fields, content, and the channels in it."""
    fields, query = who
    names = [dice.choice([OPEN] * 4 + [OWN] * 4 + [*secrets.channels, *secrets.guessed]) for _ in range(dice.choice([1, 1, 2, 3]))]
    parts = [part for part in (dice.choice(READERS), query, "wait=0") if part]
    if dice.random() < 0.5:
        parts.append(dice.choice(["since=earliest", "since=-3", "since=now", f"lastEventId={dice.choice(ids or ['x'])}"]))
    if ticket and dice.random() < 0.2:
        fields, parts = {}, [*parts, f"ticket={ticket}"]
    method = dice.choice(["GET"] * 8 + ["HEAD", "POST", "DELETE", "OPTIONS", "PUT"])
    if method == "GET" and dice.random() < 0.5:
        return method, "/events?" + "&".join([f"channel={quote(name)}" for name in names] + parts), fields, None, names
    if method == "POST" and dice.random() < 0.7:
        form = "&".join([f"channel={quote(name)}" for name in names] + parts)
        return method, "/events", {**fields, "Content-Type": "application/x-www-form-urlencoded"}, form.encode(), names
    target = f"/channels/{quote(names[0])}?" + "&".join(parts)
    return method, target, fields, b"hello" if method == "POST" else None, names[:1]


@pytest.mark.parametrize("road", ["http1", "h2"])
def test_no_sequence_of_requests_shows_what_one_may_not_read(world, dice, road):
    secrets, issuer = Secrets(dice), Issuer()
    server, admin = world.over(road), bearer(issuer.token(sub="root", pollux={"admin": ["*"]}))
    publisher = Publisher(world, admin, secrets, dice)
    publisher.start()
    statuses, shown = {}, 0
    try:
        everybody = outsiders(issuer)
        for step in range(STEPS):
            ticket = None
            if step % 40 == 0:
                ticket = server.call("POST", "/access/ticket", everybody[1][0]).json()["ticket"]
            method, target, fields, content, names = request(dice, secrets, publisher.ids, dice.choice(everybody), ticket)
            answer = server.call(method, target, fields, content)
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            found = secrets.in_answer(answer)
            # A problem may repeat the name that was asked for.
            if any(secrets.name in name for name in names):
                found = [mark for mark in found if mark != secrets.name]
            assert not found, f"step {step}: {method} {target} {fields}: {answer}"
            shown += b"for everybody" in answer.body
            assert publisher.failure is None
    finally:
        publisher.over.set()
        publisher.join()
    assert publisher.failure is None
    assert shown > STEPS / 20 and statuses[403] > STEPS / 20, f"hardly anything was asked: {statuses}, {shown}"
    # The marks are there, for who may see them.
    target = f"/channels/{quote(secrets.channels[0])}"
    fields = {**admin, "Content-Type": "text/plain"}
    assert world.call("POST", f"{target}?event={secrets.type}", fields, secrets.data.encode()).status == 201
    answer = world.call("GET", f"{target}?since=-1&wait=0", admin)
    assert set(secrets.in_answer(answer)) == {secrets.data, secrets.type, secrets.name}
