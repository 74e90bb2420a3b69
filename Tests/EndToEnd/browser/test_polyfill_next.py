"""`next` of `Public/eventsource.js`: what follows from what happened and from what is known. It is run by node, without a page."""

import itertools
import json
import subprocess

import pytest

from event_sources import SCRIPT

# The script keeps `next` to itself. Its last line is replaced by one that hands it out.
RUN = """
const { script, cases } = JSON.parse(require('fs').readFileSync(0, 'utf8')), self = {};
new Function('self', script.replace('})(self);', 'self.next = next;\\n})(self);'))(self);
console.log(JSON.stringify(cases.map(([cause, facts]) => self.next(cause, Object.freeze(facts)))));
"""

FACTS = {
    "isPollux": True, "isHTTP": True, "hasFetch": True, "patience": 6000, "offered": ["native", "fetch", "xhr", "poll-sse", "poll"],
    "transport": "native", "best": "", "isNews": False, "doubted": "", "fallback": "", "failures": 0, "retry": 1000, "notBefore": 0,
    "limit": 500, "most": 500, "age": 5000, "isIdle": False, "opaque": 0, "proof": 0,
}
OTHER = {"isPollux": False, "offered": ["native", "fetch", "xhr"]}
CAUSES = ["opened", "again", "final", "refused", "mute", "dead", "fault", "lost", "opaque", "silent"]
CONNECTING, CLOSED = 0, 2


