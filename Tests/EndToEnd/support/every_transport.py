"""Reading so many events of some channels from a cursor on, by each transport."""

import json
from urllib.parse import urlencode

from harness import channel_path, events_path
from wire import Event, StreamEnded


def target_of(channels, path=None, **query):
    """Where to read these channels; one may be read at either resource."""
    target = events_path(*channels) if path == "events" or len(channels) > 1 else channel_path(channels[0])
    query = {name.rstrip("_"): value for name, value in query.items() if value is not None}
    return target + (("&" if "?" in target else "?") + urlencode(query) if query else "")


def unwrapped(event):
    """An event as it was before `envelope=json` put it into its data."""
    if event.type == "pollux.gap":
        return event
    assert event.type == "message", event
    content = json.loads(event.data)
    assert set(content) == {"channel", "event", "data"}, content
    return Event(event.id, content["event"], content["data"])


def by_stream(server, channels, cursor, count, envelope=None, path=None, form=False, by_query=None, **options):
    """Stays on a stream; comes back by its cursor where the server ends it."""
    budget = options.pop("budget", None)
    found = []
    while len(found) < count:
        at = found[-1].id if found else cursor
        query = {"envelope": envelope, "budget": budget}
        headers = {}
        if at is None:
            query["since"] = "earliest"
        elif by_query:
            query[by_query] = at
        else:
            headers["Last-Event-ID"] = at
        if form:
            pairs = [("channel", name) for name in channels] + [(k, v) for k, v in query.items() if v is not None]
            body = urlencode(pairs).encode("ascii")
            stream = server.stream("/events", method="POST", body=body,
                                   headers={"Content-Type": "application/x-www-form-urlencoded", **headers}, **options)
        else:
            stream = server.stream(target_of(channels, path, **query), headers=headers, **options)
        before = len(found)
        try:
            while len(found) < count:
                event = stream.next()
                found.append(unwrapped(event) if envelope else event)
        except StreamEnded as end:
            assert str(end) == "clean" and budget and len(found) > before
            assert len(stream.raw) <= budget or len(found) == before + 1, "beyond the budget with more than one event"
        finally:
            stream.close()
        assert stream.whole_chunks, "an event was cut between two chunks"
    return found


def by_poll(server, channels, cursor, count, path=None, by_header=False, **query):
    """JSON polls, one after another."""
    found = []
    while len(found) < count:
        start = {"since": "earliest"} if cursor is None else {}
        target = target_of(channels, path)
        if by_header and cursor:
            content = server.poll(target, headers={"Last-Event-ID": cursor}, **query)
        else:
            content = server.poll(target, cursor, **start, **query)
        assert content["gap"] is None, content["gap"]
        assert content["events"], "nothing came though there is more"
        assert len(content["events"]) <= query.get("limit", 500)
        found += [Event(each["id"], each["event"], each["data"]) for each in content["events"]]
        cursor = content["next"]
    return found


def by_poll_sse(server, channels, cursor, count, envelope=None, path=None, options=(), **query):
    found = []
    while len(found) < count:
        start = {"since": "earliest"} if cursor is None else {}
        target = target_of(channels, path, transport="poll-sse", envelope=envelope, **start, **query)
        with server.stream(target, cursor, **dict(options)) as stream:
            events = stream.rest()
        assert stream.ended == "clean" and events, f"{stream.ended}, {events}"
        assert stream.parser.retries and stream.parser.retries[0] < 3000, "the next poll comes soon"
        found += [unwrapped(each) for each in events] if envelope else events
        cursor = found[-1].id
    return found
