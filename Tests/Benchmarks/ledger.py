#!/usr/bin/env python3
"""Measures what it costs to keep events: Pollux with each of its ledgers, beside nchan and a plain SQLite loop.

    Tests/Benchmarks/ledger.py --binary .build/release/pollux [--rounds 3] [--only NAME] [--json FILE]

Prints Markdown: a table for each work, with medians of the rounds, and a table of what had to be reached. Every server
is started here, alone, on one event loop and a fresh folder on a real disk; all goes over the loopback. Needs Linux and
a C compiler; nginx-light with libnginx-mod-nchan, redis-server and libsqlite3-dev where they are to be compared, and
streambench.c for the readers. What is missing is left out, and said.

The works; `--only` takes those whose names contain what it is given:

publish singles          one connection, 32 requests unanswered at a time, an event of 100 bytes each, no readers
publish batches          the same with 100 events a request as NDJSON, 8 requests unanswered
durable groups           durable singles with so many unanswered, and batches of 32 with 4 unanswered, each beside a C loop
                         that commits as many rows at a time as Pollux did on the average
paced singles            1,000 singles a second, sent when they are due: how long each waits for its answer
readers, 20 a second     1,000 event streams of one channel: what a delivery costs
readers, full speed      the same with 32 publishes unanswered
large history            1,000,000 events in 10,000 channels and one of 100,000: stop and start, kill and start, replay
storm, 1 channel         1,000 readers come back at once, each 1,000 events behind, while 10 read at the head
storm, 100 channels      the same spread over 100 channels

CPU is the server's own, user and kernel; nchan's is its worker's, with Redis. Every event has its number in its data:
one that was lost, repeated or refused makes the work fail, and the run end with 1.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"

KEPT_EVENTS = 1_000  # of a channel, by Pollux's default; nchan is told the same
SINGLES, BATCHED, MOST_SECONDS = 100_000, 500_000, 8
PACED_RATE, PACED_SECONDS = 1_000, 10
LOOP_SECONDS = 3
READERS = 1_000
HISTORY_CHANNELS, HISTORY_EVENTS, BIG_EVENTS, LATE_EVENTS = 10_000, 100, 100_000, 10_000
STORM_BEHIND, LIVE_READERS, LIVE_RATE, LIVE_EVENTS = 1_000, 10, 20, 200

POLLUX = ("pollux memory", "pollux process", "pollux power")
NCHAN = ("nchan memory", "nchan Redis", "nchan Redis AOF")
MARK = re.compile(rb"@@\d{19}\.(\d{7})")


class Failure(Exception):
    """What was measured did not work as it must."""


# MARK: Processes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_listener(port, patience=10):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise Failure(f"nobody listened on port {port} after {patience} s")


def cpu_seconds(pids):
    """User and kernel time that processes have used."""
    ticks = 0
    for pid in pids:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid, what="VmRSS"):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(what + r":\s+(\d+) kB", status)[1]) / 1024


def forget_peak(pid):
    """From here on "VmHWM" is the most that has been resident since."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def file_system(folder):
    """The type of the file system that a folder is on."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, name, *_ = line.split()
        if Path(folder).resolve().is_relative_to(place) and len(place) >= len(best):
            best, kind = place, name
    return kind


def end(process, number=signal.SIGKILL, patience=30):
    """Ends a process that we started; returns its exit code."""
    process.send_signal(number)
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Failure(f"{Path(process.args[0]).name} was still there {patience} s after signal {number}") from None


class Tool:
    """A load generator that runs, and prints what it measured as one line of JSON."""

    def __init__(self, command, patience=180):
        self.name = Path(command[0]).name
        self.patience = patience
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            end(self.process)
        self.process.stdout.close()
        self.process.stderr.close()

    def wait_until_ready(self):
        if self.process.stdout.readline() != "ready\n":
            raise Failure(f"{self.name} did not get ready: {self.process.stderr.read().strip()}")

    def figures(self):
        try:
            output, problems = self.process.communicate(timeout=self.patience)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} was not done after {self.patience} s") from None
        if self.process.returncode != 0:
            raise Failure(f"{self.name} ended with {self.process.returncode}: {problems.strip()}")
        return json.loads(output.splitlines()[-1])


# MARK: Servers


class Server:
    """What the servers have in common: a folder, a port, and processes that end with the `with` they stand in."""

    def __init__(self, bench, name):
        self.bench = bench
        self.name = name
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=re.sub(r"\W+", "-", name) + "-", dir=bench.folder))
        self.folder.chmod(0o755)
        self.log = self.folder / "log"

    def __enter__(self):
        os.sync()  # What others left to be written must not count against this one.
        try:
            self.start()
        except BaseException as problem:
            self.__exit__(type(problem), problem, None)
            raise
        return self

    def __exit__(self, kind, *_):
        ended_well = False
        try:
            if kind is None:
                self.stop()
                ended_well = True
            else:
                self.abandon()
        finally:
            if not ended_well:
                print(f"--- log of {self.name}\n{self.log_text()[-2000:]}---", file=sys.stderr)
            self.bench.complaints += self.complaints()
            self.last_log = self.log_text()
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def complaints(self):
        bad = re.compile(r"\b(warning|error|critical|fatal|emerg|alert|crit)\b", re.IGNORECASE)
        lines = (line for line in self.log_text().splitlines() if bad.search(line))
        # Redis warns of the machine that it runs on.
        return [f"{self.name}: {line[:300]}" for line in lines if "overcommit" not in line]

    def spawn(self, *command):
        with self.log.open("ab") as log:
            # POLLUX_... is configuration to the server, and ours is not for it.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("POLLUX_")}
            return subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """Status, header fields and content of an answer on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def await_answer(self, process, *request):
        """Asks until there is a good answer; returns its content."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Failure(f"{self.name} ended with {process.returncode} while it started: {self.log_text()[-500:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, _, content = self.ask(*request, timeout=2)
                if status // 100 == 2:
                    return content
            time.sleep(0.001)
        raise Failure(f"{self.name} gave no good answer for 30 s")


class Pollux(Server):
    also_accepts = 201

    def __init__(self, bench, name, retention=None):
        super().__init__(bench, name)
        self.process = None
        self.kept = (retention or {}).get("events", KEPT_EVENTS)
        self.configuration = self.folder / "pollux.json"
        durability = name.split()[1].rstrip(",")
        ledger = {"ledger": "memory"}
        if durability != "memory":
            path = str(self.folder / "ledger.sqlite")
            ledger = {"ledger": "sqlite", "sqlite": {"path": path, "durability": durability}}
        common = {"port": self.port, "publicFolder": "", "retention": {"*": retention or {}}}
        self.configuration.write_text(json.dumps(common | ledger))

    @property
    def pids(self):
        return [self.process.pid]

    def start(self, path="/readyz"):
        """Returns the seconds from exec to the first good answer, and that answer's content."""
        begun = time.monotonic()
        self.process = self.spawn(self.bench.binary, "serve", "--config", self.configuration, "--loops", 1)
        content = self.await_answer(self.process, "GET", path)
        return time.monotonic() - begun, content

    def stop(self):
        process, self.process = self.process, None
        if process.poll() is not None:
            raise Failure(f"{self.name} had ended with {process.returncode}")
        code = end(process, signal.SIGTERM)
        if code != 0:
            raise Failure(f"{self.name} ended with {code} after SIGTERM")

    def kill(self):
        process, self.process = self.process, None
        end(process, signal.SIGKILL)

    def abandon(self):
        if self.process is not None and self.process.poll() is None:
            end(self.process)

    def history(self, channel):
        """The numbers of all events that a channel keeps, in the order in which they are read."""
        numbers, cursor = [], "since=earliest"
        while True:
            status, headers, content = self.ask("GET", f"/channels/{channel}?transport=poll&wait=0&{cursor}")
            if status != 200:
                raise Failure(f"{self.name} answered a read of {channel} with {status}")
            page = numbers_in(content)
            if not page:
                return numbers
            numbers += page
            cursor = f"lastEventId={headers['Last-Event-ID']}"

    def require_kept(self, channel, count):
        """After `count` events the newest must be there, as many as are kept, and none twice."""
        numbers = self.history(channel)
        if len(numbers) < min(count, self.kept) or numbers != list(range(count - len(numbers), count)):
            raise Failure(f"{self.name}: of {count} events in {channel} there are {len(numbers)}: {summary(numbers)}")

    def events_a_commit(self):
        """As the server says when it has stopped."""
        counts = {name: int(count) for name, count in re.findall(r"\b(commits|events)=(\d+)", self.last_log)}
        return counts["events"] / counts["commits"]

    def publish_one(self, channel, data):
        """Returns the event's id."""
        status, headers, _ = self.ask("POST", f"/channels/{channel}", data, {"Content-Type": "text/plain"})
        if status != 201:
            raise Failure(f"{self.name} answered a publish to {channel} with {status}")
        return headers["Last-Event-ID"]