def decided(cases):
    """What `next` returns for each (cause, facts), of which those are given that differ from `FACTS`. It may not change them."""
    given = {"script": SCRIPT.read_text("utf-8"), "cases": [(cause, FACTS | facts) for cause, facts in cases]}
    done = subprocess.run(["node", "-e", RUN], input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def effect(step, facts):
    """A step in words: what is done, and after a colon the facts that are different then."""
    changed = [f"{name}={value}" for name, value in step.items() if name in facts and name != "transport" and value != facts[name]]
    return deed(step) + (": " + " ".join(changed) if changed else "")


def deed(step):
    if step.get("state") == CLOSED:
        return "closed"
    if "asks" in step:
        return "asks without CORS"
    if "transport" not in step:
        return "is noted" if step.get("notes") else "-"
    if step.get("state") == CONNECTING:
        return f"an error, {step['transport']} after {step['pause']} to {round(step['pause'] * (1 + step['spread']))}"
    return step["transport"] + (f" after {step['pause']}" if "pause" in step else " at once")


# Where a cause is missing, it cannot come: other servers than Pollux owe no sign of life, of which `mute` and `dead` say that it is
# missing; a silent poll is a fault; and `opaque` and `silent` follow a question.
STATES = {
    "a native stream": ({}, """
        opened   -
        again    native at once
        final    closed
        refused  fetch at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, fetch after 1000 to 3000: failures=1 isNews=True
        fault    an error, native after 1000 to 3000: failures=1
        lost     an error, native after 1000 to 3000: failures=1
    """),
    "a native stream that failed before": ({"failures": 1}, """
        opened   -: failures=0
        again    native at once
        final    closed
        refused  fetch at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, fetch after 2000 to 6000: failures=2 isNews=True
        fault    an error, poll-sse after 2000 to 6000: failures=2 doubted=native isNews=True
        lost     an error, poll-sse after 2000 to 6000: failures=2 doubted=native isNews=True
    """),
    "a stream by fetch": ({"transport": "fetch"}, """
        opened   -
        again    fetch at once
        final    closed
        refused  poll-sse at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, fetch after 1000 to 1250: failures=1
        fault    an error, fetch after 1000 to 1250: failures=1
        lost     an error, fetch after 1000 to 1250: failures=1
    """),
    "a stream by fetch that failed before": ({"transport": "fetch", "failures": 1}, """
        opened   -: failures=0
        again    fetch at once
        final    closed
        refused  poll-sse at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, fetch after 2000 to 2500: failures=2
        fault    an error, poll-sse after 2000 to 2500: failures=2 doubted=fetch isNews=True
        lost     an error, poll-sse after 2000 to 2500: failures=2 doubted=fetch isNews=True
    """),
    "a poll": ({"transport": "poll-sse"}, """
        opened   -
        again    poll-sse at once
        final    closed
        refused  poll at once: isNews=True
        fault    an error, poll-sse after 1000 to 1250: limit=63 failures=1
        lost     an error, poll-sse after 1000 to 1250: limit=63 failures=1
    """),
    "the last poll, which failed before": ({"transport": "poll", "failures": 1}, """
        opened   -: failures=0
        again    poll at once
        final    closed
        refused  closed
        fault    an error, poll after 2000 to 2500: limit=63 failures=2
        lost     an error, poll after 2000 to 2500: limit=63 failures=2
    """),
    "a poll that was remembered": ({"transport": "poll-sse", "best": "native"}, """
        opened   -: best=
        again    poll-sse at once
        final    closed
        refused  poll at once: isNews=True
        fault    an error, poll-sse after 1000 to 1250: limit=63 failures=1
        lost     an error, poll-sse after 1000 to 1250: limit=63 failures=1
    """),
    "a poll that was remembered and failed before": ({"transport": "poll-sse", "best": "native", "failures": 1}, """
        opened   -: best= failures=0
        again    poll-sse at once
        final    closed
        refused  poll at once: isNews=True
        fault    an error, native after 2000 to 2500: limit=63 failures=2 best= isNews=True
        lost     an error, native after 2000 to 2500: limit=63 failures=2 best= isNews=True
    """),
    "a poll in the place of a stream that failed twice": ({"transport": "poll-sse", "doubted": "fetch", "isNews": True, "failures": 2}, """
        opened   -: failures=0
        again    fetch at once: fallback=poll-sse
        final    closed
        refused  poll at once
        fault    an error, poll after 4000 to 5000: limit=63 failures=3
        lost     an error, poll after 4000 to 5000: limit=63 failures=3
    """),
    "that stream in its trial": ({"transport": "fetch", "doubted": "fetch", "fallback": "poll-sse", "isNews": True}, """
        opened   is noted: fallback= doubted= isNews=False
        again    fetch at once: fallback=fetch
        final    closed
        refused  poll-sse at once: fallback= doubted=
        mute     poll-sse at once: fallback= doubted=
        dead     poll-sse at once: fallback= doubted=
        fault    poll-sse at once: fallback= doubted=
        lost     poll-sse at once: fallback= doubted=
    """),
    "a poll after a mute stream": ({"transport": "poll-sse", "isNews": True}, """
        opened   is noted: isNews=False
        again    poll-sse at once
        final    closed
        refused  poll at once
        fault    an error, poll-sse after 1000 to 1250: limit=63 failures=1
        lost     an error, poll-sse after 1000 to 1250: limit=63 failures=1
    """),
    "a stream of a server that was never read": ({"transport": "fetch", "proof": 3}, """
        opened   -
        again    fetch at once
        final    closed
        refused  poll-sse at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, fetch after 1000 to 1250: failures=1
        fault    an error, fetch after 1000 to 1250: failures=1
        lost     asks without CORS
        opaque   an error, fetch after 1000 to 1250: opaque=1 failures=1
        silent   an error, fetch after 1000 to 1250: failures=1
    """),
    "the same after two opaque answers": ({"transport": "fetch", "proof": 3, "opaque": 2}, """
        opened   -
        again    fetch at once
        final    closed
        refused  poll-sse at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, fetch after 1000 to 1250: failures=1
        fault    an error, fetch after 1000 to 1250: failures=1
        lost     asks without CORS
        opaque   closed
        silent   an error, fetch after 1000 to 1250: opaque=0 failures=1
    """),
    "a poll of a server that was never read": ({"transport": "poll", "proof": 3, "opaque": 1}, """
        opened   -
        again    poll at once
        final    closed
        refused  closed
        fault    an error, poll after 1000 to 1250: limit=63 failures=1
        lost     asks without CORS
        opaque   an error, poll after 1000 to 1250: opaque=2 limit=63 failures=1
        silent   an error, poll after 1000 to 1250: opaque=0 limit=63 failures=1
    """),
    "a server that was never read, without fetch": ({"transport": "xhr", "proof": 3, "hasFetch": False}, """
        opened   -
        again    xhr at once
        final    closed
        refused  poll-sse at once: isNews=True
        mute     poll-sse at once: isNews=True
        dead     an error, xhr after 1000 to 1250: failures=1
        fault    an error, xhr after 1000 to 1250: failures=1
        lost     an error, xhr after 1000 to 1250: failures=1
    """),
    "a script, which cannot be asked without CORS": ({"transport": "jsonp", "offered": ["jsonp"], "proof": 3}, """
        opened   -
        again    jsonp at once
        final    closed
        refused  closed
        fault    an error, jsonp after 1000 to 1250: limit=63 failures=1
        lost     an error, jsonp after 1000 to 1250: limit=63 failures=1
    """),
    "a native stream of another server": ({**OTHER, "proof": 3}, """
        opened   -
        again    native at once
        final    closed
        refused  fetch at once: proof=1 isNews=True
        fault    an error, native after 1000 to 3000: failures=1
        lost     an error, native after 1000 to 3000: failures=1
    """),
    "the stream after it was refused": ({**OTHER, "transport": "fetch", "proof": 1, "isNews": True}, """
        opened   is noted: isNews=False
        again    fetch at once
        final    closed
        refused  xhr at once
        fault    an error, fetch after 1000 to 1250: failures=1
        lost     asks without CORS
        opaque   closed
        silent   an error, fetch after 1000 to 1250: failures=1
    """),
    "the last stream of another server, without fetch": ({**OTHER, "offered": ["native", "xhr"], "transport": "xhr", "proof": 1, "hasFetch": False}, """
        opened   -
        again    xhr at once
        final    closed
        refused  closed
        fault    an error, xhr after 1000 to 1250: failures=1
        lost     closed
    """),
    "a URL that cannot be fetched": ({**OTHER, "transport": "fetch", "isHTTP": False}, """
        opened   -
        again    fetch at once
        final    closed
        refused  xhr at once: proof=1 isNews=True
        fault    closed
        lost     closed
    """),
}


@pytest.mark.parametrize("state", STATES)
def test_what_follows_from_each_cause_in_each_state(state):
    facts, table = STATES[state]
    expected = dict(line.split(maxsplit=1) for line in table.strip().splitlines())
    steps = decided((cause, facts) for cause in expected)
    assert {cause: effect(step, FACTS | facts) for cause, step in zip(expected, steps)} == {cause: effect.strip() for cause, effect in expected.items()}


# The pause grows with each failure up to a minute, unless the server asks for a longer one.
@pytest.mark.parametrize("facts, pause", [
    ({"failures": 0}, 1000), ({"failures": 3}, 8000), ({"failures": 4}, 16000), ({"failures": 40}, 16000),
    ({"failures": 4, "retry": 5000}, 60000), ({"failures": 4, "retry": 90000}, 90000), ({"failures": 0, "retry": 500}, 500),
    ({"notBefore": 120000}, 120000), ({"notBefore": 10}, 1000), ({"notBefore": 70000, "failures": 4, "retry": 5000}, 70000),
], ids=str)
@pytest.mark.parametrize("transport, most", [("native", 3), ("fetch", 1.25), ("poll", 1.25)])
def test_a_fault_is_followed_by_a_pause(facts, pause, transport, most):
    [step] = decided([("fault", {"transport": transport, **facts})])
    assert (step["pause"], step["spread"], step["notBefore"]) == (pause, most - 1, 0)


@pytest.mark.parametrize("facts, expected", [
    ({"age": 100, "isIdle": True}, "poll after 500"), ({"age": 499, "isIdle": True}, "poll after 500"), ({"age": 500, "isIdle": True}, "poll at once"),
    ({"age": 100, "isIdle": False}, "poll at once"),
    ({"age": 1499, "limit": 8}, "poll at once: limit=16"), ({"age": 1500, "limit": 8}, "poll at once"), ({"age": 0, "limit": 300}, "poll at once: limit=500"),
    ({"age": 0, "limit": 3, "most": 4}, "poll at once: limit=4"),
], ids=str)
def test_a_good_end_is_followed_by_the_next_poll_for_more_events_if_it_was_quick(facts, expected):
    facts = {"transport": "poll", **facts}
    [step] = decided([("again", facts)])
    assert effect(step, FACTS | facts) == expected


def test_a_poll_that_fails_is_repeated_for_fewer_events_but_one():
    limits = [500, 63, 8, 1, 1]
    steps = decided(("fault", {"transport": "poll", "limit": limit}) for limit in limits[:-1])
    assert [step["limit"] for step in steps] == limits[1:]


def test_whatever_is_known_there_is_one_thing_to_do():
    """Every cause with every combination of facts."""
    choices = {
        "transport": FACTS["offered"] + ["xdr", "jsonp"], "isPollux": [True, False], "isHTTP": [True, False], "hasFetch": [True, False],
        "best": ["", "native"], "doubts": [("", ""), ("fetch", ""), ("fetch", "poll-sse")], "failures": [0, 1, 5], "limit": [1, 500],
        "proof": [0, 1, 3], "opaque": [0, 2],
    }
    combinations = [dict(zip(choices, values)) for values in itertools.product(*choices.values())]
    for facts in combinations:
        facts["doubted"], facts["fallback"] = facts.pop("doubts")
    for cause in CAUSES:
        for facts, step in zip(combinations, decided((cause, facts) for facts in combinations)):
            about = (cause, facts, step)
            if cause == "opened":
                assert not {"transport", "state", "asks"} & set(step), about
            elif "asks" in step:
                assert cause == "lost" and facts["proof"] and facts["hasFetch"] and step == {"asks": True}, about
            elif step.get("state") == CLOSED:
                assert cause not in ("again", "mute", "dead") and step == {"state": CLOSED}, about
            else:
                assert cause != "final" and step["transport"] in [facts["transport"], *FACTS["offered"]], about
                assert step.get("state") != CONNECTING or step["pause"] >= FACTS["retry"] and step["failures"] == facts["failures"] + 1, about
                assert ("state" in step or step["transport"] != facts["transport"] or cause == "again" or facts["fallback"] or facts["best"]), about
            assert 1 <= step.get("limit", 1) <= FACTS["most"], about
