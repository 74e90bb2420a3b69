"""Random rules, principals and names, over every transport and version of HTTP, against a model of what `docs/access.md` says."""

import re
import subprocess
from urllib.parse import quote

import pytest

from harness import Certificate, Server, own_environment, running
from tokens import SECRET, Issuer, bearer

SUBJECTS = ["ann", "ann.b", "a/b", "*", "%2E", "é", " blank ", "{sub}", "x" * 40, "0"]
WORDS = ["news", "user", "a.b", "é", "x-y_z", "of", "%41", "a b", "q/r"]
ACTIONS = {"read": 200, "publish": 201, "drop": 204}
READS = ["transport=poll&wait=0", "transport=poll-sse&wait=0", "transport=sse&budget=1&since=earliest", "wait=0&envelope=json"]


# The model

def segment(claims, name):
    value = claims.get(name)
    value = None if value is None or isinstance(value, (list, dict, bool)) else str(value)
    return "".join(c if re.fullmatch("[A-Za-z0-9_-]", c) else "".join(f"%{b:02X}" for b in c.encode()) for c in value) if value else None


def parts(template):
    return re.findall(r"\*|\{\w+\}|[^*{]+", template)


def fits(template, name, claims=None):
    """By its shape, or for somebody's claims."""
    pattern = ""
    for part in parts(template):
        if part == "*":
            pattern += ".*"
        elif part[0] == "{" and claims is None:
            pattern += "[A-Za-z0-9_%-]+"
        elif part[0] == "{":
            value = segment(claims, part[1:-1])
            if value is None:
                return False
            pattern += re.escape(value)
        else:
            pattern += re.escape(part)
    return re.fullmatch(pattern, name, re.DOTALL) is not None


def literals(template):
    return sum(len(part.encode()) for part in parts(template) if part[0] not in "*{")


class Somebody:
    def __init__(self, fields, claims=None, grants=None, key=None, is_wrong=False):
        self.fields, self.claims, self.grants, self.key, self.is_wrong = fields, claims, grants, key, is_wrong

    @property
    def is_nobody(self):
        return self.claims is None and self.key is None

    def covers(self, action, name):
        return any(fits(pattern, name, self.claims or {}) for kind in (action, "admin") for pattern in (self.grants or {}).get(kind, []))

    def is_let_by(self, who, template, action, name):
        match who:
            case "anyone": return True
            case "nobody": return False
            case "token": return self.claims is not None and fits(template, name, self.claims) and (self.grants is None or self.covers(action, name))
            case "grant" if self.claims is not None: return fits(template, name, self.claims) and self.covers(action, name)
            case "grant": return self.covers(action, name)
            case _: return who == f"key:{self.key}"

    def status(self, rules, action, name):
        if self.is_wrong:
            return 401  # also where nobody needs to show anything
        template = next((t for t in sorted(rules, key=literals, reverse=True) if fits(t, name)), None)
        whom = rules.get(template, {}).get(action, ["nobody"])
        if any(self.is_let_by(who, template, action, name) for who in whom) or any(
                fits(pattern, name, self.claims or {}) for pattern in (self.grants or {}).get("admin", [])):
            return ACTIONS[action]
        return 401 if self.is_nobody and any(who in ("token", "grant") or who.startswith("key:") for who in whom) else 403


# What is asked of both

def random_template(dice, holes):
    made = ".".join(dice.choice([dice.choice(WORDS), dice.choice(WORDS), *holes]) for _ in range(dice.randint(1, 4)))
    return made if re.search(r"[^*.{}]", made) else made + ".end"


def random_rules(dice):
    """As many literal bytes in no two, so that one counts whatever the name."""
    rules = {}
    for _ in range(dice.randint(2, 6)):
        template = random_template(dice, ["*", "{sub}", "{org}"])
        if literals(template) in map(literals, rules):
            continue
        who = ["anyone", "nobody", "token", "grant", "key:editor", "key:plain"]
        rules[template] = {action: [dice.choice(who) for _ in range(dice.randint(1, 2))] for action in ACTIONS if dice.random() < 0.8}
    return rules


