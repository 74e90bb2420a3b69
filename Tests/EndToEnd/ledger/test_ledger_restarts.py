"""What a ledger on disk keeps over restarts, and what it forgets."""

from care import RETENTION, assert_not_told, assert_told, either_way, ids_of, made, restarted  # noqa: F401
from crash_checks import epoch_of, position_of
from harness import channel_path
from wire import assert_problem, eventually


# restarts


@either_way
def test_a_restart_keeps_the_epoch_positions_types_and_times(made, how):
    server = made().start()
    ids = [server.publish("orders", f"line\n{number} ✓", "größe") for number in range(5)]
    before = server.events("/channels/orders")
    for _ in range(3):
        restarted(server, how)
        assert server.events("/channels/orders") == before
        assert_not_told(server, "orders", ids[2], ids[3:])
        assert_not_told(server, "orders", ids[-1], [])
        ids.append(server.publish("orders", "one more"))
        assert epoch_of(ids[-1]) == epoch_of(ids[0]) and position_of(ids[-1]) > position_of(ids[-2])
        before = server.events("/channels/orders")
        assert ids_of(before) == ids
    server.stop()


@either_way
def test_names_are_bytes_in_a_file_too(made, how):
    names = ["a", "A", "\u00e9", "e\u0301", "a/b", "a b", "a%b", "'; DROP TABLE events; --", "ä" * 128, "*", "-"]
    server = made().start()
    ids = {name: server.publish(name, f"of {name}") for name in names}
    restarted(server, how)
    for name in names:
        assert [(event["id"], event["channel"], event["data"]) for event in server.events(channel_path(name))] == [(ids[name], name, f"of {name}")]
    server.stop()


@either_way
def test_idempotency_keys_outlive_a_restart(made, how):
    server = made().start()
    first = server.post("orders", "once", headers={"Idempotency-Key": "k1"}, query="?event=t")
    lines = '{"data":1}\n{"event":"t","data":2}\n'
    batch = server.post("orders", lines, "application/x-ndjson", headers={"Idempotency-Key": "k2"})
    assert first.status == batch.status == 201
    kept = server.events("/channels/orders")
    restarted(server, how)
    for _ in range(2):
        again = server.post("orders", "once", headers={"Idempotency-Key": "k1"}, query="?event=t")
        assert (again.status, again.header("idempotency-replayed"), again.json()) == (200, "true", first.json())
        again = server.post("orders", lines, "application/x-ndjson", headers={"Idempotency-Key": "k2"})
        assert (again.status, again.header("idempotency-replayed"), again.json()) == (200, "true", batch.json())
    assert_problem(server.post("orders", "other", headers={"Idempotency-Key": "k1"}, query="?event=t"), 422)
    assert_problem(server.post("orders", "once", headers={"Idempotency-Key": "k1"}, query="?event=u"), 422)
    assert server.events("/channels/orders") == kept
    other = server.post("other", "once", headers={"Idempotency-Key": "k1"})
    assert other.status == 201, "a key belongs to its channel"
    server.stop()


@either_way
def test_a_key_is_forgotten_after_its_window_over_a_restart_too(made, how):
    server = made(overrides={"idempotency": {"window": "1s"}}).start()
    first = server.post("orders", "x", headers={"Idempotency-Key": "k"})
    assert first.status == 201
    restarted(server, how)
    again = eventually(lambda: (answer := server.post("orders", "x", headers={"Idempotency-Key": "k"})).status == 201 and answer,
                       what="the window ends")
    assert again.json()["id"] != first.json()["id"]
    server.stop()


@either_way
def test_no_id_is_used_again_after_the_newest_events_were_deleted(made, how):
    server = made().start()
    ids = [server.publish("x", str(number)) for number in range(5)]
    for _ in range(2):
        assert server.call("DELETE", "/channels/x").status == 204
        restarted(server, how)
        assert server.events("/channels/x") == [], "deleted events came back"
        assert_not_told(server, "x", ids[-1], [])
        assert_told(server, "x", ids[-2], "trimmed", [])
        ids.append(server.publish("x", "new"))
        assert epoch_of(ids[-1]) == epoch_of(ids[0])
        assert position_of(ids[-1]) > max(map(position_of, ids[:-1])), "a position was used again"
        assert_told(server, "x", ids[0], "trimmed", ids[-1:])
        ids.append(server.publish("x", "newest"))
    server.stop()


@either_way
def test_what_a_deletion_left_in_other_channels_stays(made, how):
    server = made().start()
    a = [server.publish("a", str(number)) for number in range(3)]
    server.publish("b", "x")
    server.call("DELETE", "/channels/b")
    restarted(server, how)
    assert ids_of(server.events("/channels/a")) == a and server.events("/channels/b") == []
    assert_not_told(server, "a", a[0], a[1:])
    server.stop()


# retention over restarts


@either_way
def test_what_was_trimmed_before_a_restart_is_told_after_it(made, how):
    server = made(overrides={"retention": {"*": {"events": 5, "age": "1h", "bytes": "1MB"}}}).start()
    ids = [server.publish("five", str(number)) for number in range(12)]
    eventually(lambda: ids_of(server.events("/channels/five")) == ids[7:], what="what is too much goes")
    restarted(server, how)
    for at in (0, 3, 5):
        assert_told(server, "five", ids[at], "trimmed", ids[7:])
    for at in (6, 9):
        assert_not_told(server, "five", ids[at], ids[at + 1 :])
    assert_not_told(server, "five", ids[11], [])
    ids += [server.publish("five", "more") for _ in range(3)]
    eventually(lambda: ids_of(server.events("/channels/five")) == ids[10:], what="what is too much goes")
    assert_told(server, "five", ids[8], "trimmed", ids[10:])
    server.stop()


@either_way
def test_what_was_trimmed_by_age_before_or_during_a_stop_is_told_after_it(made, how):
    server = made(overrides={"retention": {"*": RETENTION["*"], "brief": {"age": "1s"}}}).start()
    ids = [server.publish("brief", str(number)) for number in range(3)]
    server.publish("other", "x")
    eventually(lambda: server.events("/channels/brief") == [], what="the events age")
    ids += [server.publish("brief", str(number)) for number in range(3)]
    server.stop() if how == "stop" else server.kill()
    server.start()
    eventually(lambda: server.events("/channels/brief") == [], what="the events age")
    for at in (0, 4):
        assert_told(server, "brief", ids[at], "trimmed", [])
    assert_not_told(server, "brief", ids[5], [])
    new = server.publish("brief", "new")
    assert position_of(new) > position_of(ids[5])
    server.stop()


def test_a_retention_that_is_lowered_holds_after_the_restart(made):
    server = made().start()
    ids = [server.publish("orders", str(number)) for number in range(20)]
    server.stop()
    server.configuration["retention"] = {"*": {"events": 3, "age": "1h", "bytes": "1MB"}}
    server.start()
    eventually(lambda: len(server.events("/channels/orders")) == 3, what="what is too much goes")
    assert_told(server, "orders", ids[0], "trimmed", ids[17:])
    assert_not_told(server, "orders", ids[16], ids[17:])
    server.stop()
