"""Tickets: what stands in an URL in place of a token."""

import sqlite3
import time

import pytest

from harness import Server, on_file, running
from tokens import SECRET, Issuer, bearer
from wire import eventually

RULES = {"mine.{sub}": {"read": "token", "publish": "token"}, "news": {"read": "token", "publish": "token"}}
ACCESS = {"rules": RULES, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}], "ticket": {"lifetime": "3s"}}
OPTIONS = {"access": ACCESS, "limits": {"address": {"failureBurst": 1000}}}


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tickets")
    with running(Server(binary, folder, on_file(folder / "ledger.db", OPTIONS))) as server:
        yield server


def token(**claims):
    return bearer(Issuer().token(**{"sub": "ann", **claims}))


def ticket(server, fields=None):
    answer = server.call("POST", "/access/ticket", fields or token())
    assert answer.status == 201 and answer.header("Cache-Control") == "no-store", answer
    return answer.json()["ticket"]


def read(server, channel, ticket, query="wait=0"):
    return server.call("GET", f"/channels/{channel}?transport=poll&{query}&ticket={ticket}")


def test_a_ticket_is_good_for_what_is_read_with_it_first_and_as_often_as_one_comes_back(server):
    text = ticket(server)
    assert read(server, "mine.ann", text).status == 200
    time.sleep(3.5)
    for transport in ("sse", "poll", "sse"):
        target = f"/channels/mine.ann?transport={transport}&since=now&ticket={text}"
        if transport == "poll":
            assert server.call("GET", target + "&wait=0").status == 200
            continue
        with server.stream(target) as stream:
            stream.opened()
    other = read(server, "news", text)
    assert other.status == 401 and "other channels" in other.json()["detail"], other


def test_a_ticket_that_nobody_uses_is_soon_over(server):
    text = ticket(server)
    time.sleep(3.5)
    assert read(server, "mine.ann", text).status == 401


def test_a_ticket_gives_what_its_token_gives_and_no_more(server):
    text = ticket(server)
    assert read(server, "mine.bob", text).status == 403
    assert server.call("POST", f"/channels/mine.ann?ticket={ticket(server)}", {}, b"x").status == 401, "it is for reading"
    assert server.call("POST", "/access/ticket", {"Authorization": f"Bearer {ticket(server)}"}).status == 401, "it is no token"


def test_several_channels_are_one_selection_however_they_are_written(server):
    text = ticket(server)
    for query in ("channel=news&channel=mine.ann", "channel=mine%2Eann&channel=news&channel=news"):
        assert server.call("GET", f"/events?{query}&wait=0&ticket={text}").status == 200
    assert server.call("GET", f"/events?channel=news&wait=0&ticket={text}").status == 401


def test_a_later_use_ends_the_earlier_one(server):
    target = f"/channels/mine.ann?transport=sse&since=now&ticket={ticket(server)}"
    with server.stream(target) as first:
        first.opened()
        with server.stream(target) as second:
            second.opened()
            event = first.next(timeout=15)
            assert (event.type, event.data) == ("pollux.denied", '{"reason":"replaced"}')
            id = server.call("POST", "/channels/mine.ann", token(), b"x").json()["id"]
            assert second.next().id == id


def test_it_ends_with_its_token(server):
    text = ticket(server, token(exp=time.time() - 26))
    with server.stream(f"/channels/mine.ann?transport=sse&since=now&ticket={text}") as stream:
        stream.opened()
        event = stream.next(timeout=20)
        assert (event.type, event.data) == ("pollux.denied", '{"reason":"expired"}')
    eventually(lambda: read(server, "mine.ann", text).status == 401, 15, "the end of the token")


def test_only_who_has_a_token_gets_one(server):
    answer = server.call("POST", "/access/ticket")
    assert answer.status == 401 and answer.header("WWW-Authenticate") == 'Bearer realm="pollux"', answer
    assert server.call("GET", "/access/ticket", token()).status == 405
    assert server.call("POST", "/access/ticket", token(exp=1)).status == 401


def test_one_with_a_token_besides_is_refused(server):
    answer = server.call("GET", f"/channels/mine.ann?wait=0&ticket={ticket(server)}", token())
    assert answer.status == 400 and "ticket" in answer.json()["detail"], answer


@pytest.mark.parametrize("text", ["x", "pollux_ticket_", "pollux_ticket_" + "A" * 43, "%00%ff", "a" * 5000])
def test_what_is_no_ticket_is_refused(server, text):
    assert read(server, "mine.ann", text).status == 401


def test_a_client_that_goes_while_its_ticket_is_looked_up_leaves_nothing(server):
    for _ in range(200):
        with server.connect() as connection:
            connection.ask("GET", f"/channels/mine.ann?transport=sse&ticket=pollux_ticket_{_}")
    assert read(server, "mine.ann", ticket(server)).status == 200


def test_it_is_good_after_a_restart_and_who_has_the_ledger_has_neither_ticket_nor_token(binary, tmp_path):
    file = tmp_path / "ledger.db"
    with running(Server(binary, tmp_path, on_file(file, OPTIONS))) as server:
        good, fields = ticket(server), token()
        kept = ticket(server, fields)
        assert read(server, "mine.ann", good).status == read(server, "mine.ann", kept).status == 200
        server.stop()
        server.start()
        assert read(server, "mine.ann", good).status == 200
    with sqlite3.connect(file) as database:
        names = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        content = repr([list(database.execute(f"select * from {name}")) for name in names])
    signature = fields["Authorization"].rsplit(".", 1)[1]
    assert "access/ticket/" in content and good not in content and kept not in content and signature not in content


def test_wrong_tickets_are_wrong_credentials(binary, tmp_path):
    with running(Server(binary, tmp_path, {"access": ACCESS})) as server:
        seen = [read(server, "mine.ann", f"pollux_ticket_{number}").status for number in range(40)]
        assert seen[:30] == [401] * 30 and seen[-1] == 429, seen
        stream = server.call("GET", "/channels/mine.ann?transport=sse&ticket=x")
        assert stream.status == 200 and stream.body.startswith(b": refused"), stream
