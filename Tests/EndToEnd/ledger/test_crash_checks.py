"""The crash test is worth what its checker finds: forged histories, each with one fault."""

from copy import deepcopy

import pytest

from crash_checks import Publish, Reading, Reply, all_faults
from wire import Event


def history():
    """Two publishers, two channels, a batch, a retry, two unanswered publishes of which one was kept, two readers."""
    kept = {
        "a": [Event("e-1", "message", "one"), Event("e-3", "price", "b0"), Event("e-4", "price", "b1"), Event("e-5", "price", "b2"),
              Event("e-8", "message", "kept")],
        "b": [Event("e-2", "message", "two"), Event("e-7", "message", "three")],
    }
    publishes = [
        Publish("P", "a", [("message", "one")], "k1", 2, [Reply(1, 201, False, ("e-1",)), Reply(2, 200, True, ("e-1",))]),
        Publish("P", "b", [("message", "two")], None, 1, [Reply(1, 201, False, ("e-2",))]),
        Publish("Q", "a", [("price", "b0"), ("price", "b1"), ("price", "b2")], "k2", 2, [Reply(2, 200, True, ("e-3", "e-4", "e-5"))]),
        Publish("Q", "a", [("message", "gone"), ("message", "gone too")], None, 1),
        Publish("P", "b", [("message", "three")], None, 1, [Reply(1, 201, False, ("e-7",))]),
        Publish("Q", "a", [("message", "kept")], None, 1),
    ]
    readings = [
        Reading("one channel", ["a"], "e-1", "e-8", list(kept["a"][1:])),
        Reading("both", ["a", "b"], "e-0", "e-7", [Event("e-1", "message", "one"), Event("e-2", "message", "two"), *kept["a"][1:4],
                                                   Event("e-7", "message", "three")]),
    ]
    return publishes, readings, kept


def test_a_good_history_has_no_fault():
    assert all_faults(*history()) == []


FORGERIES = {}


def forgery(*words):
    """A function that spoils a good history, and the words of the fault that must be found."""

    def register(function):
        FORGERIES[function.__name__.replace("_", " ")] = (function, words)
        return function

    return register


@forgery("one channel: a hole", "e-4")
def a_reader_misses_an_event(publishes, readings, kept):
    del readings[0].found[1]


@forgery("both: a hole", "e-7")
def a_reader_misses_the_last_event_before_its_cursor(publishes, readings, kept):
    readings[1].found.pop()


@forgery("one channel: saw e-3 2 times")
def a_reader_sees_an_event_again_after_it_reconnected(publishes, readings, kept):
    readings[0].found.insert(1, readings[0].found[0])


@forgery("one channel: e-3 comes after e-5")
def a_reader_is_thrown_back(publishes, readings, kept):
    readings[0].found[3:3] = readings[0].found[0:3]


@forgery("one channel: e-3 comes after e-4")
def a_reader_sees_two_events_in_the_wrong_order(publishes, readings, kept):
    found = readings[0].found
    found[0], found[1] = found[1], found[0]


@forgery("which is not in the ledger")
def a_reader_saw_what_a_crash_took_back(publishes, readings, kept):
    readings[0].found.insert(3, Event("e-6", "message", "gone"))


@forgery("one channel: saw", "kept is")
def a_reader_saw_another_event_under_the_same_id(publishes, readings, kept):
    readings[0].found[1] = Event("e-4", "price", "gone")


@forgery("one channel: was told of a gap")
def a_reader_was_told_of_a_gap(publishes, readings, kept):
    readings[0].gaps.append({"reason": "trimmed"})


@forgery("one channel: the epoch changed")
def a_reader_has_a_cursor_of_another_epoch(publishes, readings, kept):
    readings[0].cursor = "f-8"


@forgery("was answered with e-2 and is lost")
def an_answered_event_is_lost(publishes, readings, kept):
    del kept["b"][0]
    del readings[1].found[1]


