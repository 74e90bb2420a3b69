"""The parser of event streams in the client, `client/parser.js`: what a block says counts once it has ended."""

import pytest

from client_pages import driver, folder, page, proxy, server, tabs  # noqa: F401

PARSE = """
const { eventStreamParser } = await import('./client/parser.js');
return values[0].map((pieces) => {
  const found = [], parse = eventStreamParser(({ id, type, data, retry }) => found.push(retry === undefined ? [id, type, data] : retry));
  pieces.forEach(parse);
  return found;
});
"""

STREAMS = [
    ("id: 1\nevent: price\ndata: x\n\n", [["1", "price", "x"]]),
    ("event: price\ndata: x\nid: 1\n\n", [["1", "price", "x"]]),
    ("data: x\r\nid: 1\r\n\r\ndata: y\r\n\r\n", [["1", "message", "x"], ["1", "message", "y"]]),
    ("data: x\rid: 1\r\rdata:y\r\r:", [["1", "message", "x"], ["1", "message", "y"]]),
    ("id: 1\n\ndata: x\n\n", [["1", "message", "x"]]),
    ("id: 1\ndata: x\n\nid\ndata: y\n\n", [["1", "message", "x"], ["", "message", "y"]]),
    ("id: 1\0\ndata: x\n\n", [["", "message", "x"]]),
    ("data\ndata: \ndata:  a: b\n\n", [["", "message", "\n\n a: b"]]),
    ("event: lost\n\ndata: x\n\n", [["", "message", "x"]]),
    (": comment\nother: x\nretry: 12\nretry: -1\nretry:\n\n", ["12"]),
    ("data: x\n\ndata: cut\nid: 2\n", [["", "message", "x"]]),
    ("data: ü€😀\nid: é\n\n", [["é", "message", "ü€😀"]]),
]


@pytest.mark.parametrize("text, expected", STREAMS)
def test_a_stream_means_the_same_wherever_it_is_cut(page, text, expected):
    """The text is cut where UTF-16 can be; bytes are made into text before."""
    cuts = [[text[:at], text[at:]] for at in range(len(text) + 1)] + [list(text)]
    assert page.run(PARSE, cuts) == [expected] * len(cuts)


def test_a_block_that_never_ends_says_nothing(page):
    found = page.run(PARSE, [["data: x\nid: 1\n\n", "id: 2\nevent: price\ndata: lost"]])
    assert found == [[["1", "message", "x"]]]
