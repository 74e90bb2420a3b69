"""Mutated hellos and floods of records before a handshake: an alert, or the end of the connection."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from secure_server import (  # noqa: F401
    HEAD_TIMEOUT, address, assert_records, authority, context, hello, record, secure, still_serving, watch,
)
from tls_checks import raw_exchange
from wire import eventually


def mutations(hello, dice):
    """Changed hellos, each with a word about what was done to it."""
    body = hello[5:]
    for at in range(len(hello)):  # every truncation, and with a record that fits
        yield "cut", hello[:at]
        if at < len(body):
            yield "cut in a whole record", record(22, body[:at], b"\x03\x01")
    for _ in range(600):
        data = bytearray(hello)
        for _ in range(dice.choice([1, 1, 1, 2, 5, 20])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        yield "bits", bytes(data)
    for _ in range(200):
        at = dice.randrange(len(body))
        piece = dice.randbytes(dice.randrange(1, 40))
        yield "put in", record(22, body[:at] + piece + body[at:], b"\x03\x01")
        yield "taken out", record(22, body[:at] + body[at + len(piece) :], b"\x03\x01")
    for length in (0, 1, 4, len(body) - 1, len(body) + 1, 16384, 16385, 16640, 18433, 32767, 65535):
        yield "length of the record", record(22, body, b"\x03\x01", length)
        yield "oversize", record(22, body + b"\x00" * max(0, length - len(body)), b"\x03\x01")
        yield "length of the message", record(22, body[:1] + length.to_bytes(3, "big") + body[4:], b"\x03\x01")
    yield "length of the message", record(22, body[:1] + b"\xff\xff\xff" + body[4:], b"\x03\x01")
    for kind in (0, 1, 19, 20, 21, 23, 24, 25, 64, 127, 128, 255):
        yield "type of the record", bytes([kind]) + hello[1:]
    for kind in (0, 2, 3, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 24, 254, 255):
        yield "type of the message", record(22, bytes([kind]) + body[1:], b"\x03\x01")
    for version in (b"\x00\x00", b"\x02\x00", b"\x03\x00", b"\x03\x04", b"\x04\x00", b"\x7f\xff", b"\xff\xff"):
        yield "version of the record", record(22, body, version)
        yield "version of the hello", record(22, body[:4] + version + body[6:], b"\x03\x01")
    for _ in range(50):
        yield "random", record(22, dice.randbytes(dice.randrange(1, 600)), b"\x03\x01")


def test_mutated_hellos_end_in_an_alert_or_the_end_of_the_connection(address, secure, hello, dice, watch, note):
    cases = list(mutations(hello, dice))
    before = secure.descriptors()

    def one(case):
        what, data = case
        try:
            # Most of the cut ones also end there, so that not all of them wait for the time limit; each tenth does.
            leaves = what.startswith("cut") and len(data) % 10 != 0
            received, end = raw_exchange(address, data, HEAD_TIMEOUT + 6, half_close=leaves)
            assert end != "open", "it stays open beyond the time limit"
            assert_records(received)
            return "alert" if received[:1] == b"\x15" else "flight" if received else "closed"
        except Exception as problem:  # noqa: BLE001, all are shown together
            failures.append((what, data, problem))
            return "failed"

    failures = []
    begun = time.monotonic()
    with watch(most=48), ThreadPoolExecutor(64) as pool:
        results = Counter(pool.map(one, cases))
    note(f"mutated hellos: {len(cases)}, {dict(results)} in {time.monotonic() - begun:.1f} s")
    assert not failures, f"{len(failures)} in bad form, the first: {failures[0]}"
    assert results["alert"] > 200 and results["flight"] > 20, "the mutations are neither too strong nor too weak"
    eventually(lambda: secure.descriptors() <= before + 4, 10, "the descriptors are given back")


ALERT = record(21, b"\x01\x5a")  # a warning: user_canceled
FLOODS = {
    "warning alerts before the hello": lambda hello: [ALERT * 1000] * 100,
    "warning alerts after it": lambda hello: [hello] + [ALERT * 1000] * 100,
    "change cipher spec before the hello": lambda hello: [record(20, b"\x01") * 1000] * 100,
    "change cipher spec after it": lambda hello: [hello] + [record(20, b"\x01") * 1000] * 100,
    "empty handshake records": lambda hello: [record(22, b"") * 1000] * 100,
    "empty application data": lambda hello: [record(23, b"") * 1000] * 100,
    "early application data": lambda hello: [hello] + [record(23, b"x" * 16000)] * 600,
    "hello after hello": lambda hello: [hello] * 1000,
    "hello requests": lambda hello: [hello] + [record(22, b"\x00\x00\x00\x00") * 1000] * 100,
    "a message that never ends": lambda hello: [record(22, b"\x01\xff\xff\xff" + b"\x00" * 16000, b"\x03\x01")] + [record(22, b"\x00" * 16000)] * 1000,
    "a hello of 130 KB": lambda hello: [record(22, b"\x01\x01\xff\xff" + b"\x03\x03" + b"r" * 16000, b"\x03\x01")] + [record(22, b"\x00" * 16000)] * 8,
}


@pytest.mark.parametrize("make", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_records_without_a_handshake_is_ended(address, hello, watch, make):
    with watch():
        _, end = raw_exchange(address, b"", HEAD_TIMEOUT + 4, pieces=make(hello))
        assert end != "open"


def test_a_hello_in_records_of_one_byte(address, hello, watch):
    """RFC 8446 5.1 allows it: the server's flight, or an alert; then the time limit."""
    with watch():
        data = b"".join(record(22, hello[at : at + 1], b"\x03\x01") for at in range(5, len(hello)))
        received, end = raw_exchange(address, data, HEAD_TIMEOUT + 4)
        assert end != "open" and received[:1] in (b"\x15", b"\x16"), received[:40]
        assert_records(received)