class Nchan(Server):
    """nginx with one worker and nchan, which keeps events in shared memory or in a Redis."""

    also_accepts = 202  # nchan's answer when nobody reads

    CONFIGURATION = """
        load_module {module};
        worker_processes 1; daemon off; error_log stderr error; pid {folder}/nginx.pid;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; nchan_shared_memory_size 512M; keepalive_requests 100000000; keepalive_timeout 600s;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
            nchan_message_buffer_length {kept}; nchan_message_timeout 1h;
            {upstream}
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location ~ ^/channels/(\\w+)$ {{ nchan_publisher; nchan_channel_id $1; {redis_pass} }}
            }}
        }}"""

    def __init__(self, bench, name):
        super().__init__(bench, name)
        self.nginx = self.redis = None
        self.redis_port = free_port() if "Redis" in name else None

    def start(self):
        if self.redis_port:
            self.start_redis()
        configuration = self.folder / "nginx.conf"
        upstream = f"upstream redis {{ nchan_redis_server redis://127.0.0.1:{self.redis_port}; }}"
        configuration.write_text(self.CONFIGURATION.format(
            module=NCHAN_MODULE, folder=self.folder, kept=KEPT_EVENTS, port=self.port,
            upstream=upstream if self.redis else "", redis_pass="nchan_redis_pass redis;" if self.redis else "",
        ))
        self.nginx = self.spawn("nginx", "-c", configuration)
        self.await_answer(self.nginx, "POST", "/channels/ready", "ready")

    def start_redis(self):
        persistence = ["--appendonly", "yes", "--appendfsync", "everysec"] if "AOF" in self.name else []
        self.redis = self.spawn(
            "redis-server", "--port", self.redis_port, "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
            *persistence)
        await_listener(self.redis_port)  # nchan holds on to what it is given while Redis is not there yet.

    @property
    def pids(self):
        """Of nginx's worker, and of Redis."""
        children = Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split()
        return [int(pid) for pid in children] + ([self.redis.pid] if self.redis else [])

    def stop(self):
        for process in (self.nginx, self.redis):
            if process is not None and process.poll() is None:
                end(process, signal.SIGTERM)

    abandon = stop

    def require_kept(self, channel, count):
        _, _, content = self.ask("GET", f"/channels/{channel}", headers={"Accept": "application/json"})
        kept = json.loads(content)["messages"]
        if kept != min(count, KEPT_EVENTS):
            raise Failure(f"{self.name}: of {count} events in {channel} there are {kept}")


