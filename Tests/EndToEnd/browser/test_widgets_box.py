"""The widgets in the box: what each shows of its channels, and what it tells the others."""

import json

from selenium.webdriver.common.keys import Keys

from harness import channel_path
from widget_pages import chromium, page, publish_numbers, server, widget  # noqa: F401
from wire import eventually


def test_a_number_shows_the_newest_and_the_change(page, server, channel):
    publish_numbers(server, channel, 10, 12.5)
    page.open(widget("number", channel=channel, unit="kg", digits=1, label="Weight"))
    page.shows("#w", "12.5 kg")
    assert "Weight" in page.text("#w") and "up 2.5" in page.text("#w")
    publish_numbers(server, channel, 11)
    page.shows("#w", "down 1.5")
    assert page.run("return document.querySelector('#w .pollux-change').dataset.direction") == "down"
    publish_numbers(server, channel, 11)
    page.shows("#w", "unchanged")
    assert page.run("return document.querySelector('#w .pollux-change').dataset.direction") is None


NUMBERS = [
    ('{"value": 3}', None, 3), ('{"eur": 12, "usd": 13}', None, 12), ('{"eur": 12, "usd": 13}', "usd", 13), ("21.5", None, 21.5),
    ('{"price": {"eur": 7}}', "price.eur", 7), ("[3, 4]", 1, 4), ('"8"', None, 8), ("text", None, None), ('{"value": "none"}', None, None), ("null", None, None), ("", None, None),
]


def test_numbers_are_found_in_events(page):
    page.open("")
    number_of = "const { numberOf } = await import('./widgets/values.js'); return values[0].map(([data, field]) => numberOf({ data }, field))"
    found = page.run(number_of, NUMBERS)
    assert [(*case[:2], result) for case, result in zip(NUMBERS, found)] == NUMBERS


def test_a_gauge_is_a_meter_and_tells_of_its_alarm(page, server, channel):
    publish_numbers(server, channel, 40)
    page.open(widget("gauge", channel=channel, unit="%", alarm=75) + widget("log", "log", listen="alarm.**"))
    page.shows("#w", "40 %")
    meter = "return ['aria-valuenow', 'aria-valuetext', 'aria-valuemax'].map(name => document.querySelector('[role=meter]').getAttribute(name))"
    assert page.run(meter) == ["40", "40 %", "100"]
    publish_numbers(server, channel, 80)
    page.shows("#log", "raised")
    publish_numbers(server, channel, 81, 20)
    page.shows("#log", "over")
    assert page.text("#log").count(f"alarm.{channel}") == 2, "told when it begins and when it is over"


def test_a_chart_says_in_words_what_it_draws(page, server, channel):
    publish_numbers(server, channel, 3, 1, 2)
    page.open(widget("chart", channel=channel))
    words = "return document.querySelector('#w canvas').getAttribute('aria-label') ?? ''"
    eventually(lambda: page.run(words) == f"{channel}: 2; of the last 3 the least is 1, the most 3.", 10, "the words")
    blue = """
        const canvas = document.querySelector('#w canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && data[at + 2] > data[at] + 60) count += 1;
        return count;
    """
    assert page.run(blue) > 50, "the line is drawn in its colour"


SCALES = [
    (0, 10, [0, 5, 10]), (18.2, 21.9, [18, 20, 22]), (5, 5, [4, 6]), (0, 0, [0, 0.5]), (-3, 4, [-5, 0, 5]), (99.5, 100.5, [99.5, 100, 100.5]),
    (1e6, 3.2e6, [1e6, 2e6, 3e6, 4e6]), (0.001, 0.0012, [0.001, 0.0011, 0.0012]),
]


def test_the_marks_of_a_scale_are_round(page):
    page.open("")
    marks = "const { niceMarks } = await import('./widgets/chart.js'); return values[0].map(([low, high]) => niceMarks(low, high))"
    found = page.run(marks, SCALES)
    assert [(*case[:2], result) for case, result in zip(SCALES, found)] == SCALES


def test_a_filter_chooses_what_others_show(page, server, channel):
    one, other = channel + "-1", channel + "-2"
    publish_numbers(server, one, 1)
    publish_numbers(server, other, 2)
    choices = json.dumps([{"value": one, "label": "One"}, {"value": other, "label": "Other"}])
    page.open(widget("number", "before", follow="which") + widget("filter", "f", name="which", choices=choices) + widget("chart", "after", follow="which"))
    page.shows("#before .pollux-value", "1")
    page.shows("#after .pollux-label", one)
    page.find("#f label:nth-of-type(2)").click()
    page.shows("#before .pollux-value", "2")
    page.shows("#after .pollux-label", other)
    page.find("#f input:checked").send_keys(Keys.ARROW_UP)
    page.shows("#before .pollux-value", "1")


