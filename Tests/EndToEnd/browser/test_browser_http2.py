"""Chromium over HTTP/2: what six connections of HTTP/1.1 would not allow."""

import pytest

from engines import chromium_driver
from harness import Server
from wire import eventually

OPEN = """
const done = arguments[0];
window.seen = Array.from({length: 100}, () => []);
let opened = 0;
window.sources = seen.map((events, number) => {
  const source = new EventSource(`/channels/page-${number}`);
  source.onmessage = event => events.push(event.data);
  source.onopen = () => { opened += 1; if (opened === 100) done(true); };
  return source;
});
"""

WRITE_AND_POLL = """
const done = arguments[0];
(async () => {
  for (let number = 0; number < 100; number += 1) {
    await fetch(`/channels/page-${number}`, {method: 'POST', body: `for ${number}`, headers: {'Content-Type': 'text/plain'}});
  }
  const polled = await (await fetch('/channels/page-7?transport=poll&since=earliest')).json();
  const old = new XMLHttpRequest();
  old.open('GET', '/channels/page-8?transport=poll-sse&since=earliest', false);
  old.setRequestHeader('Accept', 'text/event-stream');
  old.send();
  const used = performance.getEntriesByType('resource').map(entry => entry.nextHopProtocol);
  done([polled.events.map(event => event.data), old.responseText, [...new Set(used)]]);
})();
"""


@pytest.fixture
def browser():
    driver = chromium_driver("--ignore-certificate-errors")
    yield driver
    driver.quit()


def test_a_page_has_100_event_sources_polls_and_writes_on_one_connection(binary, browser, certificate, tmp_path):
    (tmp_path / "blank.html").write_text("<!doctype html><title>blank</title><link rel=icon href=data:,>", "utf-8")
    server = Server(binary, tmp_path, {"publicFolder": str(tmp_path)}, certificate=certificate).start()
    try:
        before = server.descriptors()
        browser.get(server.over("h2").url("/blank.html").replace("127.0.0.1", "localhost"))
        assert browser.execute_async_script(OPEN)
        polled, streamed, protocols = browser.execute_async_script(WRITE_AND_POLL)
        assert polled == ["for 7"]
        assert "data: for 8\n" in streamed
        assert protocols == ["h2"]
        seen = eventually(
            lambda: (seen := browser.execute_script("return window.seen")) and all(seen) and seen, what="all events")
        assert seen == [[f"for {number}"] for number in range(100)]
        assert server.descriptors() - before <= 2, "one connection, and one that the browser may have opened in advance"
        server.stop()
    finally:
        server.abandon()
