"""Gives the page of an application, the client of Pollux, and tokens of five minutes."""

import base64, functools, hmac, http.server, json, pathlib, time

SECRET = pathlib.Path("secret").read_bytes().strip()
CLIENT = "../../../Public"  # pollux.js and its parts


def token(**claims):
    parts = [{"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time()) + 300, **claims}]
    text = b".".join(encoded(json.dumps(part).encode()) for part in parts)
    return (text + b"." + encoded(hmac.digest(SECRET, text, "sha256"))).decode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class App(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/":
            self.answer("text/html; charset=utf-8", pathlib.Path("page.html").read_text())
        else:
            super().do_GET()

    def do_POST(self):
        user = "ann"  # who it is that asks your login knows
        grants = {"read": ["room.*"], "publish": ["room.kitchen"]}
        self.answer("text/plain", token(sub=user, pollux=grants))

    def answer(self, type, text):
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.end_headers()
        self.wfile.write(text.encode())


handler = functools.partial(App, directory=CLIENT)
http.server.ThreadingHTTPServer(("127.0.0.1", 8000), handler).serve_forever()