def numbers_in(content):
    return [int(number) for number in MARK.findall(content)]


def summary(numbers):
    return f"{numbers[0]} to {numbers[-1]}, {len(set(numbers))} different ones" if numbers else "none"


# MARK: The bench


@dataclass
class Bench:
    """What all measurements share."""

    binary: Path
    folder: Path
    streambench: Path
    tools: dict = field(default_factory=dict)
    has_sqlite_ledger: bool = False
    complaints: list = field(default_factory=list)

    def prepare(self):
        sources = {name: HERE / f"{name}.c" for name in ("publish", "readers", "insert")}
        for name, source in (sources | {"streambench": self.streambench}).items():
            program = self.folder / name
            libraries = ["-lsqlite3"] if name == "insert" else []
            built = subprocess.run(["cc", "-O2", "-w", "-o", program, source, *libraries], capture_output=True)
            if built.returncode == 0:
                self.tools[name] = program
        keys = subprocess.run([self.binary, "config", "keys"], capture_output=True, text=True).stdout
        self.has_sqlite_ledger = "sqlite.path" in keys
        missing = {"publish", "readers"} - self.tools.keys()
        if missing:
            sys.exit(f"these could not be compiled: {', '.join(sorted(missing))}")

    def why_not(self, work, server):
        """Why a figure cannot be taken; `None` if it can."""
        if server.startswith("nchan") and not (shutil.which("nginx") and Path(NCHAN_MODULE).exists()):
            return "there is no nginx with nchan"
        if "Redis" in server and not shutil.which("redis-server"):
            return "there is no redis-server"
        if server.startswith(("pollux process", "pollux power")) and not self.has_sqlite_ledger:
            return "the binary has no SQLite ledger"
        if server.startswith("SQLite") and "insert" not in self.tools:
            return "insert.c could not be compiled (libsqlite3-dev)"
        if work.startswith("readers") and "streambench" not in self.tools:
            return f"there is no {self.streambench}"
        return None

    def server(self, name, retention=None):
        return Nchan(self, name) if name.startswith("nchan") else Pollux(self, name, retention)

    def tool(self, name, server, **options):
        command = [self.tools[name], "--port", server.port]
        for option, value in options.items():
            command += ["--" + option.replace("_", "-").strip("-"), value]
        return Tool(command)