def test_a_filter_searches_what_others_show(page, server, channel):
    for text in ("red apple", "green pear", "Red cherry"):
        server.publish(channel, text)
    page.open(widget("filter", "f", name="search") + widget("log", channel=channel, filter="search"))
    page.shows("#w", "Red cherry")
    rows = lambda: page.run(  # noqa: E731
        "return [...document.querySelectorAll('#w tbody tr')].filter(row => row.checkVisibility()).map(row => row.lastChild.textContent)")
    page.find("#f input").send_keys("RED")
    eventually(lambda: rows() == ["Red cherry", "red apple"], 5, "two rows")
    server.publish(channel, "green grape")
    server.publish(channel, "red grape")
    eventually(lambda: rows() == ["red grape", "Red cherry", "red apple"], 5, "also of what comes later")
    page.find("#f input").clear()
    page.find("#f input").send_keys("none such")
    page.shows("#w", "Nothing that the filter lets through")


def test_a_log_that_is_paused_shows_later_what_came(page, server, channel):
    server.publish(channel, "one")
    page.open(widget("log", channel=channel))
    page.shows("#w", "one")
    page.press("Pause")
    page.run("window.heard = []; Pollux.shared.channel(values[0]).on('*', ({ data }) => heard.push(data))", channel)
    server.publish(channel, "two")
    eventually(lambda: page.run("return heard") == ["two"], 10, "it has come")
    assert "two" not in page.text("#w")
    page.run("const now = Date; window.Date = class extends now { static now() { return now.now() + 3 * 3_600_000; } }")
    page.press("Pause")
    page.shows("#w", "two")
    newest, oldest = page.run("return [...document.querySelectorAll('#w tbody td:first-child')].map(cell => Number(cell.innerText.slice(0, 2)))")
    assert (newest - oldest) % 24 <= 1, "it has the time at which it came"


def test_a_log_that_was_paused_shows_the_newest_that_it_has_room_for(page, server, channel):
    page.open(widget("log", channel=channel, rows=3) + widget("probe", "a"))
    page.shows("#w", "Nothing yet")
    page.run("window.heard = []; Pollux.shared.channel(values[0]).on('*', ({ data }) => heard.push(data)); await Pollux.shared.channel(values[0]).ready()", channel)
    page.press("Pause")
    for number in range(10):
        server.publish(channel, f"number {number}")
    eventually(lambda: len(page.run("return heard")) == 10, 10)
    page.press("Pause")
    page.shows("#w", "number 9")
    assert page.run("return [...document.querySelectorAll('#w tbody td:last-child')].map(cell => cell.innerText)") == ["number 9", "number 8", "number 7"]


def test_a_form_publishes_and_says_so(page, server, channel):
    page.open(widget("form", channel=channel, type="said"))
    eventually(lambda: page.run("return document.querySelector('#w input')"), 5).send_keys("Hello", Keys.ENTER)
    page.shows("#w [role=status]", "Published as")
    [event] = server.events(channel_path(channel))
    assert (event["event"], event["data"]) == ("said", "Hello") and event["id"] in page.text("#w")
    assert page.run("return document.querySelector('#w input').value") == ""


def test_a_form_keeps_what_was_refused(page, server, channel):
    page.open(widget("form", channel=channel, type="pollux.forbidden"))
    eventually(lambda: page.run("return document.querySelector('#w input')"), 5).send_keys("Hello", Keys.ENTER)
    eventually(lambda: page.run("return document.querySelector('#w [role=status]').dataset.kind") == "problem", 10)
    assert page.run("return document.querySelector('#w input').value") == "Hello"
    assert server.events(channel_path(channel)) == []


def test_the_status_tells_of_the_connection(page):
    # Of a channel on which nothing comes: what comes would prove that there is a network, and the browser cuts no stream.
    page.open(widget("status") + widget("log", "c", channel="quiet"))
    page.shows("#w", "Connected by")
    page.driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        page.shows("#w", "No network")
    finally:
        page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**offline, "offline": False})
    page.shows("#w", "Connected by", 20)
