"""TLS as judges that others wrote see it: openssl s_client, sslscan, testssl.sh, and sslyze with Mozilla's profiles.

All judge one server with a listener of each kind. testssl.sh is slow: it is started first, works
beside the other tests, and its report is read at the end of the file.
"""

import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

from certificates import Authority, judge, openssl
from tls_checks import (
    BackgroundJudge, client_context, mozilla_issues, raw_exchange, s_client, secure_call, secure_connection, serving, sslscan,
)
from wire import Connection, Disconnected, request_bytes

NAME, OTHER = "pollux.test", "other.test"

# What testssl.sh may find, and why it is no fault of the server. Everything else from MEDIUM on is.
EXCEPTIONS = {
    "cert_revocation": "an authority of our own, made for the test, has neither a revocation list nor OCSP",
}
TLS_1_2_SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305",
}
TLS_1_3_SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}


class World:
    """Authorities, certificates, and a server with a listener for each kind of TLS."""

    def __init__(self, folder):
        self.ecdsa_authority = Authority(folder, kind="ecdsa")
        self.rsa_authority = Authority(folder, kind="rsa")
        self.stranger = Authority(folder, name="Stranger")
        self.ecdsa = self.ecdsa_authority.issue("pollux-ecdsa", [NAME, "localhost"])
        self.rsa = self.rsa_authority.issue("pollux-rsa", [NAME, "localhost"], kind="rsa")
        self.other = self.ecdsa_authority.issue("other-ecdsa", [OTHER, "*.wild.test"])
        self.client = self.ecdsa_authority.issue("client", client=True)
        self.client_of_stranger = self.stranger.issue("client-of-stranger", client=True)
        self.trust = folder / "trust.pem"
        self.trust.write_text(self.ecdsa_authority.certificate.read_text() + self.rsa_authority.certificate.read_text())
        all_three = [pair.configuration for pair in (self.ecdsa, self.rsa, self.other)]
        with_client = {**self.ecdsa.configuration, "clientCA": str(self.ecdsa_authority.certificate)}
        self.listeners = {
            "intermediate": {"tls": {"certificates": all_three, "policy": "intermediate", "hsts": "365d"}},
            "modern": {"tls": {**self.ecdsa.configuration, "policy": "modern", "hsts": "365d"}},
            "required": {"tls": with_client},
            "optional": {"tls": {**with_client, "clientCertificates": "optional"}},
            "redirect": {"redirect": "https"},
        }

    def context(self, **options):
        return client_context(self.ecdsa_authority, self.rsa_authority, **options)

    def at(self, listener):
        return self.server.address_of(listener)


