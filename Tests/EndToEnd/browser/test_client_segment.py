"""`pollux.segment` writes a text as the server's rules write the value of a placeholder."""

from urllib.parse import unquote

from client_pages import driver, folder, page, proxy, server, tabs  # noqa: F401

PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_segment_has_letters_digits_hyphen_and_underscore_and_all_other_bytes_percent_encoded(page):
    texts = [*map(chr, range(0x180)), "a.b@example.org", "ü€😀", "%2E", ""]
    expected = ["".join(c if c in PLAIN else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text) for text in texts]
    assert page.run("return values[0].map(text => pollux.segment(text))", texts) == expected
    assert [unquote(each) for each in expected] == texts
