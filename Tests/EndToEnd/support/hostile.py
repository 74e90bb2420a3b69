"""Bytes that no client should send, and the server after them. A module takes the fixture by importing it."""

import pytest


@pytest.fixture(autouse=True)
def still_serving(request):
    """After each test the server answers a normal request."""
    servers = [request.getfixturevalue(name) for name in ("server", "module_server", "files") if name in request.fixturenames]
    yield
    for server in servers:
        if server.is_alive:  # if not, its own fixture tells
            assert server.call("GET", "/healthz").status == 200


def raw(server, data, timeout=8.0):
    """Send bytes, and read one answer; the connection is left to the caller."""
    connection = server.connect(timeout)
    try:
        connection.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # answered before it had read all; the answer is still to be read
    return connection, connection.read_answer()
