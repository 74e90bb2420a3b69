"""Options of widgets that nobody expected: what a page's author, or a link to a dashboard, may write."""

import json

import pytest

from widget_pages import chromium, page, server, widget  # noqa: F401
from wire import eventually

ODD = ["-5", "0", "1e9", "99999999999", "abc", "", "null", "NaN", "[1]", "2.5"]


@pytest.mark.parametrize("value", ODD)
def test_a_number_that_makes_no_sense_is_bounded(page, server, channel, value):
    for number in (1, 2):
        server.publish(channel, json.dumps({"value": number}))
    page.open("".join([
        widget("number", "number", channel=channel, points=value, digits=value), widget("chart", "chart", channel=channel, points=value),
        widget("gauge", "gauge", channel=channel, min=value, max=value, alarm=value, digits=value),
        widget("log", "log", channel=channel, rows=value, history=value), widget("ticker", "ticker", channel=channel, items=value)]))
    page.run("await Pollux.shared.channel(values[0]).ready()", channel)
    eventually(lambda: page.run("return Pollux.shared.state") == "open", 10)
    for number in (3, 4):
        server.publish(channel, json.dumps({"value": number}))
    for name in ("number", "gauge", "log", "ticker"):
        page.shows(f"#{name}", "4")
    eventually(lambda: ": 4;" in page.run("return document.querySelector('#chart canvas').getAttribute('aria-label')"), 10, "the chart says it in words")
    assert page.run("return document.querySelectorAll('[role=alert]').length") == 0
    assert "NaN" not in page.run("return document.body.innerHTML.replaceAll(/data-pollux-[^ >]*/g, '')")


@pytest.mark.parametrize("value", ["abc", "-1", "1e9"])
def test_a_log_never_grows_without_end(page, server, channel, value):
    page.open(widget("log", channel=channel, rows=value))
    page.shows("#w", "Nothing yet")
    page.run("await Pollux.shared.channel(values[0]).ready()", channel)
    server.publish_batch(channel, [(None, number) for number in range(100)])
    page.shows("#w", "99")
    assert page.run("return document.querySelectorAll('#w tbody tr').length") == (1 if value == "-1" else 50)