def random_grants(dice, rules):
    """Of what the rules are about, so that both meet."""
    pattern = lambda: dice.choice([*rules, *rules, random_template(dice, ["*", "{sub}"]), "*"])  # noqa: E731
    return {kind: [pattern() for _ in range(dice.randint(1, 2))] for kind in ["read", "publish", "drop", "admin"]
            if dice.random() < (0.2 if kind == "admin" else 0.6)}


def random_name(dice, rules, somebody):
    """Of a rule, and mostly of this person."""
    claims, name = somebody.claims or {}, ""
    for part in parts(dice.choice(list(rules))):
        match part:
            case "*": name += dice.choice(["", "x", "a.b.c", "é/", "deep.{sub}", "%"])
            case "{sub}" | "{org}":
                own = segment(claims, part[1:-1])
                name += own if own and dice.random() < 0.7 else dice.choice([segment({"v": dice.choice(SUBJECTS)}, "v"), "7", "", "a.b"])
            case _: name += part
    name += dice.choice(["", "", "", "", "", "", "", ".more", "x"])
    return "x" if name in ("", ".", "..") else name  # those are none


def made_key(binary):
    said = subprocess.run([binary, "access", "key", "some"], capture_output=True, text=True, timeout=30, env=own_environment(), check=True).stdout
    return said.split()[0], re.search(r"sha256:\w+", said)[0]


@pytest.mark.parametrize("road", ["http1", "tls", "h2"])
def test_the_server_does_what_the_documents_say(binary, tmp_path, dice, road):
    issuer, counts = Issuer(), {}
    editor, plain = made_key(binary), made_key(binary)
    for turn in range(5):
        rules = random_rules(dice)
        granted = random_grants(dice, rules)
        keys = {"editor": {"hash": editor[1], "grants": granted}, "plain": {"hash": plain[1]}}
        access = {"rules": rules, "keys": keys, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}]}
        people = [Somebody({}), Somebody({}), Somebody(bearer("x.y.z"), is_wrong=True), Somebody(bearer(editor[0]), key="editor", grants=granted), Somebody(bearer(plain[0]), key="plain")]
        for subject in dice.sample([*SUBJECTS, None, ""], 6):
            claims = {"sub": subject, "org": dice.choice([*SUBJECTS[:4], None, 7, 7, ["list"]])}
            grants = dice.choice([None, random_grants(dice, rules), random_grants(dice, rules)])
            claims = {name: value for name, value in claims.items() if value is not None}
            token = issuer.token(sub=claims.get("sub"), org=claims.get("org"), pollux=grants)
            people.append(Somebody(bearer(token), claims, grants))
        folder = tmp_path / f"{turn}"
        folder.mkdir()
        with running(Server(binary, folder, {"access": access}, certificate=Certificate(folder))) as started:
            server = started.over(road)
            for _ in range(120):
                somebody = dice.choice(people)
                name = random_name(dice, rules, somebody)
                action = dice.choice(list(ACTIONS))
                method = {"read": dice.choice(["GET", "GET", "GET", "HEAD"]), "publish": "POST", "drop": "DELETE"}[action]
                query = dice.choice(READS) if action == "read" else ""
                expected = somebody.status(rules, action, name)
                if "sse&" in query and method == "GET" and expected == 200:
                    query = "transport=poll&wait=0"  # a stream that is let in would stay
                answer = server.call(method, f"/channels/{quote(name, safe='')}?{query}", somebody.fields, b"x" if action == "publish" else None)
                assert answer.status == expected, f"{action} {name} by {vars(somebody)} under {rules}: {answer}"
                counts[expected] = counts.get(expected, 0) + 1
    assert set(counts) >= {200, 201, 204, 401, 403}, f"hardly anything was tried: {counts}"