@pytest.fixture(scope="module")
def world(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judges")
    world = World(folder)
    servers = serving(binary, folder, world.listeners)
    world.server = next(servers)
    judges = {}
    try:
        for listener in ("intermediate", "modern"):
            judges[listener] = BackgroundJudge(
                folder, listener, world.at(listener), NAME, [world.ecdsa_authority, world.rsa_authority],
                ["--fast", "-p", "-S", "-P", "-f", "-h", "-U"],
            )
        world.judges = judges
        yield world
    finally:
        for each in judges.values():
            each.end()
    next(servers, None)


@pytest.fixture(autouse=True)
def still_serving(world):
    yield
    assert world.server.is_alive, world.server.log()
    assert secure_call(world.at("intermediate"), world.context()).status == 200


# versions


OLD = {
    "-ssl3": "SSL 3.0", "-tls1": "TLS 1.0", "-tls1_1": "TLS 1.1",
}


@pytest.mark.parametrize("listener", ["intermediate", "modern"])
@pytest.mark.parametrize("option", OLD)
def test_an_old_version_is_refused(world, option, listener):
    handshake = s_client(world.at(listener), option, "-cipher", "ALL:@SECLEVEL=0")
    if option == "-ssl3" and "Unknown option" in handshake.text:
        # OpenSSL is mostly built without it. Then the judge is a hello of our own.
        answer = ssl_3_hello(world.at(listener))
        assert answer == b"" or answer[0] == 21, answer
        return
    assert not handshake.done, f"{OLD[option]}: {handshake.text}"
    assert "alert" in handshake.text or "unsupported protocol" in handshake.text, handshake.text


def ssl_3_hello(address):
    suites = b"\x00\x2f\x00\x35\x00\x0a\x00\x05"
    body = b"\x03\x00" + b"r" * 32 + b"\x00" + len(suites).to_bytes(2, "big") + suites + b"\x01\x00"
    hello = b"\x01" + len(body).to_bytes(3, "big") + body
    received, end = raw_exchange(address, b"\x16\x03\x00" + len(hello).to_bytes(2, "big") + hello, 5)
    assert end != "open", received
    return received


@pytest.mark.parametrize("listener, version, served", [
    ("intermediate", "-tls1_2", True), ("intermediate", "-tls1_3", True),
    ("modern", "-tls1_2", False), ("modern", "-tls1_3", True),
])
def test_a_current_version_is_spoken_as_the_policy_says(world, listener, version, served):
    handshake = s_client(world.at(listener), version)
    assert handshake.done == served, handshake.text
    if served:
        assert handshake.protocol == {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}[version], handshake.text


@pytest.mark.parametrize("suites", ["AES128-GCM-SHA256:AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA256", "aNULL:eNULL", "PSK:SRP", "3DES:RC4:SEED:CAMELLIA:ARIA", "AESCCM8"])
def test_a_weak_suite_is_refused(world, suites):
    handshake = s_client(world.at("intermediate"), "-tls1_2", "-cipher", f"{suites}:@SECLEVEL=0")
    assert not handshake.done, handshake.text


def test_compression_is_never_used(world):
    for version in ("-tls1_2", "-tls1_3"):
        handshake = s_client(world.at("intermediate"), version, "-comp")
        assert handshake.done and "Compression: NONE" in handshake.text, handshake.text


def test_renegotiation_by_the_client_is_refused(world):
    """`R` makes s_client begin a new handshake on the connection; the answer is an alert or the end of the connection."""
    process = subprocess.Popen(
        [judge("openssl"), "s_client", "-connect", "%s:%d" % world.at("intermediate"), "-servername", NAME, "-tls1_2"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    watchdog = threading.Timer(15, process.kill)
    watchdog.start()
    try:
        text = b""
        while b"Extended master secret" not in text:  # among the last lines about the handshake
            line = process.stdout.readline()
            assert line, f"s_client ended by itself: {text}"
            text += line
        process.stdin.write(b"R\n")
        process.stdin.flush()
        text += process.stdout.read()  # its input stays open: it ends because the server refused
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    text = text.decode("utf-8", "replace")
    assert "RENEGOTIATING" in text, text
    assert "no renegotiation" in text or "alert" in text or "ssl handshake failure" in text, text
    renegotiated = text.partition("RENEGOTIATING")[2]
    assert "verify return" not in renegotiated, f"a second handshake was made: {text}"


def test_secure_renegotiation_and_extended_master_secret_are_told(world):
    """What protects the handshakes of clients that still speak TLS 1.2."""
    handshake = s_client(world.at("intermediate"), "-tls1_2")
    assert "Secure Renegotiation IS supported" in handshake.text, handshake.text
    assert "Extended master secret: yes" in handshake.text, handshake.text


# certificates


@pytest.mark.parametrize("name, expected", [(NAME, "ecdsa"), (OTHER, "other"), ("a.wild.test", "other"), ("nobody.test", "ecdsa"), (None, "ecdsa"), ("POLLUX.TEST", "ecdsa"), ("OTHER.test", "other")])
def test_the_certificate_is_chosen_by_the_name_that_the_client_asks_for(world, name, expected):
    """A name that nobody has, or none at all, is given the first one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with secure_connection(world.at("intermediate"), context, name) as connection:
        assert connection.socket.getpeercert(binary_form=True) == getattr(world, expected).der


@pytest.mark.parametrize("version, options, expected", [
    ("-tls1_2", ("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), "ecdsa"),
    ("-tls1_2", ("-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "rsa"),
    ("-tls1_3", ("-sigalgs", "ECDSA+SHA256"), "ecdsa"),
    ("-tls1_3", ("-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256"), "rsa"),
])
def test_clients_of_ecdsa_only_and_of_rsa_only_are_both_served(world, version, options, expected):
    handshake = s_client(world.at("intermediate"), version, *options, "-CAfile", world.trust, "-verify_return_error")
    assert handshake.done and "Verify return code: 0 (ok)" in handshake.text, handshake.text
    authority = world.ecdsa_authority if expected == "ecdsa" else world.rsa_authority
    assert f"issuer=O = Pollux, CN = Pollux Test CA {authority.kind}" in handshake.text, handshake.text


def test_a_client_that_trusts_another_authority_sees_a_failure(world):
    """The test of the test: verification is really on."""
    with pytest.raises(ssl.SSLCertVerificationError):
        secure_connection(world.at("intermediate"), client_context(world.stranger))
    with pytest.raises(ssl.SSLCertVerificationError):
        secure_connection(world.at("intermediate"), world.context(), name="wrong.test")


# resumption


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("listener", ["intermediate", "modern"])
def test_a_session_is_resumed(world, tmp_path, version, listener):
    if listener == "modern" and version == "-tls1_2":
        return  # not spoken there
    session = tmp_path / "session.pem"
    request = b"GET /healthz HTTP/1.1\r\nHost: pollux.test\r\nConnection: close\r\n\r\n"
    # With TLS 1.3 the tickets come after the handshake: -ign_eof reads until the server ends the connection.
    first = s_client(world.at(listener), version, "-sess_out", session, "-ign_eof", input=request)
    assert first.done and not first.resumed and session.exists(), first.text
    second = s_client(world.at(listener), version, "-sess_in", session, "-ign_eof", input=request)
    assert second.done and second.resumed, second.text
    assert "HTTP/1.1 200" in second.text, second.text


def test_a_session_is_resumed_again_and_again(world):
    """-reconnect: five connections with the first one's session."""
    handshake = s_client(world.at("intermediate"), "-tls1_2", "-reconnect")
    assert handshake.text.count("Reused, TLSv1.2") == 5, handshake.text


def test_each_resumption_brings_a_new_ticket(world):
    """RFC 8446, appendix C.4: a client uses a ticket once, so without a new one it is soon out of them."""
    context = world.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    session, seen = None, set()
    for number in range(4):
        with context.wrap_socket(socket.create_connection(world.at("intermediate")), server_hostname="pollux.test", session=session) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: pollux.test\r\nConnection: close\r\n\r\n")
            while client.recv(65536):
                pass
            assert client.session_reused == (number > 0)
            session = client.session
            seen.add(session.id)
    assert len(seen) == 4, "an old ticket was used again"


def test_a_ticket_that_was_changed_is_a_full_handshake(world):
    """A bit of the ticket is turned: the server makes nothing of it, and shakes hands from the start."""
    from tlslite.api import HandshakeSettings, TLSConnection, TLSLocalAlert

    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    host, port = world.at("intermediate")

    def handshake(session=None):
        connection = TLSConnection(socket.create_connection((host, port), timeout=10))
        try:
            connection.handshakeClientCert(serverName=NAME, settings=settings, session=session)
            return connection.session, connection.resumed
        except TLSLocalAlert as problem:
            # tlslite takes an empty session id for a resumption, and is surprised by the certificate of a full handshake.
            assert session and "got certificate" in str(problem), problem
            return None, False
        finally:
            connection.sock.close()

    session, resumed = handshake()
    assert not resumed and session.tls_1_0_tickets, "no ticket came"
    good, resumed = handshake(session)
    assert resumed, "the ticket as it came is good"
    for at in (0, 20, 60, -1):
        broken, _ = handshake()
        ticket = bytearray(broken.tls_1_0_tickets[-1].ticket)
        ticket[at] ^= 1
        for each in broken.tls_1_0_tickets:
            each.ticket = ticket
        assert not handshake(broken)[1], f"byte {at}"


# ALPN, HTTP


@pytest.mark.parametrize("offer, chosen", [("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1"), ("h2", "h2")])
def test_the_protocol_is_chosen_in_the_handshake(world, offer, chosen):
    handshake = s_client(world.at("intermediate"), "-alpn", offer)
    assert f"ALPN protocol: {chosen}" in handshake.text, handshake.text


def test_a_client_that_offers_only_unknown_protocols_is_refused(world):
    """RFC 7301 3.2: no_application_protocol; going on without a protocol is what ALPACA lives on."""
    handshake = s_client(world.at("intermediate"), "-alpn", "smtp")
    assert not handshake.done or "No ALPN negotiated" in handshake.text, handshake.text
    assert "no application protocol" in handshake.text, handshake.text


@pytest.mark.parametrize("listener", ["intermediate", "modern"])
@pytest.mark.parametrize("target", ["/", "/healthz", "/not-there", "/channels/x?wait=0"])
def test_every_answer_over_tls_tells_to_come_back_by_tls(world, listener, target):
    answer = secure_call(world.at(listener), world.context(), target)
    assert answer.header("strict-transport-security") == "max-age=31536000", answer


def test_strict_transport_security_is_not_told_where_it_was_not_asked_for(world):
    for address, context in ((world.at("optional"), world.context()),):
        assert secure_call(address, context, "/").header("strict-transport-security") is None
    # RFC 6797 7.2: never over plain HTTP.
    assert world.server.call("GET", "/").header("strict-transport-security") is None


def test_the_redirecting_listener_leads_to_the_same_place_by_https(world):
    with Connection(world.at("redirect")) as connection:
        answer = connection.call("GET", "/channels/a%2Fb?wait=0&x=%20", [("Host", "pollux.test"), ("Connection", "close")])
    assert answer.status in (301, 308), answer
    assert re.fullmatch(r"https://pollux\.test(:\d+)?/channels/a%2Fb\?wait=0&x=%20", answer.header("location") or ""), answer
    assert answer.header("strict-transport-security") is None, answer


@pytest.mark.parametrize("host", ["evil.test\\@good.test", "a b", "a/b", "a\"b", "user@evil.test", "a?b", "a#b", "<script>"])
def test_the_redirecting_listener_repeats_no_nonsense(world, host):
    with Connection(world.at("redirect")) as connection:
        answer = connection.call("GET", "/x", [("Host", host), ("Connection", "close")])
    assert answer.status == 400 or (answer.header("location") or "").startswith("https://127.0.0.1"), answer


def test_readyz_tells_when_the_certificates_expire(world):
    answer = world.server.call("GET", "/readyz")
    assert answer.status == 200, answer
    code, text = openssl("x509", "-in", world.ecdsa.certificate, "-noout", "-enddate", "-dateopt", "iso_8601")
    assert code == 0, text
    day = re.search(r"notAfter=(\d{4}-\d\d-\d\d)", text)[1]
    assert day in answer.body.decode(), f"{day}: {answer}"


# certificates of clients


def is_served(world, listener, context):
    """With TLS 1.3 the refusal comes after the client's own part of the handshake: with the first answer."""
    try:
        return secure_call(world.at(listener), context).status == 200
    except (ssl.SSLError, Disconnected, ConnectionResetError, BrokenPipeError):
        return False


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("listener, who, served", [
    ("required", None, False), ("required", "client_of_stranger", False), ("required", "client", True), ("required", "ecdsa", False),
    ("optional", None, True), ("optional", "client_of_stranger", False), ("optional", "client", True),
])
def test_a_client_s_certificate(world, listener, who, served, version):
    """The fourth: a certificate of the right authority, but made for servers (RFC 5280 4.2.1.12)."""
    context = world.context(pair=who and getattr(world, who))
    context.minimum_version = context.maximum_version = version
    assert is_served(world, listener, context) == served


def test_a_refused_client_publishes_nothing(world, channel):
    """The request is sent with the handshake's last bytes, before the refusal can be known."""
    context = world.context(pair=world.client_of_stranger)
    try:
        with secure_connection(world.at("required"), context) as connection:
            connection.send(request_bytes("POST", f"/channels/{channel}", {"Content-Type": "text/plain"}, b"sneaked in"))
            connection.is_closed_within(5)
    except (ssl.SSLError, Disconnected, ConnectionResetError, BrokenPipeError):
        pass
    assert world.server.events(f"/channels/{channel}") == []


def test_a_ticket_of_an_open_listener_does_not_replace_a_client_s_certificate(world, tmp_path):
    """A session made where nobody asked for a certificate must not be resumed where one is required."""
    request = b"GET /healthz HTTP/1.1\r\nHost: pollux.test\r\nConnection: close\r\n\r\n"
    for version in ("-tls1_2", "-tls1_3"):
        for source in ("intermediate", "optional"):
            session = tmp_path / f"{source}{version}.pem"
            s_client(world.at(source), version, "-sess_out", session, "-ign_eof", input=request)
            assert session.exists()
            handshake = s_client(world.at("required"), version, "-sess_in", session, "-ign_eof", input=request)
            assert "HTTP/1.1 200" not in handshake.text, f"{version} {source}: {handshake.text}"


# the judges


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_sslyze_finds_the_server_compliant_with_mozilla_s_profile(world, profile, note):
    begun = time.monotonic()
    issues = mozilla_issues(world.at(profile), NAME, world.trust, profile)
    note(f"sslyze, Mozilla's {profile} profile: {issues or 'compliant'}, {time.monotonic() - begun:.1f} s")
    assert not issues, issues


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_sslscan_finds_only_strong_suites(world, profile, note):
    found = sslscan(world.at(profile), NAME)
    versions = {each.get("type") + each.get("version") for each in found.iter("protocol") if each.get("enabled") == "1"}
    assert versions == ({"tls1.2", "tls1.3"} if profile == "intermediate" else {"tls1.3"})
    suites = {}
    for each in found.iter("cipher"):
        suites.setdefault(each.get("sslversion"), []).append(each)
    assert {each.get("cipher") for each in suites["TLSv1.3"]} <= TLS_1_3_SUITES
    assert {each.get("cipher") for each in suites.get("TLSv1.2", [])} <= TLS_1_2_SUITES
    assert all(each.get("strength") in ("strong", "acceptable") for each in found.iter("cipher"))
    assert all(int(each.get("bits")) >= 128 for each in found.iter("cipher"))
    assert {each.get("name").split()[0] for each in found.iter("group")} <= {"x25519", "secp256r1", "secp384r1"}
    assert all(each.get("vulnerable") == "0" for each in found.iter("heartbleed"))
    assert all(each.get("supported") == "0" for each in found.iter("compression"))
    assert all(each.get("supported") == "0" or each.get("secure") == "1" for each in found.iter("renegotiation"))
    note(f"sslscan, {profile}: " + ", ".join(f"{version} {len(each)} suites" for version, each in sorted(suites.items())))


GOOD = {"SSLv2", "SSLv3", "TLS1", "TLS1_1", "heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_renego", "CRIME_TLS", "POODLE_SSL", "SWEET32", "FREAK", "DROWN", "LOGJAM", "BEAST", "LUCKY13"}


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_testssl_finds_nothing_of_weight(world, profile, note):
    """The last test of the file: the report of the judge that began with the first."""
    found, text = world.judges[profile].findings(timeout=90)
    note(f"testssl.sh, {profile}: {len(found)} findings in {world.judges[profile].took:.0f} s")
    heavy = {each["id"]: (each["severity"], each["finding"]) for each in found if each["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL")}
    excused = {id for id in heavy if id.split(" ")[0] in EXCEPTIONS}
    assert not (set(heavy) - excused), {id: heavy[id] for id in set(heavy) - excused}
    severity = {each["id"].split(" ")[0]: each["severity"] for each in found}
    missing = GOOD - set(severity)
    # A server that speaks TLS 1.3 only is not asked for some faults of older versions.
    assert not missing or profile == "modern", f"never judged: {missing}\n{text[-2000:]}"
    bad = {id: severity[id] for id in GOOD & set(severity) if severity[id] not in ("OK", "INFO")}
    assert not bad, bad
    assert "Service detected" in text and len(found) > 30, f"it judged little: {text[-2000:]}"
