"""An authority of our own, the certificates that it issues, and the programs of others that make or judge them."""

import re
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

JUDGES = {"openssl": "openssl", "sslscan": "sslscan", "testssl": "testssl.sh"}  # command: Debian package


def judge(command):
    """The path of a judge's program. A judge that is missing is an error, never a test that is passed over."""
    path = shutil.which(command)
    assert path, f"{command} is not installed: apt-get install {JUDGES[command]}"
    return path


def openssl(*arguments, input=b"", timeout=15):
    """Run openssl; the exit code and all it said."""
    result = subprocess.run(
        [judge("openssl"), *map(str, arguments)], input=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=timeout, check=False,
    )
    return result.returncode, result.stdout.decode("utf-8", "replace")


class Pair(NamedTuple):
    """A certificate (with its chain) and its key, as files."""

    certificate: Path
    key: Path

    @property
    def configuration(self):
        return {"certificate": str(self.certificate), "key": str(self.key)}

    @property
    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n")

    @property
    def serial(self):
        code, text = openssl("x509", "-in", self.certificate, "-noout", "-serial")
        assert code == 0, text
        return text.strip().partition("=")[2]


NEW_KEY = {
    "ecdsa": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa": ("-newkey", "rsa:2048"),
}


class Authority:
    """A certificate authority that only these tests know."""

    def __init__(self, folder, name="Pollux Test CA", kind="ecdsa"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kind = kind
        stem = re.sub(r"[^a-z0-9]+", "-", f"{name} {kind}".lower())
        self.certificate = self.folder / f"{stem}.pem"
        self.key = self.folder / f"{stem}-key.pem"
        self._request(
            self.certificate, self.key, f"/O=Pollux/CN={name} {kind}", kind, 3650,
            ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign"], [],
        )

    def _request(self, certificate, key, subject, kind, days, extensions, more):
        with_extensions = [part for each in extensions for part in ("-addext", each)]
        code, text = openssl(
            "req", "-x509", "-sha256", "-nodes", *NEW_KEY[kind], "-keyout", key, "-out", certificate, "-days", days,
            "-subj", subject, "-config", "/dev/null", *with_extensions, *more,
        )
        assert code == 0, text

    def issue(self, stem, names=(), kind="ecdsa", days=89, client=False):
        """A certificate for these DNS names (and this machine's own address), or one for a client."""
        pair = Pair(self.folder / f"{stem}.pem", self.folder / f"{stem}-key.pem")
        usage = "digitalSignature"
        extensions = [
            "basicConstraints=critical,CA:FALSE", f"keyUsage=critical,{usage}",
            f"extendedKeyUsage={'clientAuth' if client else 'serverAuth'}",
        ]
        if not client:
            extensions.append("subjectAltName=" + ",".join([f"DNS:{name}" for name in names] + ["IP:127.0.0.1"]))
        subject = f"/CN={names[0] if names else stem}"
        more = ["-CA", self.certificate, "-CAkey", self.key]
        self._request(pair.certificate, pair.key, subject, kind, days, extensions, more)
        with pair.certificate.open("a") as file:
            file.write(self.certificate.read_text())
        return pair


def replace(pair, by):
    """Put other files into the place of these, each at once, as careful tools do it."""
    for old, new in ((pair.key, by.key), (pair.certificate, by.certificate)):
        fresh = old.with_suffix(".new")
        fresh.write_bytes(new.read_bytes())
        fresh.replace(old)
