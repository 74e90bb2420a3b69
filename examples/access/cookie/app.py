"""A shop. Whoever is logged in has a cookie, which is a token that Pollux understands as well."""

import base64, hmac, http.cookies, http.server, json, pathlib, re, time, urllib.parse, urllib.request

SECRET = pathlib.Path("secret").read_bytes().strip()
PAGE = pathlib.Path("page.html").read_text()
LOGIN = '<!doctype html><form method="post" action="/login"><input name="user"> <button>Log in</button></form>'
users = {}  # by cookie


def token(**claims):
    parts = [{"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time()) + 3600, **claims}]
    text = b".".join(encoded(json.dumps(part).encode()) for part in parts)
    return (text + b"." + encoded(hmac.digest(SECRET, text, "sha256"))).decode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def publish(user, text):
    """In the user's name, by a token with a grant to publish. Cookies have none: users only read."""
    channel = f"user.{user}.orders"
    bearer = token(sub=user, pollux={"publish": [channel]})
    fields = {"Authorization": f"Bearer {bearer}", "Content-Type": "text/plain"}
    request = urllib.request.Request(f"http://localhost:8080/channels/{channel}", text.encode(), fields)
    urllib.request.urlopen(request, timeout=10).close()


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        user = self.user()
        self.answer(200, PAGE.replace("{user}", user) if user else LOGIN)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        name = form.get("user", [""])[0]
        if self.path == "/login" and re.fullmatch("[a-z]{1,20}", name):  # the password is up to you
            session = token(sub=name)
            users[session] = name
            # With TLS, Secure as well.
            self.answer(303, cookie=f"session={session}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax")
        elif self.path == "/order" and self.user():
            publish(self.user(), "A pot of tea")
            self.answer(303)
        else:
            self.answer(403, "No.")

    def user(self):
        cookie = http.cookies.SimpleCookie(self.headers["Cookie"] or "").get("session")
        return users.get(cookie and cookie.value)

    def answer(self, status, text="", cookie=None):
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if status == 303:
            self.send_header("Location", "/")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(text.encode())


http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Shop).serve_forever()