def publish(bench, server, **options):
    """Publishes; every request must be answered as kept. Adds what that cost the server."""
    before = cpu_seconds(server.pids)
    with bench.tool("publish", server, also_accept=server.also_accepts, **options) as tool:
        figures = tool.figures()
    require_accepted(server, figures)
    return figures | {"cpu_us": (cpu_seconds(server.pids) - before) * 1e6 / figures["events"]}


def require_accepted(server, figures):
    if figures["refused"]:
        raise Failure(f"{server.name} refused {figures['refused']} requests, with {figures['refused_status']}")


def require_delivered(server, figures):
    if any(figures[kind] for kind in ("lost", "repeated", "closed", "unfinished")):
        raise Failure(f"{server.name} did not give every reader every event: {figures}")


# MARK: Measurements


def publish_singles(bench, name):
    with bench.server(name) as server:
        figures = publish(bench, server, events=SINGLES, seconds=MOST_SECONDS, window=32)
        server.require_kept("c0", figures["events"])
        return figures


def publish_batches(bench, name):
    with bench.server(name) as server:
        figures = publish(bench, server, events=BATCHED, seconds=MOST_SECONDS, window=8, batch=100)
        server.require_kept("c0", figures["events"])
        return figures


def durable_groups(bench, name):
    """Publishes, and then lets the plain loop commit groups of the same size."""
    window, batch = (4, 32) if "batches" in name else (int(name.split()[-1]), 0)
    with bench.server(name) as server:
        figures = publish(bench, server, events=1_000_000, seconds=LOOP_SECONDS, window=window, batch=batch)
        server.require_kept("c0", figures["events"])
    group = server.events_a_commit()
    loop = sqlite_loop(bench, max(1, round(group)))
    return figures | {"group": group, "loop_per_s": loop["per_s"], "ratio": figures["per_s"] / loop["per_s"]}


def sqlite_loop(bench, group):
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        os.sync()
        with Tool([bench.tools["insert"], Path(folder) / "plain.sqlite", group, LOOP_SECONDS]) as tool:
            return tool.figures()


def paced_singles(bench, name):
    with bench.server(name) as server:
        figures = publish(bench, server, events=PACED_RATE * PACED_SECONDS, rate=PACED_RATE)
        server.require_kept("c0", figures["events"])
        return figures


def readers_at_rate(bench, name):
    return streams(bench, name, msgs=100, rate=20)


def readers_at_full_speed(bench, name):
    return streams(bench, name, msgs=1_000, window=32)


def streams(bench, name, **options):
    paths = {"sub": "/channels/c%d", "pub": "/channels/c%d", "pub_type": "text/plain"}
    with bench.server(name) as server:
        with bench.tool("streambench", server, pid=server.pids[0], subs=READERS, **paths, **options) as tool:
            figures = tool.figures()
        if figures["lost"] or figures["closed"] or figures["pub_bad"]:
            raise Failure(f"{name} did not give every reader every event: {figures}")
        return figures


def large_history(bench, name):
    with bench.server(name, {"events": 2 * BIG_EVENTS, "age": "1d", "bytes": "1GB"}) as server:
        figures = {"fill_per_s": fill_history(bench, server)}
        server.stop()
        figures["start_s"] = timed_start(server)
        figures["start_mb"] = resident_megabytes(server.process.pid)
        figures |= replay(bench, server)
        publish(bench, server, events=LATE_EVENTS, first=BIG_EVENTS, path="/channels/big")
        figures["end_mb"] = resident_megabytes(server.process.pid)
        server.kill()
        figures["start_after_kill_s"] = timed_start(server)
        require_whole_history(server)
        return figures


