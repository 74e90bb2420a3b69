"""Content in chunks: the same bytes mean the same however they are cut, and what surrounds the content has a bound in sum."""

import pytest

from asking import until_read
from harness import channel_path
from wire import Disconnected, assert_problem

KB = 1024


def head_of(channel):
    return (f"POST {channel_path(channel)} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n").encode()


def outcome(server, pieces, waits=True):
    """The status of the answer to bytes that come in these pieces; the server has read each before the next is sent."""
    with server.connect() as connection:
        for piece in pieces:
            try:
                connection.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
            if connection.has_input():
                break  # it has its answer
            if waits:
                until_read(connection)
        try:
            answer = connection.read_answer()
        except Disconnected:
            return "cut"
        if answer.status != 201:
            assert_problem(answer, 400, 431)
        return answer.status


def split(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def extension(size):
    return b";x=" + b"y" * (size - 3)


# content behind a head, and whether it is taken; None where the server may say
MESSAGES = {
    "no extension": (b"5\r\nhello\r\n0\r\n\r\n", True),
    "a short extension": (b"5;a=b\r\nhello\r\n0\r\n\r\n", True),
    "a quoted extension": (b'5;a="b;c\\"d"\r\nhello\r\n0;e\r\n\r\n', True),
    "an extension of 300 bytes": (b"5" + extension(300) + b"\r\nhello\r\n0\r\n\r\n", None),
    "an extension of 300 bytes at the last chunk": (b"5\r\nhello\r\n0" + extension(300) + b"\r\n\r\n", None),
    "trailers": (b"5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n", True),
    "upper case and zeros": (b"0000A\r\nhelloworld\r\n00\r\n\r\n", True),
    "a broken size": (b"5x\r\nhello\r\n0\r\n\r\n", False),
    "LF alone": (b"5\nhello\n0\n\n", False),
    "too long a chunk": (b"5\r\nhellox\r\n0\r\n\r\n", False),
    "a CR in an extension": (b"5;a\rb\r\nhello\r\n0\r\n\r\n", False),
    "a broken trailer": (b"5\r\nhello\r\n0\r\nX T: 1\r\n\r\n", False),
}
every_message = pytest.mark.parametrize("content, is_taken", MESSAGES.values(), ids=MESSAGES.keys())


@every_message
def test_chunks_mean_the_same_wherever_they_are_cut_in_two(server, channel, content, is_taken):
    data = head_of(channel) + content
    whole = outcome(server, [data])
    assert is_taken is None or (whole == 201) == is_taken, whole
    others = {cut: status for cut in range(len(data) - len(content) - 2, len(data)) if (status := outcome(server, [data[:cut], data[cut:]])) != whole}
    assert not others, f"{whole} in one piece, and cut at some places: {others}"


@every_message
def test_chunks_mean_the_same_byte_by_byte(server, channel, content, is_taken):
    head = head_of(channel)
    assert outcome(server, [head, *split(content, 1)]) == outcome(server, [head + content])


def test_content_that_came_byte_by_byte_is_whole(server, channel):
    content = b"3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n"
    assert outcome(server, [head_of(channel), *split(content, 1)]) == 201
    assert [event["data"] for event in server.events(channel_path(channel))] == ["hello"]


# 16 KB are `limits.headSize`
LARGE = {
    "one extension of 20 KB": b"5" + extension(20 * KB) + b"\r\nhello\r\n0\r\n\r\n",
    "one of 100 KB": b"5" + extension(100 * KB) + b"\r\nhello\r\n0\r\n\r\n",
    "one without an end": b"5" + extension(40 * KB),
    "1,000 of 50 bytes": (b"1" + extension(50) + b"\r\nx\r\n") * 1000 + b"0\r\n\r\n",
    "20,000 of 5 bytes": (b"1" + extension(5) + b"\r\nx\r\n") * 20000 + b"0\r\n\r\n",
    "zeros before a size": b"0" * 40 * KB + b"5\r\nhello\r\n0\r\n\r\n",
    "trailers of 40 KB": b"5\r\nhello\r\n0\r\n" + b"X-T: 1234567890123456\r\n" * 1800 + b"\r\n",
    "one trailer of 40 KB": b"5\r\nhello\r\n0\r\nX-T: " + b"x" * 40 * KB + b"\r\n\r\n",
    "blanks behind a size": b"5" + b" " * 40 * KB + b"\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("size", [None, 1460, 97], ids=["in one piece", "in packets", "in small pieces"])
@pytest.mark.parametrize("content", LARGE.values(), ids=LARGE.keys())
def test_what_is_no_content_has_a_bound_in_sum(server, channel, content, size):
    data = head_of(channel) + content
    assert outcome(server, split(data, size) if size else [data], waits=False) in (400, 431)
    assert server.events(channel_path(channel)) == []


def test_the_bound_is_on_what_surrounds_the_content_and_not_on_the_content(server, channel):
    content = b"".join(b"a\r\n0123456789\r\n" for _ in range(1000)) + b"0\r\n\r\n"
    assert outcome(server, [head_of(channel) + content], waits=False) == 201
    assert [len(event["data"]) for event in server.events(channel_path(channel))] == [10000]


def test_the_bound_is_for_each_message_anew(server, channel):
    data = head_of(channel) + b"5" + extension(200) + b"\r\nhello\r\n0\r\n\r\n"
    if outcome(server, [data]) != 201:
        pytest.skip("extensions of this length are refused")
    with server.connect() as connection:
        connection.send(data * 200)
        assert {connection.read_answer().status for _ in range(200)} == {201}
