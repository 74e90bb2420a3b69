"""What must hold after any number of crashes: pure functions over what was published, read and kept.

Each returns a list of faults in words; an empty list means that all is well. They know neither servers nor
threads, so that forged histories can show that they find what they are for (test_crash_checks.py).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple, Optional


class Reply(NamedTuple):
    """One answer to a publish."""

    attempt: int  # which try was answered, from 1
    status: int
    replayed: bool
    ids: tuple


@dataclass(eq=False)
class Publish:
    """One request to publish, with all its tries. Its data is unlike that of any other."""

    publisher: str
    channel: str
    events: list  # (type, data); several are a batch
    key: Optional[str] = None
    attempts: int = 0
    replies: list = field(default_factory=list)
    request: bytes = b""

    @property
    def name(self):
        return f"{self.publisher} in {self.channel!r} {self.events[0][1][:40]!r}"


@dataclass
class Reading:
    """What one reader was given, from its first cursor to its last, over all its connections."""

    name: str
    channels: list
    start: str
    cursor: str
    found: list = field(default_factory=list)  # Event
    gaps: list = field(default_factory=list)


def epoch_of(id):
    return id.rpartition("-")[0]


def position_of(id):
    return int(id.rpartition("-")[2])


def all_faults(publishes, readings, kept):
    """`kept` is the ledger's content at the end: for each channel its events."""
    faults = faults_of_ledger(kept) + faults_of_publishes(publishes, kept) + faults_of_order(publishes, kept)
    faults += faults_of_keys(publishes)
    for reading in readings:
        faults += faults_of_reading(reading, kept)
    return faults


def faults_of_ledger(kept):
    """One epoch, positions that rise, and no id for two events."""
    faults, owners = [], {}
    epochs = {epoch_of(event.id) for events in kept.values() for event in events}
    if len(epochs) > 1:
        faults.append(f"the epoch changed: {sorted(epochs)}")
    for channel, events in kept.items():
        faults += faults_of_positions(events, f"the ledger of {channel!r}")
        for event in events:
            if owners.setdefault(event.id, channel) != channel:
                faults.append(f"{event.id} is an event of {owners[event.id]!r} and of {channel!r}")
    return faults


def faults_of_positions(events, where):
    """Each position is higher than the one before."""
    return [f"{where}: {after.id} comes after {before.id}" for before, after in zip(events, events[1:])
            if position_of(after.id) <= position_of(before.id)]


def places_by_data(kept):
    places = defaultdict(list)
    for channel, events in kept.items():
        for event in events:
            places[event.data].append((channel, event))
    return places


def faults_of_publishes(publishes, kept):
    """Answered: there once, with the id it was answered with. Unanswered: there once or not at all, whole or not."""
    faults, places, known = [], places_by_data(kept), set()
    for publish in publishes:
        found = [places.get(data, []) for _, data in publish.events]
        known.update(data for _, data in publish.events)
        faults += faults_of_copies(publish, found)
        faults += faults_of_answered(publish, found) if publish.replies else faults_of_unanswered(publish, found)
    faults += [f"nobody published {event} in {channel!r}" for data, copies in places.items() if data not in known
               for channel, event in copies]
    return faults


def faults_of_copies(publish, found):
    """Whatever is there of it: once, in its channel, with its type, in the order of its batch."""
    faults = []
    for (type, data), copies in zip(publish.events, found):
        if len(copies) > 1:
            faults.append(f"{publish.name}: {len(copies)} times in the ledger, as {[event.id for _, event in copies]}")
        for channel, event in copies:
            if channel != publish.channel:
                faults.append(f"{publish.name}: {event.id} is in {channel!r}")
            if event.type != type:
                faults.append(f"{publish.name}: {event.id} has the type {event.type!r} instead of {type!r}")
    firsts = [copies[0][1] for copies in found if copies]
    return faults + faults_of_positions(firsts, f"{publish.name}, a batch")


def faults_of_answered(publish, found):
    ids = publish.replies[0].ids
    if len(ids) != len(publish.events):
        return [f"{publish.name}: {len(ids)} ids for {len(publish.events)} events"]
    faults = []
    for number, (id, copies) in enumerate(zip(ids, found)):
        if not copies:
            faults.append(f"{publish.name}: event {number} was answered with {id} and is lost")
        elif id not in [event.id for _, event in copies]:
            faults.append(f"{publish.name}: event {number} was answered with {id} and has the id {copies[0][1].id}")
    return faults


def faults_of_unanswered(publish, found):
    there = sum(1 for copies in found if copies)
    if 0 < there < len(found):
        return [f"{publish.name}: half a batch, {there} of {len(found)} events"]
    return []


def faults_of_order(publishes, kept):
    """What one publisher published is in the order in which it did, over all channels."""
    places, last, faults = places_by_data(kept), {}, []
    for publish in publishes:
        for _, data in publish.events:
            for _, event in places.get(data, [])[:1]:
                before = last.get(publish.publisher)
                if before and position_of(event.id) <= position_of(before.id):
                    faults.append(f"{publish.name}: {event.id} was published after {before.id}")
                last[publish.publisher] = event
    return faults


def faults_of_keys(publishes):
    """A key that is used again is answered like the first time, and says so."""
    faults = []
    for publish in publishes:
        answered = None
        for reply in publish.replies:
            what = f"{publish.name}, key {publish.key!r}, try {reply.attempt}"
            if answered and reply.ids != answered.ids:
                faults.append(f"{what}: the id changed from {answered.ids} to {reply.ids}")
            if (reply.status, reply.replayed) not in ((201, False), (200, True)):
                faults.append(f"{what}: status {reply.status}, replayed: {reply.replayed}")
            if answered and reply.status == 201:
                faults.append(f"{what}: published again")
            if reply.attempt == 1 and reply.status == 200:
                faults.append(f"{what}: answered as a repeat at the first try")
            answered = answered or reply
    return faults


def faults_of_reading(reading, kept):
    """No hole, no repeat, nothing else, in order, between the first and the last cursor; no gap was told."""
    faults = [f"{reading.name}: was told of a gap: {gap}" for gap in reading.gaps]
    if epoch_of(reading.start) != epoch_of(reading.cursor):
        faults.append(f"{reading.name}: the epoch changed from {reading.start} to {reading.cursor}")
    first, last = position_of(reading.start), position_of(reading.cursor)
    expected = [event for channel in reading.channels for event in kept.get(channel, ())
                if first < position_of(event.id) <= last]
    expected.sort(key=lambda event: position_of(event.id))
    if reading.found == expected:
        return faults
    faults += faults_of_positions(reading.found, reading.name)
    return faults + differences(reading.name, reading.found, expected)


def differences(name, found, expected, most=5):
    """In words, what differs between two lists of events that are not the same; at most `most` of each kind."""
    faults = []
    kept, seen = {event.id: event for event in expected}, defaultdict(int)
    for event in found:
        seen[event.id] += 1
    faults += [f"{name}: saw {id} {times} times" for id, times in seen.items() if times > 1][:most]
    faults += [f"{name}: a hole, {event} is missing" for event in expected if event.id not in seen][:most]
    faults += [f"{name}: saw {event}, which is not in the ledger" for event in found if event.id not in kept][:most]
    faults += [f"{name}: saw {event}, kept is {kept[event.id]}" for event in found
               if event.id in kept and kept[event.id] != event][:most]
    return faults or [f"{name}: not in the order of the ledger"]