@forgery("event 2 was answered with e-5 and is lost")
def the_end_of_an_answered_batch_is_lost(publishes, readings, kept):
    del kept["a"][3]
    del readings[0].found[2], readings[1].found[4]


@forgery("half a batch, 1 of 2")
def half_of_an_unanswered_batch_was_kept(publishes, readings, kept):
    kept["a"].append(Event("e-9", "message", "gone"))


@forgery("2 times in the ledger, as ['e-1', 'e-9']")
def a_retried_key_was_published_twice(publishes, readings, kept):
    kept["a"].append(Event("e-9", "message", "one"))


@forgery("2 times in the ledger")
def an_unanswered_event_was_kept_twice(publishes, readings, kept):
    kept["a"].append(Event("e-9", "message", "kept"))


@forgery("was answered with e-2 and has the id e-6")
def an_event_has_another_id_than_it_was_answered_with(publishes, readings, kept):
    kept["b"][0] = readings[1].found[1] = Event("e-6", "message", "two")


@forgery("the id changed from ('e-1',) to ('e-9',)")
def a_repeat_was_answered_with_another_id(publishes, readings, kept):
    publishes[0].replies[1] = Reply(2, 200, True, ("e-9",))


@forgery("published again")
def a_repeat_was_answered_201(publishes, readings, kept):
    publishes[0].replies[1] = Reply(2, 201, False, ("e-1",))


@forgery("status 200, replayed: False")
def a_repeat_was_not_marked(publishes, readings, kept):
    publishes[0].replies[1] = Reply(2, 200, False, ("e-1",))


@forgery("a repeat at the first try")
def a_first_try_was_taken_for_a_repeat(publishes, readings, kept):
    publishes[1].replies[0] = Reply(1, 200, True, ("e-2",))


@forgery("2 ids for 3 events")
def a_batch_was_answered_with_too_few_ids(publishes, readings, kept):
    publishes[2].replies[0] = Reply(2, 200, True, ("e-3", "e-4"))


@forgery("P in 'b' 'two'", "was published after e-1")
def a_publishers_events_are_in_the_wrong_order(publishes, readings, kept):
    kept["b"][0] = readings[1].found[1] = Event("e-0", "message", "two")
    publishes[1].replies[0] = Reply(1, 201, False, ("e-0",))


@forgery("a batch: e-3 comes after e-4")
def a_batch_is_in_the_wrong_order(publishes, readings, kept):
    kept["a"][1:3] = [Event("e-3", "price", "b1"), Event("e-4", "price", "b0")]
    publishes[2].replies[0] = Reply(2, 200, True, ("e-4", "e-3", "e-5"))


@forgery("the ledger of 'a': e-1 comes after e-3")
def positions_fall_in_the_ledger(publishes, readings, kept):
    kept["a"][0], kept["a"][1] = kept["a"][1], kept["a"][0]


@forgery("the epoch changed")
def the_epoch_changed_in_the_ledger(publishes, readings, kept):
    kept["a"][4] = Event("f-8", "message", "kept")


@forgery("is an event of 'a' and of 'b'")
def an_id_is_used_for_two_events(publishes, readings, kept):
    kept["b"][1] = Event("e-8", "message", "three")


@forgery("nobody published", "invented")
def an_event_came_from_nowhere(publishes, readings, kept):
    kept["a"].append(Event("e-9", "message", "invented"))


@forgery("e-2 is in 'a'")
def an_event_is_in_another_channel(publishes, readings, kept):
    kept["a"].insert(1, kept["b"].pop(0))


@forgery("has the type 'cost' instead of 'price'")
def an_event_has_another_type(publishes, readings, kept):
    kept["a"][1] = Event("e-3", "cost", "b0")


@pytest.mark.parametrize("forge, words", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_history_is_found_out(forge, words):
    publishes, readings, kept = deepcopy(history())
    forge(publishes, readings, kept)
    faults = all_faults(publishes, readings, kept)
    assert any(all(word in fault for word in words) for fault in faults), f"not found out: {words} in {faults}"
