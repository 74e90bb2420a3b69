"""Tokens by others' hands: PyJWT and joserfc make good ones of every algorithm, and bad ones of every kind."""

import json
import time

import jwt
import pytest
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from harness import Server, running
from tokens import ALGORITHMS, EC, HMAC, RSA, SECRET, Issuer, bearer, encoded

RULES = {"mine.{sub}": {"read": "token"}, "granted.*": {"read": "grant"}, "open": {"read": "anyone"}}


@pytest.fixture(scope="module")
def issuer():
    return Issuer()


def configuration(issuer, kind):
    keys = [{"secret": SECRET, "id": "HS"}]
    for algorithm in ["RS256", *EC, "EdDSA"]:
        keys.append({"pem": issuer.pem(algorithm), "id": algorithm} if kind == "pem" else {"jwk": issuer.jwk(algorithm, kid=algorithm)})
    named = {"issuer": "named", "audience": ["pollux", "other"], "algorithms": ["HS256"], "keys": [{"secret": SECRET}], "grants": "scope"}
    access = {"rules": RULES, "issuers": [{"algorithms": ALGORITHMS, "keys": keys}, named]}
    return {"access": access, "limits": {"address": {"failureBurst": 1000}}}


@pytest.fixture(scope="module", params=["pem", "jwk"])
def server(request, binary, tmp_path_factory, issuer):
    folder = tmp_path_factory.mktemp("tokens")
    with running(Server(binary, folder, configuration(issuer, request.param))) as server:
        yield server


def status(server, token, channel="mine.ann"):
    answer = server.call("GET", f"/channels/{channel}?wait=0", bearer(token))
    if answer.status == 401:
        challenge = answer.header("WWW-Authenticate")
        assert challenge.startswith("Bearer ") and 'error="invalid_token"' in challenge
        assert token.split(".")[1] not in answer.body.decode(), "an answer must not quote the token"
    return answer.status


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_by_pyjwt_is_taken(server, issuer, algorithm):
    assert status(server, issuer.token(algorithm)) == 200
    assert status(server, issuer.token(algorithm, sub="bob")) == 403


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_by_joserfc_is_taken(server, issuer, algorithm):
    maker = OctKey if algorithm in HMAC else RSAKey if algorithm in RSA else ECKey if algorithm in EC else OKPKey
    key = maker.import_key(issuer.key(algorithm))
    head = {"alg": algorithm, "typ": "JWT"}
    token = jose.encode(head, {"sub": "ann", "exp": int(time.time()) + 60}, key, algorithms=[algorithm])
    assert status(server, token) == 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_which_one_bit_was_changed_is_refused(server, issuer, algorithm, dice):
    head, payload, signature = issuer.token(algorithm).split(".")
    for part in (payload, signature):
        at = dice.randrange(len(part) - 2)
        changed = part[:at] + ("A" if part[at] != "A" else "B") + part[at + 1:]
        parts = [head, changed, signature] if part is payload else [head, payload, changed]
        assert status(server, ".".join(parts)) == 401


