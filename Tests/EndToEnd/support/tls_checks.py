"""What the tests of TLS share: a server with several listeners, clients that speak TLS, and the judges that others wrote."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

from certificates import judge, openssl
from harness import Server, free_port, running
from wire import Connection

# the server


class SecureServer(Server):
    """A server with a plain listener, through which the usual calls go, and others beside it, by name."""

    def __init__(self, binary, folder, listeners, overrides=None):
        super().__init__(binary, folder, overrides)
        del self.configuration["host"], self.configuration["port"]
        self.ports = {name: free_port() for name in listeners}
        self.configuration["listen"] = [{"address": f"127.0.0.1:{self.port}"}] + [
            {"address": f"127.0.0.1:{self.ports[name]}", **listener} for name, listener in listeners.items()
        ]

    def address_of(self, name):
        return ("127.0.0.1", self.ports[name])


def serving(binary, folder, listeners, overrides=None):
    """For a fixture: `yield from serving(...)`. A server that must live until the end and leave with 0."""
    with running(SecureServer(binary, folder, listeners, overrides)) as server:
        yield server


# clients


def client_context(*authorities, pair=None, alpn=("http/1.1",)):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for authority in authorities:
        context.load_verify_locations(authority.certificate)
    if pair:
        context.load_cert_chain(pair.certificate, pair.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def secure_connection(address, context, name="pollux.test", timeout=10.0):
    """A connection of wire.py whose bytes go through TLS."""
    connection = Connection(address, timeout)
    try:
        connection.socket = context.wrap_socket(connection.socket, server_hostname=name)
    except BaseException:
        connection.close()
        raise
    return connection


def secure_call(address, context, target="/healthz", name="pollux.test", method="GET", headers=(), body=None):
    with secure_connection(address, context, name) as connection:
        return connection.call(method, target, [*headers, ("Connection", "close")], body)


class Handshake(NamedTuple):
    """What `openssl s_client` tells of one handshake."""

    done: bool
    protocol: str
    cipher: str
    text: str

    @property
    def resumed(self):
        return bool(re.search(r"^Reused, ", self.text, re.MULTILINE))


def s_client(address, *options, input=b"", name="pollux.test", timeout=15):
    host, port = address
    code, text = openssl("s_client", "-connect", f"{host}:{port}", "-servername", name, *options, input=input, timeout=timeout)
    found = re.search(r"^(?:New|Reused), (\S+), Cipher is (\S+)", text, re.MULTILINE)
    done = bool(found) and found[2] != "(NONE)"
    # The cipher's line names TLSv1.0's suites otherwise than the protocol's; this one, where it stands, is exact.
    exact = re.search(r"^\s*Protocol\s*: (\S+)", text, re.MULTILINE)
    return Handshake(done, (exact or found)[1] if done else "", found[2] if done else "", f"exit code {code}\n{text}")


def raw_exchange(address, data, patience, pieces=None, half_close=False):
    """Send bytes to a TLS port; all that came back, and how it ended: "closed", "reset" or "open"."""
    with socket.create_connection(address, timeout=patience) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = bytearray()
        try:
            if pieces:
                for piece in pieces:
                    client.sendall(piece)
            else:
                client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has had enough; what it said may still be read
        deadline = time.monotonic() + patience
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(received), "open"
            client.settimeout(left)
            try:
                more = client.recv(1 << 16)
            except ConnectionResetError:
                return bytes(received), "reset"
            except socket.timeout:
                return bytes(received), "open"
            if not more:
                return bytes(received), "closed"
            received += more


class Watch:
    """While something is done to a server: a good client is served, and the memory does not grow.

    `with Watch(server, most=32): ...`; `most` is in MB above what it was at the beginning.
    """

    def __init__(self, server, most, note=None, label=""):
        self.server, self.most, self.note, self.label = server, most, note, label
        self.stopped = threading.Event()
        self.failures = []
        self.served = 0
        self.slowest = 0.0

    def __enter__(self):
        self.before = self.highest = self.server.resident_bytes()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def _watch(self):
        while True:
            begun = time.monotonic()
            try:
                self.highest = max(self.highest, self.server.resident_bytes())
                assert self.server.call("GET", "/healthz", timeout=5).status == 200
                self.served += 1
            except Exception as problem:  # noqa: BLE001, told at the end
                self.failures.append(problem)
            self.slowest = max(self.slowest, time.monotonic() - begun)
            if self.stopped.wait(0.05):
                return

    @property
    def grown(self):
        return (self.highest - self.before) / (1 << 20)

    def __exit__(self, kind, *_):
        self.stopped.set()
        self.thread.join(10)
        if self.note:
            self.note(f"{self.label}: +{self.grown:.1f} MB, {self.served} good answers, the slowest in {self.slowest:.2f} s")
        if kind is None:
            assert self.server.is_alive, f"the server died: {self.server.log()}"
            assert not self.failures, f"{len(self.failures)} good clients not served: {self.failures[0]!r}"
            assert self.served, "no good client was served"
            assert self.grown < self.most, f"{self.grown:.1f} MB more than before, at most {self.most}"


# judges


def sslscan(address, name, *options, timeout=60):
    """What sslscan found, as the `ssltest` element of its XML."""
    host, port = address
    result = subprocess.run(
        [judge("sslscan"), "--xml=-", "--no-colour", "--show-certificate", f"--sni-name={name}", *options, f"{host}:{port}"],
        capture_output=True, timeout=timeout, check=False,
    )
    assert result.returncode == 0, result.stderr
    return ET.fromstring(result.stdout.decode("utf-8", "replace")).find("ssltest")


class BackgroundJudge:
    """testssl.sh takes long. It is started early, works beside the tests, and is asked at the end."""

    def __init__(self, folder, label, address, name, authorities, options=()):
        self.report = Path(folder) / f"testssl-{label}.json"
        self.output = Path(folder) / f"testssl-{label}.txt"
        self.begun = time.monotonic()
        host, port = address
        command = [
            judge("testssl"), "--warnings", "batch", "--color", "0", "--quiet", "--nodns", "none", "--ip", host,
            "--connect-timeout", "10", "--openssl-timeout", "10",
            "--add-ca", ",".join(str(authority.certificate) for authority in authorities),
            "--jsonfile", str(self.report), *options, f"{name}:{port}",
        ]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder,
                start_new_session=True,
            )

    def findings(self, timeout):
        """All that it found, by id."""
        self.process.wait(timeout)
        self.took = time.monotonic() - self.begun
        text = self.output.read_text("utf-8", "replace")
        assert self.report.exists(), f"no report: {text[-3000:]}"
        found = json.loads(self.report.read_text())
        assert found, f"an empty report: {text[-3000:]}"
        return found, text

    def end(self):
        """Only what this object started: the process, and those that it started itself."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def mozilla_issues(address, name, authority_file, profile):
    """What sslyze's checker of Mozilla's profiles has against a server: {} if it complies."""
    from sslyze import (
        ScanCommandsExtraArguments, Scanner, ServerNetworkConfiguration, ServerNetworkLocation, ServerScanRequest,
    )
    from sslyze import CertificateInfoExtraArgument
    from sslyze.mozilla_tls_profile.tls_config_checker import (
        SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER, MozillaTlsConfiguration, ServerNotCompliantWithTlsConfiguration,
        TlsConfigurationEnum, check_server_against_tls_configuration,
    )

    scanner = Scanner(per_server_concurrent_connections_limit=2, concurrent_server_scans_limit=1)
    scanner.queue_scans([
        ServerScanRequest(
            server_location=ServerNetworkLocation(hostname=name, ip_address=address[0], port=address[1]),
            network_configuration=ServerNetworkConfiguration(tls_server_name_indication=name, network_timeout=5),
            scan_commands=SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
            scan_commands_extra_arguments=ScanCommandsExtraArguments(
                certificate_info=CertificateInfoExtraArgument(custom_ca_file=Path(authority_file))
            ),
        )
    ])
    (result,) = scanner.get_results()
    try:
        check_server_against_tls_configuration(result, MozillaTlsConfiguration.get(TlsConfigurationEnum(profile)))
    except ServerNotCompliantWithTlsConfiguration as problem:
        return problem.issues
    return {}
