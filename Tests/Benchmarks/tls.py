#!/usr/bin/env python3
"""Pollux beside nginx with nchan over TLS 1.3, on the same OpenSSL, with the same work; and HTTP/2 beside HTTP/1.1.

    tls.py --binary .build/release/pollux --bench ../shared/bench [--readers 1000] [--rounds 1]

Needs Debian's nginx-light, libnginx-mod-nchan, nghttp2-client and openssl. Nothing leaves the loopback.
"""

import argparse
import json
import os
import re
import signal
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

POLLUX, NCHAN = 19743, 19744


def run(*command, timeout=240):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"
    return done.stdout


def certificate(folder):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")


def start_nchan(folder, bench):
    text = (bench / "nchan.conf").read_text().replace("WORKDIR", str(folder))
    secured = f"listen 127.0.0.1:{NCHAN} ssl backlog=4096; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;"
    (folder / "nginx.conf").write_text(re.sub(r"listen 127\.0\.0\.1:19001[^;]*;", secured, text))
    folder.chmod(0o755)
    master = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    workers = run("pgrep", "-P", master.pid).split()
    return master, int(workers[0])


def start_pollux(folder, binary):
    configuration = {
        "ledger": "memory", "loops": 1, "publicFolder": "",
        "listen": [{"address": f"127.0.0.1:{POLLUX}", "tls": {
            "certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}}],
    }
    (folder / "pollux.json").write_text(json.dumps(configuration))
    with (folder / "pollux.log").open("wb") as log:
        server = subprocess.Popen([binary, "serve", "--config", folder / "pollux.json"], stdout=log, stderr=log)
    time.sleep(1)
    return server, server.pid


def load(binary, folder, port, pid, channel, *options):
    path = f"/channels/{channel}x{{channel}}"
    return json.loads(run(binary, "bench", f"https://127.0.0.1:{port}", "--cacert", folder / "cert.pem", "--pid", pid, "--json",
                          "--read-path", path, "--write-path", path, *options))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resume(port, seconds):
    """Goes on with the session of the connection before, again and again, and asks for a page: how often. (`s_time` closes
    before the tickets of TLS 1.3 come, so it resumes nothing there.)"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode, context.minimum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_3
    session, count, end = None, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), session=session) as connection:
            assert connection.session_reused == (session is not None)
            connection.sendall(b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while connection.recv(65536):
                pass
            session = connection.session
            count += 1
    return count


def handshakes(port, pid, seconds=5):
    """Of a client that connects, does a handshake, and closes, again and again: how many a second, which the client's own work
    bounds too, and what each costs the server."""
    found = {}
    for name, option, version in (("full", "-new", "-tls1_3"), ("resumed 1.2", "-reuse", "-tls1_2")):
        before, began = cpu_seconds(pid), time.monotonic()
        text = run("openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-time", seconds, option, version)
        # By its own count of whole seconds it would be wrong by up to one.
        elapsed = time.monotonic() - began
        count = re.findall(r"(\d+) connections in \d+ real seconds", text)[-1]
        found[f"{name} a second"] = int(count) / elapsed
        found[f"{name}, CPU us each"] = (cpu_seconds(pid) - before) / int(count) * 1e6
    before = cpu_seconds(pid)
    count = resume(port, seconds)
    found["resumed 1.3 a second"] = count / seconds
    found["resumed 1.3, CPU us each"] = (cpu_seconds(pid) - before) / count * 1e6
    # All at once: what the server can do while a faster client waits.
    text = run("h2load", "--h1", "-n", 1000, "-c", 1000, f"https://127.0.0.1:{port}/none")
    found["full at once, a second"] = float(re.search(r"finished in [^,]+, ([\d.]+) req/s", text).group(1))
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--bench", type=Path, required=True)
    arguments.add_argument("--readers", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=1)
    options = arguments.parse_args()
    binary = os.path.abspath(options.binary)
    rows = {}

    def measure(server, work, folder, task):
        """In a process of its own: memory starts from one that has not grown yet."""
        port = POLLUX if server == "pollux" else NCHAN
        process, pid = start_pollux(folder, binary) if server == "pollux" else start_nchan(folder, options.bench)
        try:
            rows.setdefault((server, work), []).append(task(port, pid))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate(folder)

        def streams(*work):
            return lambda port, pid: load(binary, folder, port, pid, f"b{len(rows)}", *work)

        many = ["--readers", 10_000, "--events", 10, "--rate", 1]
        for _ in range(options.rounds):
            for server in ("nchan", "pollux"):
                measure(server, "streams", folder, streams("--readers", options.readers, "--events", 100, "--rate", 20))
                measure(server, "handshakes", folder, handshakes)
            measure("pollux", "10000 http1", folder, streams(*many))
            measure("pollux", "10000 http2", folder, streams("--http", 2, "--connections", 100, *many))
    for (server, work), found in rows.items():
        for key in found[0]:
            values = [each[key] for each in found if isinstance(each[key], (int, float))]
            if values:
                print(f"{work:12} {server:7} {key:32} {statistics.median(values):14.2f}")


if __name__ == "__main__":
    main()
