"""A real nginx between a reader and a server, with roads through it as they are met with in the wild."""

import subprocess
from pathlib import Path

from harness import free_port
from wire import eventually, open_socket

NGINX = "/usr/sbin/nginx"

HTTP_1_1 = 'proxy_http_version 1.1; proxy_set_header Connection "";'
COMPRESSES = "gzip on; gzip_proxied any; gzip_min_length 0; gzip_types text/event-stream application/json;"
# Deaf to the server's wish, it holds back until a buffer is full; but what comes in chunks and is not compressed it passes on.
BUFFERS = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"

# What each road does, and by which directives. Without any, nginx speaks HTTP/1.0 to the server.
ROADS = {
    "leaves all as it is": HTTP_1_1,
    "speaks HTTP/1.0 to the server": "",
    "buffers": BUFFERS,
    "compresses": HTTP_1_1 + COMPRESSES,
    "compresses and buffers": HTTP_1_1 + COMPRESSES + BUFFERS,
    "cuts what is silent for 5 s": HTTP_1_1 + "proxy_read_timeout 5s;",
    "refuses event streams with 403": HTTP_1_1 + "if ($http_accept ~ text/event-stream) { return 403; }",
    "refuses event streams with 502": HTTP_1_1 + "if ($http_accept ~ text/event-stream) { return 502; }",
}

SERVER = "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; {directives} }} }}"

# One process, so that it may run as anybody, and its end is the end of all of it.
CONFIGURATION = """
daemon off; master_process off;
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {servers}
}}
"""


class Nginx:
    """One process with these servers, as the block `http` has them; `port` is one that it listens on."""

    def __init__(self, folder, servers, port):
        folder = Path(folder)
        self.log, self.port = folder / "error.log", port
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, servers=servers))
        command = [NGINX, "-p", folder, "-c", configuration, "-e", self.log]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL)
        eventually(self._answers, 10, f"nginx answers; its log is {self.log}")

    def _answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            open_socket(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Roads(Nginx):
    """A port for each of the roads to a server."""

    def __init__(self, folder, server):
        self.ports = {road: free_port() for road in ROADS}
        servers = "\n  ".join(
            SERVER.format(port=self.ports[road], upstream=server.port, directives=directives) for road, directives in ROADS.items()
        )
        super().__init__(folder, servers, next(iter(self.ports.values())))

    def url(self, road, target):
        return f"http://127.0.0.1:{self.ports[road]}{target}"
