"""A run of polls is one reader: seen in the log, which at the level `debug` has a line for each that comes and goes."""

import pytest

from harness import events_path
from wire import eventually

CONFIGURATION = {"logLevel": "debug", "poll": {"linger": "4s"}}
CAME, WENT = "a reader has come", "a reader has gone"


def count(server, what, channel):
    return sum(what in line and f"channels={channel} " in line + " " for line in server.log(1 << 22).splitlines())


def poll(server, channel, connection=None, **query):
    parameters = "".join(f"&{name}={value}" for name, value in query.items())
    target = f"/channels/{channel}?wait=0{parameters}"
    answer = connection.call("GET", target) if connection else server.call("GET", target)
    assert answer.status == 200, answer


def went(server, channel, times):
    eventually(lambda: count(server, WENT, channel) == times, 40, f"{times} readers to have gone")


def test_polls_with_one_token_are_one_reader_on_any_connection(module_server, channel):
    for _ in range(3):
        poll(module_server, channel, session="run-1_a")
    with module_server.over("h2").connect() as connection:
        assert connection.call("GET", f"/channels/{channel}?wait=0&session=run-1_a").status == 200
    assert count(module_server, CAME, channel) == 1
    went(module_server, channel, 1)


def test_polls_with_different_tokens_are_different_readers(module_server, channel):
    for token in "ab":
        poll(module_server, channel, session=token)
    assert count(module_server, CAME, channel) == 2
    went(module_server, channel, 2)


def test_polls_without_a_token_are_one_reader_if_they_come_on_one_connection(module_server, channel):
    with module_server.connect() as one, module_server.connect() as other:
        for _ in range(3):
            poll(module_server, channel, one)
        # Held on the first, so that no other connection goes on with its run.
        one.ask("GET", f"/channels/{channel}?wait=60")
        eventually(lambda: poll(module_server, channel, other) or count(module_server, CAME, channel) == 2, 10, "two readers")
        poll(module_server, channel, other)
        assert count(module_server, CAME, channel) == 2


def test_polls_one_after_the_other_from_one_address_are_one_reader(module_server, channel):
    for _ in range(3):
        poll(module_server, channel)
    assert count(module_server, CAME, channel) == 1
    went(module_server, channel, 1)


def test_a_run_that_goes_on_does_not_end(module_server, channel):
    for _ in range(8):
        answer = module_server.call("GET", f"/channels/{channel}?wait=1&session=long")
        assert answer.status == 200
    assert count(module_server, CAME, channel) == 1 and count(module_server, WENT, channel) == 0
    went(module_server, channel, 1)


def test_a_stream_is_a_reader_until_it_ends(module_server, channel):
    with module_server.stream(f"/channels/{channel}") as stream:
        stream.opened()
        assert (count(module_server, CAME, channel), count(module_server, WENT, channel)) == (1, 0)
    went(module_server, channel, 1)


def test_a_client_that_changes_from_a_stream_to_polls_stays_one_reader(module_server, channel):
    with module_server.stream(f"/channels/{channel}?session=both") as stream:
        stream.opened()
    poll(module_server, channel, session="both")
    assert count(module_server, CAME, channel) == 1
    went(module_server, channel, 1)


def test_who_reads_several_channels_is_one_reader(module_server, channel):
    path = events_path(channel, channel + "x")
    assert module_server.call("GET", path + "&wait=0&session=s").status == 200
    names = f"{channel},{channel}x"
    assert count(module_server, CAME, names) == 1
    went(module_server, names, 1)


@pytest.mark.parametrize("token", ["a%20b", "%C3%A9", "x" * 65, "a.b", "a%2Fb"])
def test_a_token_of_another_form_is_refused_by_name(module_server, channel, token):
    answer = module_server.call("GET", f"/channels/{channel}?wait=0&session={token}")
    assert answer.status == 400 and "session" in answer.json()["detail"]


def test_the_longest_token_is_taken(module_server, channel):
    poll(module_server, channel, session="aZ0-_" * 12 + "abcd")