def fill_history(bench, server):
    """Returns the events a second."""
    all_channels = {"events": HISTORY_CHANNELS * HISTORY_EVENTS, "channels": HISTORY_CHANNELS}
    many = publish(bench, server, batch=HISTORY_EVENTS, window=8, **all_channels)
    big = publish(bench, server, batch=100, window=8, events=BIG_EVENTS, path="/channels/big")
    return (many["events"] + big["events"]) / (many["seconds"] + big["seconds"])


def timed_start(server):
    """The seconds from exec to the first answer of a read of history."""
    seconds, content = server.start(f"/channels/c{HISTORY_CHANNELS // 2}?transport=poll&since=earliest&wait=0")
    if numbers_in(content) != list(range(HISTORY_EVENTS)):
        raise Failure(f"{server.name} lost history: {summary(numbers_in(content))}")
    return seconds


def replay(bench, server):
    """All of the big channel to one event stream, and the server's memory meanwhile."""
    pid = server.process.pid
    forget_peak(pid)
    before = resident_megabytes(pid)
    with bench.tool("readers", server, path="/channels/big?since=earliest", until=BIG_EVENTS) as reader:
        figures = reader.figures()
    require_delivered(server, figures)
    most = resident_megabytes(pid, "VmHWM")
    return {"replay_per_s": BIG_EVENTS / figures["finished_s"], "replay_mb": most, "growth_mb": most - before}


def require_whole_history(server):
    server.require_kept("big", BIG_EVENTS + LATE_EVENTS)
    for channel in range(0, HISTORY_CHANNELS, 10):
        server.require_kept(f"c{channel}", HISTORY_EVENTS)


def storm_on_one_channel(bench, name):
    return storm(bench, name, channels=1)


def storm_on_many_channels(bench, name):
    return storm(bench, name, channels=100)


def storm(bench, name, channels):
    """Readers with old cursors come at once, while others read the first channel at its head.

    In each channel event 0 is the cursor, and 1 to STORM_BEHIND follow; what is live goes on from there.
    """
    head = STORM_BEHIND + 1
    with bench.server(name, {"events": 2 * STORM_BEHIND}) as server:
        cursors = server.folder / "cursors"
        ids = [server.publish_one(f"c{channel}", "the cursor") for channel in range(channels)]
        cursors.write_text("\n".join(ids))
        publish(bench, server, events=STORM_BEHIND * channels, batch=100, window=8, channels=channels, first=1)
        first_channel = {"path": "/channels/c0"}
        with contextlib.ExitStack() as running:
            live = running.enter_context(bench.tool(
                "readers", server, readers=LIVE_READERS, from_=head, until=head + LIVE_EVENTS, **first_channel))
            live.wait_until_ready()
            publisher = running.enter_context(bench.tool(
                "publish", server, events=LIVE_EVENTS, rate=LIVE_RATE, first=head, **first_channel))
            time.sleep(1)
            returning = running.enter_context(bench.tool(
                "readers", server, readers=READERS, channels=channels, cursors=cursors, from_=1, until=head,
                until_first=head + LIVE_EVENTS, served_at=head))
            return storm_figures(server, live.figures(), publisher.figures(), returning.figures())


def storm_figures(server, live, publisher, returning):
    require_accepted(server, publisher)
    require_delivered(server, live)
    require_delivered(server, returning)
    if returning["served_s"] > publisher["seconds"] - 1:
        raise Failure(f"{server.name}: nobody read at the head any more when the last was served")
    return {
        "served_s": returning["served_s"],
        "per_s": READERS * STORM_BEHIND / returning["served_s"],
        "stall_ms": live["max_ms"],
        "p50_ms": live["p50_ms"],
        "own_stall_ms": max(live["own_stall_ms"], publisher["late_ms"]),
        "lost": live["lost"] + returning["lost"],
        "repeated": live["repeated"] + returning["repeated"],
    }


# MARK: Works and what had to be reached


@dataclass(frozen=True)
class Column:
    key: str
    title: str
    digits: int = 0

    def text(self, figures):
        return f"{figures[self.key]:,.{self.digits}f}" if self.key in figures else "-"


@dataclass(frozen=True)
class Work:
    name: str
    servers: tuple
    measure: Callable
    columns: tuple