def forged(issuer, name):
    """A token that must not be taken, by its name."""
    good = issuer.token("RS256")
    head, payload, signature = good.split(".")
    hs = issuer.token("HS256").split(".")
    pem_as_secret = jwt.utils.base64url_encode(
        jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            f'{encoded({"alg": "HS256", "typ": "JWT"})}.{payload}'.encode(), issuer.pem("RS256").encode())).decode()
    now = time.time()
    return {
        "alg HS256 with the public key as its secret": f'{encoded({"alg": "HS256", "typ": "JWT"})}.{payload}.{pem_as_secret}',
        "alg none": f'{encoded({"alg": "none"})}.{payload}.',
        "alg None": f'{encoded({"alg": "None"})}.{payload}.{signature}',
        "alg in other letters": f'{encoded({"alg": "rs256"})}.{payload}.{signature}',
        "no alg": f'{encoded({"typ": "JWT"})}.{payload}.{signature}',
        "no signature": f"{head}.{payload}.",
        "two parts": f"{head}.{payload}",
        "five parts": f"{good}.a.b",
        "many dots": "." * 7000,
        "no JSON": f"{encoded(b'{')}.{payload}.{signature}",
        "an array": f"{encoded([])}.{payload}.{signature}",
        "a blank in front of the object": f"{encoded(b' ' + json.dumps({'alg': 'RS256'}).encode())}.{payload}.{signature}",
        "padding": f"{head}.{payload}.{signature}==",
        "a bit left over": f"{hs[0]}.{hs[1]}.{hs[2][:-1]}{chr(ord(hs[2][-1]) + 1)}",
        "crit": issuer.signed({"alg": "HS256", "crit": ["exp"]}),
        "b64": issuer.signed({"alg": "HS256", "b64": True}),
        "a foreign typ": issuer.token("HS256", head={"typ": "dpop+jwt"}),
        "an embedded jwk": jwt.encode({"sub": "ann"}, Issuer().key("RS256"), "RS256", {"jwk": Issuer().jwk("RS256")}),
        "a foreign key": jwt.encode({"sub": "ann"}, "another secret that is long enough for this", "HS256"),
        "an unknown kid": issuer.token("RS256", head={"kid": "nobody"}),
        "the kid of another key": issuer.token("RS256", head={"kid": "ES256"}),
        "a kid that is a number": issuer.signed({"alg": "HS256", "kid": 1}),
        "expired": issuer.token("HS256", exp=now - 60),
        "expired long ago": issuer.token("HS256", exp=-1),
        "an exp that is text": issuer.signed({"alg": "HS256"}, {"sub": "ann", "exp": "9999999999"}),
        "not valid yet": issuer.token("HS256", nbf=now + 60),
        "an audience, where none is expected": issuer.token("HS256", aud="pollux"),
        "an empty audience": issuer.token("HS256", aud=[]),
        "bound to a key": issuer.token("HS256", cnf={"jkt": "x"}),
        "grants that are no object": issuer.token("HS256", pollux="read"),
        "grants with a broken pattern": issuer.token("HS256", pollux={"read": ["a{"]}),
        "a curve of another size": f'{encoded({"alg": "ES256"})}.{payload}.{encoded(bytes(range(96)))}',
        "r and s of zero": f'{encoded({"alg": "ES256"})}.{payload}.{encoded(bytes(64))}',
        "a signature in DER": f'{encoded({"alg": "ES256"})}.{payload}.{encoded(bytes.fromhex("3006020101020101"))}',
        "too long": issuer.token("HS256", more="x" * 9000),
        "empty": ".",
    }[name]


FORGED = [
    "alg HS256 with the public key as its secret", "alg none", "alg None", "alg in other letters", "no alg", "no signature", "two parts",
    "five parts", "many dots", "no JSON", "an array", "a blank in front of the object", "padding", "a bit left over", "crit", "b64",
    "a foreign typ", "an embedded jwk", "a foreign key", "an unknown kid", "the kid of another key", "a kid that is a number", "expired",
    "expired long ago", "an exp that is text", "not valid yet", "an audience, where none is expected", "an empty audience",
    "bound to a key", "grants that are no object", "grants with a broken pattern", "a curve of another size", "r and s of zero",
    "a signature in DER", "too long", "empty",
]


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_is_not_valid_is_refused_and_never_taken_as_none(server, issuer, name):
    token = forged(issuer, name)
    for channel in ("mine.ann", "open"):
        answer = server.call("GET", f"/channels/{channel}?wait=0", bearer(token))
        assert answer.status == 401, f"{channel}: {answer}"
    assert server.is_alive


@pytest.mark.parametrize("algorithm", ["HS256", "ES256"])
def test_members_that_stand_twice_are_refused(server, issuer, algorithm):
    payload = f'{{"sub":"bob","sub":"ann","exp":{int(time.time()) + 60}}}'.encode()
    maker = jwt.api_jws.PyJWS()
    assert status(server, maker.encode(payload, issuer.key(algorithm), algorithm)) == 401


@pytest.mark.parametrize("claims", [
    {"exp": None}, {"exp": "+60.5"}, {"exp": 1e300}, {"exp": 2**62}, {"exp": "-5"}, {"nbf": "+5"},
    {"iat": "+3600"}, {"nbf": -1e300}, {"other": {"deep": [[[1]]]}},
], ids=str)
def test_what_is_valid_is_taken_however_odd(server, issuer, claims):
    """Texts are seconds from now."""
    claims = {name: time.time() + float(value) if isinstance(value, str) else value for name, value in claims.items()}
    assert status(server, issuer.token("HS256", claims)) == 200


def test_an_issuer_is_known_by_its_name_and_its_audience_is_asked_for(server, issuer):
    for audience, expected in (("pollux", 200), (["x", "other"], 200), ("x", 401), ([], 401), (None, 401)):
        assert status(server, issuer.token("HS256", iss="named", aud=audience)) == expected, audience
    assert status(server, issuer.token("RS256", iss="named", aud="pollux")) == 401, "the issuer does not use this algorithm"


