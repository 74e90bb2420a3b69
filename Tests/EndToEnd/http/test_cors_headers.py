"""`cors.headers`: what more a page may send; and what tracers send may always be sent."""

import pytest

from harness import Server, channel_path

pytestmark = pytest.mark.roads("http1", "h2")
PAGE = "https://page.example"
CONFIGURATION = {"cors": {"headers": ["X-Tenant", "X-App"]}}
ALWAYS = {"accept", "authorization", "cache-control", "content-type", "idempotency-key", "last-event-id", "x-requested-with", "traceparent", "tracestate", "baggage"}


def preflight(server, target, *asked):
    answer = server.call("OPTIONS", target, {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": ",".join(asked)})
    assert answer.status == 204, answer
    return answer.tokens("access-control-allow-headers")


@pytest.mark.parametrize("target", ["/channels/x", "/events?channel=x", "/healthz"])
def test_the_fields_of_tracers_may_be_sent_from_the_start(server, road, target):
    assert preflight(server.over(road), target, "baggage", "traceparent", "tracestate") >= {"traceparent", "tracestate", "baggage"}


def test_no_other_field_may_be_sent_unless_it_is_configured(server, road):
    assert preflight(server.over(road), "/channels/x", "x-tenant") == ALWAYS


@pytest.mark.parametrize("target", ["/channels/x", "/events?channel=x"])
def test_configured_fields_may_be_sent_too(module_server, road, target):
    assert preflight(module_server.over(road), target, "x-app", "x-tenant") == ALWAYS | {"x-tenant", "x-app"}


def test_configured_fields_go_with_an_allow_list(pollux):
    server = pollux({"cors": {"headers": ["X-Tenant"], "origins": [PAGE]}})
    assert "x-tenant" in preflight(server, "/channels/x", "x-tenant")
    answer = server.call("OPTIONS", "/channels/x", {"Origin": "https://stranger.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-tenant"})
    assert answer.header("access-control-allow-headers") is None


def test_a_stream_with_a_configured_field_is_served(module_server, road, channel):
    server = module_server.over(road)
    with server.stream(channel_path(channel), headers={"X-Tenant": "a", "Origin": PAGE}) as stream:
        id = server.publish(channel, "x")
        assert stream.next().id == id


@pytest.mark.parametrize("headers", [["X Tenant"], ["X-Tenant:"], [""], ["a,b"], ["X-\u00fc"], [1], "a b"])
def test_what_is_no_name_of_a_field_stops_the_start(binary, tmp_path, headers):
    server = Server(binary, tmp_path, {"cors": {"headers": headers}})
    try:
        with pytest.raises(AssertionError, match="stopped while starting"):
            server.start()
        assert "cors.headers" in server.log()
    finally:
        server.abandon()


@pytest.mark.parametrize("key, value", [("cors.headers", "X-Tenant,X-App"), ("publicOrigins", "https://a.example,https://b.example:8443")])
def test_an_array_is_given_on_the_command_line_with_commas(binary, tmp_path, key, value):
    """`pollux config` says what a server would be started with."""
    server = Server(binary, tmp_path)
    result = server.command("config", "check", "--set", f"{key}={value}")
    assert result.returncode == 0, result.stderr
    assert all(part in result.stdout for part in value.split(",")), result.stdout
