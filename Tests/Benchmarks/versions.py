#!/usr/bin/env python3
"""Two builds of Pollux under the same work, in turn, and the floor between them: has the newer one become slower?

    versions.py --old BINARY --new .build/release/pollux [--bench ../shared/bench] [--rounds 5] [--only poll]

Prints Markdown: for each work the medians of the rounds, and the ratio of new to old of every round's pair, of which the
median counts: what the machine does from minute to minute falls out of it. One event loop, the ledger in memory; the load
generator runs beside the server. Needs a C compiler. Nothing leaves the loopback.
"""

import argparse
import json
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

WORKS = {
    "1,000 streams, 20 events/s": "--subs 1000 --msgs 100 --rate 20",
    "1,000 streams, full speed": "--subs 1000 --msgs 1000 --window 32",
    "9,000 streams, 2 events/s": "--subs 9000 --msgs 20 --rate 2",
    "100 channels, full speed": "--subs 1000 --channels 100 --msgs 20000 --window 32",
    "1,000 polls, 10 events/s": "--longpoll --subs 1000 --msgs 60 --rate 10",
    "1,000 polls, burst": "--longpoll --subs 1000 --msgs 300 --window 4",
}
FLOOR_CANNOT = ("1,000 polls, burst",)  # it keeps nothing, so what comes between two polls would be lost


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, name, *command):
        self.name = name
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(part).replace("PORT", str(self.port)) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_up(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait()


def pollux(name, binary):
    return Server(name, binary, "serve", "--host", "127.0.0.1", "--port", "PORT", "--loops", 1, "--set", "ledger=memory")


def measure(tool, server, channel, options):
    path = f"/channels/{channel}x%d"
    done = subprocess.run(
        [tool, "--port", str(server.port), "--pid", str(server.process.pid), "--sub", path, "--pub", path,
         "--pub-type", "text/plain", *options.split()],
        capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def rounds(servers, tool, works, count):
    """By work, then by server: a row for each round."""
    rows = {work: {server.name: [] for server in servers} for work in works}
    number = 0
    for turn in range(count):
        for work in works:
            # Each is first as often as the others.
            for server in servers[turn % len(servers):] + servers[: turn % len(servers)]:
                if server.name == "floor" and work in FLOOR_CANNOT:
                    continue
                number += 1
                row = measure(tool, server, f"c{number}", WORKS[work])
                assert server.name == "floor" or row["lost"] == 0, (work, server.name, row)
                rows[work][server.name].append(row)
                time.sleep(0.3)
    return rows


def report(rows):
    print("| work | | floor | old | new | new / old (each round) | new / floor |\n| --- | --- | --- | --- | --- | --- | --- |")
    for work, by in rows.items():
        for field, title in (("cpu_us_per_delivery", "CPU µs"), ("per_s", "deliveries/s"), ("p99_ms", "p99 ms")):
            values = {name: [row[field] for row in found] for name, found in by.items()}
            middle = {name: statistics.median(found) if found else None for name, found in values.items()}
            pairs = [new / max(old, 1e-9) for old, new in zip(values["old"], values["new"])]
            spread = " ".join(f"{pair:.2f}" for pair in pairs)
            floor = middle.get("floor")
            cells = [f"{middle[name]:,.2f}" if middle.get(name) is not None else "-" for name in ("floor", "old", "new")]
            over = f"{middle['new'] / floor:.2f}" if floor else "-"
            print(f"| {work} | {title} | {' | '.join(cells)} | **{statistics.median(pairs):.3f}** ({spread}) | {over} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--old", required=True, type=Path)
    parser.add_argument("--new", required=True, type=Path)
    parser.add_argument("--bench", default=Path("../shared/bench"), type=Path, help="where streambench.c and floor.c lie")
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--only", default="", help="the works whose names contain this")
    options = parser.parse_args()
    works = [work for work in WORKS if options.only in work]
    with tempfile.TemporaryDirectory() as folder:
        tools = {}
        for name in ("streambench", "floor"):
            tools[name] = Path(folder) / name
            subprocess.run(["cc", "-O2", "-w", "-o", tools[name], options.bench / f"{name}.c"], check=True)
        servers = [pollux("old", options.old), pollux("new", options.new), Server("floor", tools["floor"], "PORT")]
        try:
            while not all(server.is_up() for server in servers):
                time.sleep(0.1)
            report(rounds(servers, tools["streambench"], works, options.rounds))
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
