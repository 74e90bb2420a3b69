"""Issuers of tokens, with keys of every kind, and the configuration by which a server knows them."""

import base64
import hmac
import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HMAC = ["HS256", "HS384", "HS512"]
RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
EC = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
ALGORITHMS = [*HMAC, *RSA, *EC, "EdDSA"]

SECRET = "a secret that is long enough for any of the digests: 64 bytes and more"


def encoded(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """One key of each kind; the server knows them by PEM, by JWK or as a secret."""

    def __init__(self):
        self.private = {"RSA": rsa.generate_private_key(65537, 2048), "EdDSA": ed25519.Ed25519PrivateKey.generate()}
        self.private.update({name: ec.generate_private_key(curve) for name, curve in EC.items()})

    def key(self, algorithm):
        return SECRET if algorithm in HMAC else self.private["RSA" if algorithm in RSA else algorithm]

    def pem(self, algorithm):
        return self.key(algorithm).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def jwk(self, algorithm, **more):
        maker = {**{name: jwt.algorithms.RSAAlgorithm for name in RSA}, **{name: jwt.algorithms.ECAlgorithm for name in EC}}
        maker = maker.get(algorithm, jwt.algorithms.OKPAlgorithm)
        key = json.loads(maker.to_jwk(self.key(algorithm).public_key()))
        key.pop("key_ops", None)
        return {**key, **more}

    def token(self, algorithm="HS256", claims=None, head=None, key=None, **more):
        claims = {"sub": "ann", "exp": time.time() + 600, **(claims or {}), **more}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key(algorithm), algorithm=algorithm, headers=head)

    def signed(self, head, claims=None):
        """By HS256, whatever stands in it."""
        text = f'{encoded(head)}.{encoded(claims or {"sub": "ann"})}'
        return f"{text}.{encoded(hmac.digest(SECRET.encode(), text.encode(), 'sha256'))}"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}
