"""The bound on the file of a ledger on disk: the oldest go first, are told, and give back their space."""

import pytest

from care import assert_told, either_way, ids_of, made, restarted  # noqa: F401
from harness import channel_path
from wire import eventually


def sizes(server):
    """Bytes of the file and of all that lies beside it."""
    file = server.database
    return file.stat().st_size, sum(each.stat().st_size for each in file.parent.glob(file.name + "*"))


MEGABYTE = 1 << 20


EVENT = 15_000


@pytest.fixture
def bounded(made):
    """(server, (id, channel) of each of 2,000 events, [sizes after each batch]): 30 MB, published to a file of 8 MB."""
    server = made(overrides={"sqlite": {"maxSize": "8MB"}}).start()
    published, seen = [], []
    for number in range(40):
        channel = f"channel {number % 13}"
        published += [(id, channel) for id in server.publish_batch(channel, [(None, f"{number}/{n} " + "x" * EVENT) for n in range(50)])]
        seen.append(sizes(server))
    return server, published, seen


def kept_of(server, published):
    return {id for channel in sorted({channel for _, channel in published}) for id in ids_of(server.events(channel_path(channel)))}


def settled(server, published):
    """What is kept when no more goes."""
    last = [None]

    def is_settled():
        before, last[0] = last[0], kept_of(server, published)
        return last[0] == before and len(before) * EVENT <= 8 * MEGABYTE and last

    return eventually(is_settled, 20, "what is too much goes")[0]


def test_the_file_stays_near_its_bound(bounded, note):
    server, _, seen = bounded
    file, everything = max(file for file, _ in seen), max(everything for _, everything in seen)
    note(f"maxSize 8 MB, 30 MB published: the file at most {file / MEGABYTE:.1f} MB, with -wal and -shm {everything / MEGABYTE:.1f} MB")
    assert file < 12 * MEGABYTE, f"the file had {file} bytes"
    assert everything < 24 * MEGABYTE, f"all files had {everything} bytes"
    server.stop()


@either_way
def test_beyond_its_bound_the_oldest_go_first_and_are_told(bounded, how):
    server, published, _ = bounded
    kept = settled(server, published)
    assert len(kept) * EVENT > 4 * MEGABYTE, f"only {len(kept)} events are left in 8 MB"
    assert kept == {id for id, _ in published[-len(kept) :]}, "not the oldest went first"
    for _ in range(2):
        for channel in ("channel 0", "channel 5"):
            ids = [id for id, name in published if name == channel]
            assert_told(server, channel.replace(" ", "%20"), ids[0], "trimmed", [id for id in ids if id in kept])
        restarted(server, how)
        assert kept_of(server, published) == kept
    server.stop()


def test_space_is_given_back(bounded):
    """After the oldest went, and after all were deleted."""
    server, published, _ = bounded
    settled(server, published)
    eventually(lambda: sizes(server)[0] < 12 * MEGABYTE, 15, "the space of what went is given back")
    for channel in {channel for _, channel in published}:
        assert server.call("DELETE", channel_path(channel)).status == 204
    server.publish("after", "all")
    eventually(lambda: sizes(server)[0] < 4 * MEGABYTE, 15, "the space of what was deleted is given back")
    server.stop()
