#!/usr/bin/env python3
"""What rules and tokens cost: one build under the same work, open and with a token for each reader.

    .build/venv/bin/python Tests/Benchmarks/access.py --binary .build/release/pollux [--rounds 5] [--only polls]

Prints Markdown: for each work the medians of the rounds, and the ratio of each round to the open server's. Then 10,000 tokens that were
never seen before are verified in a minute beside 1,000 live streams. One event loop, the ledger in memory, the load generator beside the
server. Needs PyJWT and cryptography, as the tests have them. Nothing leaves the loopback.
"""

import argparse
import contextlib
import http.client
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from versions import Server

WORKS = {
    "1,000 streams, 20 events/s": "--readers 1000 --events 200 --rate 20",
    "1,000 polls, 10 events/s": "--readers 1000 --events 100 --rate 10 --transport poll",
}
FRESH = 10_000
MINUTE = 60


class Issuer:
    """Signs by P-256, which is the dearest to verify of what is usual."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        pem = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        rules = {"bench-*": {"read": "token", "publish": "token"}}
        self.configuration = {"access": {"rules": rules, "issuers": [{"algorithms": ["ES256"], "keys": [{"pem": pem.decode()}]}]}}

    def tokens(self, count):
        end = int(time.time()) + 3600
        return [jwt.encode({"sub": f"user-{number}", "exp": end}, self.key, "ES256") for number in range(count)]


@contextlib.contextmanager
def serving(binary, configuration):
    """One that has just been started: what it has grown by before is nobody's cost."""
    options = ["--config", configuration] if configuration else []
    server = Server(
        "pollux", binary, "serve", "--host", "127.0.0.1", "--port", "PORT", "--loops", 1, "--set", "ledger=memory", *options)
    try:
        while not server.is_up():
            time.sleep(0.1)
        yield server
    finally:
        server.stop()


def bench_command(binary, server, options, tokens):
    command = [binary, "bench", f"http://127.0.0.1:{server.port}", "--pid", server.process.pid, "--json", *options.split()]
    return [str(part) for part in command + (["--token-file", tokens] if tokens else [])]


def bench(binary, server, options, tokens):
    done = subprocess.run(bench_command(binary, server, options, tokens), capture_output=True, text=True, timeout=300, check=True)
    report = json.loads(done.stdout)
    assert report["lost"] == 0 and report["refused"] == 0, report
    return report


def compare(binary, ways, works, count):
    """`ways` has for each name a configuration and a file of tokens."""
    rows = {work: {name: [] for name in ways} for work in works}
    names = list(ways)
    for turn in range(count):
        for work in works:
            # Each is first as often as the others.
            for name in names[turn % len(names):] + names[: turn % len(names)]:
                configuration, tokens = ways[name]
                with serving(binary, configuration) as server:
                    rows[work][name].append(bench(binary, server, WORKS[work], tokens))
    print("| work | | CPU µs a delivery | to the open server (each round) | p99 ms |\n| --- | --- | --- | --- | --- |")
    for work, by in rows.items():
        costs = {name: [row["serverCPUMicrosecondsPerDelivery"] for row in found] for name, found in by.items()}
        for name, found in by.items():
            pairs = [one / base for one, base in zip(costs[name], costs["open"])]
            spread = " ".join(f"{pair:.2f}" for pair in pairs)
            late = statistics.median(row["latencyP99Milliseconds"] for row in found)
            print(
                f"| {work} | {name} | {statistics.median(costs[name]):.2f} | **{statistics.median(pairs):.3f}** ({spread}) | {late:.1f} |",
                flush=True)


def ask(port, tokens):
    """A poll with each of these tokens, spread over a minute. Returns how long the slowest answer took."""
    connection, slowest, began = http.client.HTTPConnection("127.0.0.1", port, timeout=10), 0.0, time.monotonic()
    for number, token in enumerate(tokens):
        time.sleep(max(0, began + number * MINUTE / len(tokens) - time.monotonic()))
        asked = time.monotonic()
        connection.request(
            "GET", "/channels/bench-0?transport=poll&wait=0", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        slowest = max(slowest, time.monotonic() - asked)
    return slowest


def verify_many(binary, configuration, issuer, file):
    options, tokens = f"--readers 1000 --rate 20 --duration {MINUTE + 2}", issuer.tokens(FRESH)
    with serving(binary, configuration) as server:
        quiet = bench(binary, server, options, file)
        with subprocess.Popen(bench_command(binary, server, options, file), stdout=subprocess.PIPE, text=True) as live:
            time.sleep(2)
            slowest = ask(server.port, tokens)
            flooded = json.loads(live.communicate(timeout=60)[0])
    assert flooded["lost"] == 0 and flooded["closed"] == 0, flooded
    print(f"\n1,000 streams at 20 events/s for a minute, then the same beside {FRESH:,} tokens never seen before:\n")
    print("| | p50 ms | p99 ms | the latest delivery, ms |\n| --- | --- | --- | --- |")
    for name, row in (("alone", quiet), ("beside them", flooded)):
        late = [row[f"latency{part}Milliseconds"] for part in ("P50", "P99", "Max")]
        print(f"| {name} | {' | '.join(f'{value:.1f}' for value in late)} |")
    print(f"\nThe slowest answer to one of them took {slowest * 1000:.1f} ms.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=Path(".build/release/pollux"), type=Path)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--only", default="", help="the works whose names contain this")
    options = parser.parse_args()
    issuer = Issuer()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        closed = folder / "access.json"
        closed.write_text(json.dumps(issuer.configuration))
        files = {"one token for all": folder / "one", "1,000 tokens": folder / "many"}
        for file, count in zip(files.values(), (1, 1000)):
            file.write_text("\n".join(issuer.tokens(count)))
        ways = {"open": (None, None)} | {name: (closed, file) for name, file in files.items()}
        compare(options.binary, ways, [work for work in WORKS if options.only in work], options.rounds)
        verify_many(options.binary, closed, issuer, files["1,000 tokens"])


if __name__ == "__main__":
    main()
