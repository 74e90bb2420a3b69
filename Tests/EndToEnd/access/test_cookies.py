"""Tokens in a cookie or in the query: for whom they count, and for whom not."""

import pytest

from harness import Certificate, Server, running
from tokens import SECRET, Issuer, bearer

COOKIE = "__Host-pollux"
TRUSTED = "https://app.example.org"
RULES = {"mine.{sub}": {"read": "token", "publish": "token", "drop": "token"}, "open": {"read": "anyone", "publish": "anyone"}}
ACCESS = {
    "rules": RULES, "issuers": [{"algorithms": ["HS256"], "keys": [{"secret": SECRET}]}],
    "token": {"cookie": COOKIE, "query": True},
}


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cookies")
    overrides = {"access": ACCESS, "cors": {"origins": [TRUSTED]}, "publicOrigins": ["https://push.example.org"]}
    with running(Server(binary, folder, overrides, certificate=Certificate(folder))) as server:
        yield server


@pytest.fixture(scope="module")
def token():
    return Issuer().token(sub="ann")


def cookie(token, **fields):
    return {"Cookie": f"theme=dark; {COOKIE}={token}; lang=en", **{name.replace("_", "-"): value for name, value in fields.items()}}


# (what the browser says of the page that asks, whether its cookie counts for reading, and for writing)
PAGES = [
    ({}, True, False),
    ({"Origin": TRUSTED}, True, True),
    ({"Origin": "https://push.example.org"}, True, True),
    ({"Sec-Fetch-Site": "same-origin"}, True, True),
    ({"Sec-Fetch-Site": "none"}, True, True),
    ({"Origin": TRUSTED, "Sec-Fetch-Site": "cross-site"}, True, True),
    ({"Origin": "https://evil.example"}, False, False),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"}, False, False),
    ({"Origin": "null"}, False, False),
    ({"Sec-Fetch-Site": "cross-site"}, False, False),
    ({"Sec-Fetch-Site": "same-site"}, False, False),
    ({"Origin": "https://app.example.org.evil.example"}, False, False),
]


@pytest.mark.parametrize("road", ["http1", "h2"])
@pytest.mark.parametrize("page, reads, writes", PAGES, ids=str)
def test_a_cookie_counts_for_the_pages_that_are_trusted_with_it(server, token, road, page, reads, writes):
    server, fields = server.over(road), cookie(token, **page)
    answer = server.call("GET", "/channels/mine.ann?transport=poll&wait=0", fields)
    assert (answer.status == 200) == reads and answer.status in (200, 403), answer
    if not reads:
        assert "cors.origins" in answer.json()["detail"], answer
    for method, body in (("POST", b"x"), ("DELETE", None)):
        answer = server.call(method, "/channels/mine.ann", fields, body)
        assert (answer.status < 300) == writes and answer.status in (201, 204, 403), answer


@pytest.mark.parametrize("page, reads, writes", PAGES, ids=str)
def test_a_token_of_its_own_counts_for_every_page_that_may_write_at_all(server, token, page, reads, writes):
    answer = server.call("POST", "/channels/mine.ann", {**bearer(token), **page}, b"x")
    isForeign = page.get("Origin", TRUSTED) not in (TRUSTED, "https://push.example.org")
    assert answer.status == (403 if isForeign else 201), answer


def test_a_token_in_authorization_comes_before_one_in_a_cookie(server, token):
    other = Issuer().token(sub="bob")
    assert server.call("GET", "/channels/mine.bob?transport=poll&wait=0", {**cookie(token), **bearer(other)}).status == 200
    assert server.call("GET", "/channels/mine.ann?transport=poll&wait=0", {**cookie(token), **bearer(other)}).status == 403


def test_two_cookies_of_one_name_that_differ_are_refused(server, token):
    twice = {"Cookie": f"{COOKIE}={token}; {COOKIE}={Issuer().token(sub='bob')}"}
    answer = server.call("GET", "/channels/mine.ann?transport=poll&wait=0", twice)
    assert answer.status == 400 and COOKIE in answer.json()["detail"], answer
    same = {"Cookie": f"{COOKIE}={token}; {COOKIE}={token}"}
    assert server.call("GET", "/channels/mine.ann?transport=poll&wait=0", same).status == 200


def test_a_cookie_that_http2_has_split_is_put_together(server, token):
    fields = [("cookie", "a=b"), ("cookie", f"{COOKIE}={token}"), ("cookie", "c=d")]
    assert server.over("h2").call("GET", "/channels/mine.ann?transport=poll&wait=0", fields).status == 200


@pytest.mark.parametrize("text", [f"x{COOKIE}=%s", f"{COOKIE}x=%s", f"{COOKIE.lower()}=%s", f"{COOKIE}", f"{COOKIE}=", "=%s", ";;;", "a"])
def test_what_is_not_the_cookie_is_nothing(server, token, text):
    fields = {"Cookie": text.replace("%s", token)}
    assert server.call("GET", "/channels/mine.ann?transport=poll&wait=0", fields).status == 401
    assert server.call("GET", "/channels/open?transport=poll&wait=0", fields).status == 200


def test_a_cookie_that_is_no_token_is_told_so(server):
    assert server.call("GET", "/channels/open?transport=poll&wait=0", cookie("rubbish")).status == 401


def test_a_page_that_is_not_trusted_still_has_what_anybody_may(server, token):
    page = {"Sec_Fetch_Site": "cross-site"}
    assert server.call("GET", "/channels/open?transport=poll&wait=0", cookie(token, **page)).status == 200
    assert server.call("GET", "/channels/open?transport=poll&wait=0", cookie("rubbish", **page)).status == 200


def test_a_connection_that_is_many_users_one_is_nobody_else(server, token):
    with server.connect() as connection:
        for sub, status in (("ann", 200), ("bob", 403), ("ann", 200), (None, 401), ("ann", 200), ("bob", 403)):
            fields = list(bearer(Issuer().token(sub=sub)).items()) if sub else []
            assert connection.call("GET", "/channels/mine.ann?transport=poll&wait=0", fields).status == status, sub
        for name, status in (("mine.ann", 200), ("mine.bob", 403), ("mine.ann", 200), ("open", 200), ("mine.bob", 403)):
            assert connection.call("GET", f"/channels/{name}?transport=poll&wait=0", list(bearer(token).items())).status == status, name


def test_a_token_in_the_query_counts_where_that_is_on(server, token):
    assert server.call("GET", f"/channels/mine.ann?transport=poll&wait=0&access_token={token}").status == 200
    assert server.call("GET", f"/channels/mine.bob?transport=poll&wait=0&access_token={token}").status == 403
    assert server.call("GET", "/channels/mine.ann?transport=poll&wait=0&access_token=rubbish").status == 401
    both = server.call("GET", f"/channels/mine.ann?transport=poll&wait=0&access_token={token}", bearer(token))
    assert both.status == 400 and "access_token" in both.json()["detail"], both
    assert server.call("GET", f"/channels/mine.ann?wait=0&access_token={token}&access_token={token}").status == 401
    assert token not in server.log(1 << 20)


def test_a_cookie_or_a_query_is_nothing_where_that_is_off(binary, tmp_path, token):
    with running(Server(binary, tmp_path, {"access": {**ACCESS, "token": {}}})) as server:
        assert server.call("GET", f"/channels/mine.ann?transport=poll&wait=0&access_token={token}").status == 401
        assert server.call("GET", "/channels/mine.ann?transport=poll&wait=0", cookie(token)).status == 401
