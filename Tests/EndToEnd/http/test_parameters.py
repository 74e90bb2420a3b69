"""Names, escapes and numbers of parameters, the same rule in the query and in a form, when reading and when writing."""

from urllib.parse import quote

import pytest

from harness import channel_path
from wire import STREAM, assert_problem

pytestmark = pytest.mark.roads("http1", "h2")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server(server, road):
    return server.over(road)


# what nobody reads

UNREAD = ["utm=50%", "utm=%ZZ", "utm=%4", "utm=%FF", "utm=%C3%28", "a=%00", "%ZZ=1", "%=%", "%FF=%FF", "utm=50%&x=%"]


@pytest.mark.parametrize("unread", UNREAD)
def test_what_is_not_read_cannot_be_wrong(server, channel, unread):
    id = server.publish(channel, "x")
    for query in (f"wait=0&since=earliest&{unread}", f"{unread}&wait=0&since=earliest"):
        answer = server.call("GET", f"{channel_path(channel)}?{query}")
        assert answer.status == 200, answer
        assert [event["id"] for event in answer.json()["events"]] == [id]
    form = server.call("POST", "/events", {"Content-Type": FORM}, f"channel={channel}&{unread}&wait=0&since=earliest&transport=poll".encode())
    assert form.status == 200 and len(form.json()["events"]) == 1, form


@pytest.mark.parametrize("unread", UNREAD)
def test_what_is_not_read_of_a_publish_cannot_be_wrong(server, channel, unread):
    assert server.post(channel, "1", query=f"?{unread}&event=price").status == 201
    assert server.post(channel, f"data=2&{unread}&event=price", FORM).status == 201
    assert [(event["event"], event["data"]) for event in server.events(channel_path(channel))] == [("price", "1"), ("price", "2")]


@pytest.mark.parametrize("query, named", [("wait=50%", "wait"), ("limit=%ZZ", "limit"), ("since=%4", "since"), ("transport=%FF", "transport"), ("utm=50%&heartbeat=%", "heartbeat")])
def test_what_is_read_must_be_right(server, channel, query, named):
    assert named in assert_problem(server.call("GET", f"{channel_path(channel)}?{query}", {"Accept": STREAM}), 400)["detail"]


def test_what_is_read_of_a_publish_must_be_right(server, channel):
    assert "event" in assert_problem(server.post(channel, "x", query="?utm=50%&event=%FF"), 400, 422)["detail"]
    assert server.events(channel_path(channel)) == []


# names


@pytest.mark.parametrize("name", ["event", "Event", "EVENT", "eVENT", "_event", "e-vent", "%65vent"])
def test_the_name_of_a_parameter_has_no_case_when_writing(server, channel, name):
    assert server.post(channel, "in the query", query=f"?{name}=price").status == 201
    assert server.post(channel, f"data=in+a+form&{name}=price", FORM).status == 201
    assert [event["event"] for event in server.events(channel_path(channel))] == ["price", "price"]


@pytest.mark.parametrize("name", ["data", "Data", "DATA", "da-ta", "_data"])
def test_the_field_with_the_data_of_a_form_has_no_case(server, channel, name):
    assert server.post(channel, f"{name}=x", FORM).status == 201
    assert [event["data"] for event in server.events(channel_path(channel))] == ["x"]


@pytest.mark.parametrize("body", ["data=1&Data=2", "DATA=1&data=1"])
def test_data_twice_is_422_however_it_is_spelled(server, channel, body):
    assert_problem(server.post(channel, body, FORM), 422)
    assert server.events(channel_path(channel)) == []


# numbers

HUGE = "9" * 21
NUMBERS = ["wait", "limit", "heartbeat", "budget", "padding", "evs_preamble", "evs_buffer_size_limit"]
EXTREMES = [HUGE, "9" * 400, "-" + HUGE, "18446744073709551615", "18446744073709551616", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
            "-1", "0", "00", "1e30", "1e-30", "0." + "9" * 300, "Infinity", "-Infinity", "NaN", "0x7fffffff", "+1", " 1", "1 ", "", " ", "\u0663", "1_000", "2147483647", "2147483648", "4294967296"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("transport", ["poll", "sse", "poll-sse"])
def test_every_number_is_cut_to_its_most_or_refused(server, name, transport):
    """HEAD shows how the parameters are read, and holds nothing."""
    with server.connect() as connection:
        for number in EXTREMES:
            answer = connection.call("HEAD", f"/channels/numbers?transport={transport}&{name}={quote(number)}")
            assert answer.status in (200, 400), answer


@pytest.mark.parametrize("number", [HUGE, "9" * 400, "9223372036854775807", "18446744073709551616"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_stream_with_a_number_that_is_far_too_large_serves(server, channel, name, number):
    id = server.publish(channel, "x")
    answer = server.call("HEAD", f"{channel_path(channel)}?{name}={number}", {"Accept": STREAM})
    if answer.status == 400:
        detail = assert_problem(server.call("GET", f"{channel_path(channel)}?{name}={number}", {"Accept": STREAM}), 400)["detail"]
        assert name in detail
        return
    with server.stream(f"{channel_path(channel)}?since=-1&transport=sse&{name}={number}") as stream:
        assert stream.next().id == id
        assert stream.ended is None
        id = server.publish(channel, "y")
        assert stream.next().id == id


@pytest.mark.parametrize("number", [HUGE, "9" * 400, "9223372036854775807", "9223372036854775808", "9223372036854775809", "18446744073709551616"])
@pytest.mark.parametrize("transport", ["poll", "poll-sse", "sse"])
def test_since_so_many_events_that_no_number_holds_them_is_all_that_is_kept_or_refused(server, channel, transport, number):
    ids = [server.publish(channel, str(number)) for number in range(3)]
    target = f"{channel_path(channel)}?since=-{number}"
    answer = server.call("GET", target + "&transport=poll&wait=0")
    if answer.status == 400:
        assert "since" in assert_problem(answer, 400)["detail"]
    elif transport == "poll":
        assert [event["id"] for event in answer.json()["events"]] == ids
    else:
        with server.stream(f"{target}&transport={transport}") as stream:
            assert [event.id for event in stream.take(3)] == ids


@pytest.mark.parametrize("number", [HUGE, "9223372036854775807", "1e30"])
def test_a_wait_that_is_far_too_long_is_a_wait(server, channel, number):
    path = channel_path(channel)
    cursor = server.head_id(path)
    with server.connect() as connection:
        connection.ask("GET", f"{path}?transport=poll&wait={number}&lastEventId={cursor}")
        if connection.has_input(0.3):
            assert "wait" in assert_problem(connection.read_answer(), 400)["detail"]
            return
        id = server.publish(channel, "x")
        assert [event["id"] for event in connection.read_answer().json()["events"]] == [id]