PER_SECOND = Column("per_s", "events/s")
CPU = Column("cpu_us", "CPU µs an event", 2)
ANSWERS = (Column("p50_ms", "p50 ms", 2), Column("p99_ms", "p99 ms", 2), Column("max_ms", "max ms", 1))
GENERATOR = Column("own_cpu", "generator's CPU", 2)
DELIVERIES = (
    Column("cpu_us_per_delivery", "CPU µs a delivery", 2), Column("per_s", "deliveries/s"), *ANSWERS,
)
HISTORY = (
    Column("fill_per_s", "fill events/s"), Column("start_s", "start s", 3), Column("start_mb", "MB then"),
    Column("replay_per_s", "replay events/s"), Column("replay_mb", "most MB meanwhile"),
    Column("growth_mb", "growth MB"), Column("end_mb", "MB at the end"),
    Column("start_after_kill_s", "start after kill -9 s", 3),
)
STORM = (
    Column("served_s", "all served s", 2), Column("per_s", "events/s meanwhile"),
    Column("stall_ms", "longest live ms", 1), Column("p50_ms", "p50 live ms", 2),
    Column("own_stall_ms", "generator's own stall ms", 1), Column("lost", "lost"), Column("repeated", "repeated"),
)
DURABLE = tuple(f"pollux power, window {window}" for window in (1, 2, 8, 32, 128)) + ("pollux power, batches of 32",)
GROUPS = (
    PER_SECOND, Column("group", "events a commit", 1), Column("loop_per_s", "SQLite loop, such groups: events/s"),
    Column("ratio", "Pollux to the loop", 2),
)

WORKS = (
    Work("publish singles", NCHAN + POLLUX, publish_singles, (PER_SECOND, CPU, *ANSWERS, GENERATOR)),
    Work("publish batches", POLLUX, publish_batches, (PER_SECOND, CPU, *ANSWERS, GENERATOR)),
    Work("durable groups", DURABLE, durable_groups, GROUPS),
    Work("paced singles", POLLUX, paced_singles, (*ANSWERS, CPU, Column("late_ms", "generator late ms", 1))),
    Work("readers, 20 a second", POLLUX[:2], readers_at_rate, DELIVERIES),
    Work("readers, full speed", POLLUX[:2], readers_at_full_speed, DELIVERIES),
    Work("large history", POLLUX[1:2], large_history, HISTORY),
    Work("storm, 1 channel", POLLUX[:2], storm_on_one_channel, STORM),
    Work("storm, 100 channels", POLLUX[:2], storm_on_many_channels, STORM),
)


@dataclass(frozen=True)
class Target:
    """One figure, or its ratio to a rival's in the same work, and the bound it must keep."""

    work: str
    server: str
    key: str
    what: str
    least: float = None
    most: float = None
    rival: str = None
    digits: int = 0

    def value(self, medians):
        """`None` if it was not measured."""
        own = medians.get((self.work, self.server))
        if self.rival is None or own is None:
            return own and own[self.key]
        other = medians.get((self.work, self.rival))
        return other and own[self.key] / other[self.key]

    def row(self, medians):
        factor = f"{self.rival} × " if self.rival else ""
        bound = f"at least {factor}{self.least:,}" if self.most is None else f"at most {factor}{self.most:,}"
        value = self.value(medians)
        if value is None:
            return self.title, bound, "not measured", ""
        is_met = value >= self.least if self.most is None else value <= self.most
        reached = f"{'× ' if self.rival else ''}{value:,.{self.digits}f}"
        return self.title, bound, reached, "met" if is_met else "**not met**"

    @property
    def title(self):
        return f"{self.work}, {self.server}: {self.what}"