def test_grants_stand_in_a_claim_or_in_the_scope(server, issuer):
    def granted(token):
        return status(server, token, "granted.a")

    assert granted(issuer.token("HS256")) == 403
    assert granted(issuer.token("HS256", pollux={"read": ["granted.*"]})) == 200
    assert granted(issuer.token("HS256", pollux={"read": "granted.b", "publish": "granted.*"})) == 403
    assert granted(issuer.token("HS256", iss="named", aud="pollux", scope="openid read:granted.a")) == 200
    assert granted(issuer.token("HS256", iss="named", aud="pollux", scope="openid read:granted.b")) == 403
    assert status(server, issuer.token("HS256", pollux={"read": ["granted.*"]})) == 403, "its grants must cover what any token may"


@pytest.mark.parametrize("roles, statuses", [
    (["editor"], (201, 403)), ("editor", (201, 403)), (["editor", "chief", "editor"], (201, 201)), (["nobody"], (403, 403)), ([], (403, 403)),
    (None, (403, 403)), (7, (401, 401)), ({"editor": True}, (401, 401)), (["editor", 7], (401, 401)),
])
def test_roles_are_mapped_to_grants(binary, tmp_path, issuer, roles, statuses):
    grants = {"claim": "roles", "values": {"editor": {"publish": ["news.*", "of.{sub}"]}, "chief": {"publish": "laws"}}}
    issuers = [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}], "grants": grants}]
    with running(Server(binary, tmp_path, {"access": {"rules": {"*": {"publish": "grant"}}, "issuers": issuers}})) as server:
        token = bearer(issuer.token(roles=roles, pollux={"publish": ["*"]}))
        assert tuple(server.post(channel, "x", headers=token).status for channel in ("news.a", "laws")) == statuses
        assert server.post("of.ann", "x", headers=token).status == statuses[0]
        assert server.post("of.bob", "x", headers=token).status in (403, 401)


@pytest.mark.parametrize("value, statuses", [
    ("Basic YTpi", (200, 401)), ("x", (200, 401)), ("Bearer", (401, 401)), ("Bearer a b", (401, 401)), ("bearer a", (401, 401)),
])
def test_another_scheme_is_meant_for_somebody_else_and_half_a_field_is_a_wrong_credential(server, value, statuses):
    for channel, status in zip(("open", "mine.ann"), statuses):
        assert server.call("GET", f"/channels/{channel}?wait=0", [("Authorization", value)]).status == status


def test_a_token_without_kid_is_tried_with_a_few_keys_only(binary, tmp_path, issuer):
    keys = [{"pem": Issuer().pem("ES256"), "id": f"key {number}"} for number in range(8)] + [{"pem": issuer.pem("ES256"), "id": "own"}]
    with running(Server(binary, tmp_path, {"access": {"rules": RULES, "issuers": [{"algorithms": ["ES256"], "keys": keys}]}})) as server:
        assert status(server, issuer.token("ES256")) == 401
        assert status(server, issuer.token("ES256", head={"kid": "own"})) == 200
        assert status(server, issuer.token("ES256", head={"kid": "key 1"})) == 401


def test_types_that_are_configured_must_be_there(binary, tmp_path, issuer):
    access = {"rules": RULES, "issuers": [{"algorithms": ["HS256"], "types": ["application/at+JWT"], "keys": [{"secret": SECRET}]}]}
    with running(Server(binary, tmp_path, {"access": access})) as server:
        for type, expected in (("at+jwt", 200), ("application/AT+JWT", 200), ("JWT", 401), (None, 401)):
            head = {"alg": "HS256", **({"typ": type} if type else {})}
            assert status(server, issuer.signed(head)) == expected, type


def test_who_shows_too_many_wrong_credentials_waits_and_who_was_known_goes_on(binary, tmp_path, issuer):
    access = {"rules": RULES, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}]}
    overrides = {"access": access, "limits": {"address": {"failureRate": "1/h", "failureBurst": 5}}}
    with running(Server(binary, tmp_path, overrides)) as server:
        known, new = issuer.token(sub="ann"), issuer.token(sub="ann", jti="new")
        assert status(server, known) == 200
        wrong = issuer.token(key="another secret that is long enough for this")
        assert [status(server, wrong) for _ in range(5)] == [401] * 5
        for token in (wrong, new):
            answer = server.call("GET", "/channels/mine.ann?wait=0", bearer(token))
            assert answer.status == 429 and int(answer.header("Retry-After")) > 3000 and "limits.address.failureRate" in answer.json()["detail"]
            stream = server.call("GET", "/channels/mine.ann?transport=sse", bearer(token))
            assert stream.status == 200 and stream.body.startswith(b": refused\nretry: ")
        assert status(server, known) == 200
        assert server.call("GET", "/channels/open?wait=0").status == 200


def test_two_credentials_are_one_too_many(server, issuer):
    token = issuer.token()
    fields = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert server.call("GET", "/channels/mine.ann?wait=0", fields).status == 400