TARGETS = (
    Target("publish singles", "pollux process", "per_s", "events/s", least=1, rival="nchan memory", digits=2),
    Target("publish batches", "pollux process", "per_s", "events/s", least=100_000),
    *(Target("durable groups", name, "ratio", "to the loop", least=0.8, digits=2) for name in DURABLE),
    Target("paced singles", "pollux process", "p99_ms", "p99 ms", most=5, digits=2),
    Target("readers, 20 a second", "pollux process", "cpu_us_per_delivery", "CPU a delivery", most=1.1,
           rival="pollux memory", digits=2),
    Target("readers, full speed", "pollux process", "cpu_us_per_delivery", "CPU a delivery", most=1.1,
           rival="pollux memory", digits=2),
    Target("readers, full speed", "pollux process", "per_s", "deliveries/s", least=0.9,
           rival="pollux memory", digits=2),
    Target("large history", "pollux process", "start_s", "start s", most=1, digits=3),
    Target("large history", "pollux process", "start_after_kill_s", "start after kill -9 s", most=1, digits=3),
    Target("large history", "pollux process", "start_mb", "MB after the start", most=150),
    Target("large history", "pollux process", "replay_mb", "MB during the replay", most=150),
    Target("large history", "pollux process", "growth_mb", "MB more during the replay", most=16),
    Target("large history", "pollux process", "replay_per_s", "replay events/s", least=100_000),
    Target("storm, 1 channel", "pollux process", "stall_ms", "longest live ms", most=250, digits=1),
    Target("storm, 100 channels", "pollux process", "stall_ms", "longest live ms", most=250, digits=1),
)


# MARK: Running and telling


def run(bench, works, rounds):
    """Figures by work and server, a dictionary for each round; and what failed."""
    results, failures = {}, []
    for number in range(1, rounds + 1):
        for work in works:
            for server in work.servers:
                if bench.why_not(work.name, server):
                    continue
                print(f"round {number} of {rounds}: {work.name}, {server}", file=sys.stderr, flush=True)
                try:
                    results.setdefault((work.name, server), []).append(work.measure(bench, server))
                except (Failure, OSError, http.client.HTTPException) as failure:
                    failures.append(f"{work.name}, {server}, round {number}: {failure}")
                    print(f"FAILED: {failure}", file=sys.stderr, flush=True)
    return results, failures


def medians_of(results):
    return {which: median_figures(rounds) for which, rounds in results.items() if rounds}


def median_figures(rounds):
    """Of the figures that are numbers."""
    numbers = [key for key, value in rounds[0].items() if isinstance(value, (int, float))]
    return {key: statistics.median(figures[key] for figures in rounds) for key in numbers}


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def work_table(bench, work, medians):
    rows, left_out = [], []
    for server in work.servers:
        reason = bench.why_not(work.name, server)
        figures = medians.get((work.name, server))
        if reason:
            left_out.append(f"Left out of {work.name}: {server}, because {reason}.")
        elif figures is None:
            rows.append([work.name, server, *("FAILED" for _ in work.columns)])
        else:
            rows.append([work.name, server, *(column.text(figures) for column in work.columns)])
    header = ["work", "server", *(column.title for column in work.columns)]
    return "\n".join([table(header, rows)] * bool(rows) + [line + "\n" for line in left_out])


def tell(bench, works, medians, failures):
    for work in works:
        print(work_table(bench, work, medians))
    names = {work.name for work in works}
    targets = [target.row(medians) for target in TARGETS if target.work in names]
    print(table(["what had to be reached", "to reach", "reached", ""], targets))
    for failure in failures:
        print(f"FAILED: {failure}")
    for complaint in bench.complaints:
        print(f"Log of {complaint}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the pollux executable")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="NAME", help="the works whose names contain this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures of all rounds")
    parser.add_argument("--folder", type=Path, default=REPOSITORY, help="where the ledgers lie; on a real disk")
    parser.add_argument("--bench", type=Path, default=REPOSITORY.parent / "shared/bench", help="where streambench.c is")
    return parser.parse_args()


def main():
    chosen = arguments()
    works = [work for work in WORKS if chosen.only in work.name]
    if not works:
        sys.exit(f"no work has {chosen.only} in its name")
    if file_system(chosen.folder) in ("tmpfs", "ramfs"):
        sys.exit(f"{chosen.folder} is in memory: choose a --folder on a real disk")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    with tempfile.TemporaryDirectory(prefix=".build-ledger-", dir=chosen.folder) as folder:
        Path(folder).chmod(0o755)
        bench = Bench(chosen.binary.resolve(), Path(folder), chosen.bench / "streambench.c")
        bench.prepare()
        results, failures = run(bench, works, chosen.rounds)
        print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {file_system(folder)}, rounds: {chosen.rounds}\n")
        tell(bench, works, medians_of(results), failures)
    if chosen.json:
        rounds = {f"{work}: {server}": figures for (work, server), figures in results.items()}
        chosen.json.write_text(json.dumps(rounds, indent=1))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
