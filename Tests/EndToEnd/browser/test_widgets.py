"""The widgets and the dashboard of `Public/`, in Chromium, against a real server."""

import functools
import importlib.util
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import engines
from harness import PUBLIC, channel_path
from proxy import Proxy
from widget_pages import chromium, page, server, widget  # noqa: F401
from wire import eventually


# starting and stopping


def test_a_div_is_enough(page):
    page.open(widget("clock", channel="date", zone="Asia/Tokyo"))
    eventually(lambda: page.run("return document.querySelector('#w time')?.dateTime"), 10, "a date is there")
    shown = page.run("return [document.querySelector('#w time').dateTime, document.querySelector('#w .pollux-value').innerText]")
    hours = (int(shown[0][11:13]) + 9) % 24
    assert shown[1] == f"{hours:02}{shown[0][13:19]}", "the time is Tokyo's"
    eventually(lambda: page.run("return document.querySelector('#w time').dateTime") != shown[0], 5, "it goes on")


def test_widgets_start_when_they_come_and_stop_when_they_go(page):
    page.open(widget("probe", "a"))
    eventually(lambda: page.told() == ["start a"])
    page.run("document.body.insertAdjacentHTML('beforeend', `<section><p>${values[0]}</p></section>`)", widget("probe", "b"))
    eventually(lambda: page.told() == ["start a", "start b"])
    page.run("document.querySelector('section').remove()")
    page.run("document.querySelector('#a').replaceChildren()")
    eventually(lambda: page.told() == ["start a", "start b", "stop b"])
    page.run("document.querySelector('#a').removeAttribute('data-pollux-widget')")
    eventually(lambda: page.told()[-1] == "stop a")


def test_a_widget_that_moves_in_the_page_goes_on(page):
    page.open(widget("probe", "a") + "<section></section>" + widget("probe", "b"))
    eventually(lambda: len(page.told()) == 2)
    page.run("document.querySelector('section').append(document.querySelector('#a')); await new Promise(requestAnimationFrame)")
    page.run("document.querySelector('#b').remove()")
    eventually(lambda: page.told()[-1] == "stop b")
    assert page.told() == ["start a", "start b", "stop b"]


def test_the_attribute_set_again_restarts_with_other_options(page):
    page.open(widget("probe", "a", limit=1))
    eventually(lambda: page.told() == ["start a"])
    page.run("const a = document.querySelector('#a'); a.dataset.polluxLimit = 2; a.dataset.polluxWidget = 'probe'")
    eventually(lambda: page.told() == ["start a", "stop a", "start a"])
    assert page.run("return document.querySelector('#a').probe.options.limit") == 2


def test_inner_widgets_start_after_and_stop_before_the_one_around_them(page):
    page.open(widget("probe", "outer", widget("probe", "inner", widget("probe", "innermost"))))
    eventually(lambda: page.told() == ["start outer", "start inner", "start innermost"])
    page.run("document.querySelector('#outer').remove()")
    eventually(lambda: page.told()[3:] == ["stop innermost", "stop inner", "stop outer"])


def test_a_widget_can_hold_widgets(page, channel):
    page.open(widget("chat", channel=channel))
    field = eventually(lambda: page.run("return document.querySelector('#w [name=text]')"), 5)
    page.find("#w [name=author]").send_keys("Leda")
    field.send_keys("Hello, twins", Keys.ENTER)
    page.shows("#w td:last-child", "Leda: Hello, twins")


def test_options_have_the_types_that_their_texts_show(page):
    texts = {
        "channel": "date", "poll-interval": "5", "ratio": "-0.5", "code": "007", "power": "1e3", "on": "true", "off": "false",
        "none": "null", "list": "[1, \"two\"]", "object": "{\"a\": {\"b\": 1}}", "broken": "{not JSON}", "bare": "", "blank": " ",
    }
    page.open("<i id=w></i>")
    page.run("""
        for (const [name, text] of Object.entries(values[0])) document.querySelector('#w').setAttribute(`data-pollux-${name}`, text);
        document.querySelector('#w').dataset.polluxWidget = 'probe';
    """, texts)
    eventually(lambda: page.told() == ["start w"])
    assert page.run("return document.querySelector('#w').probe.options") == {
        "widget": "probe", "channel": "date", "pollInterval": 5, "ratio": -0.5, "code": "007", "power": "1e3", "on": True,
        "off": False, "none": None, "list": [1, "two"], "object": {"a": {"b": 1}}, "broken": "{not JSON}", "bare": True, "blank": " ",
    }


def test_a_widget_registered_late_starts_where_it_is_waited_for(page):
    page.open(widget("lamp", limit=5) + widget("probe", "p"))
    eventually(lambda: page.told() == ["start p"])
    assert page.text("#w") == ""
    page.run("Pollux.widget('lamp', class { constructor({ element, options }) { element.textContent = `below ${options.limit}`; } })")
    page.shows("#w", "below 5")
    assert "already" in page.run("try { Pollux.widget('lamp', class {}); } catch (error) { return error.message; }")


def test_a_page_can_put_its_own_client_in_place(page):
    script = """<script type="module">
      import Pollux from './widgets.js';
      window.own = Pollux.shared = new Pollux(undefined, { name: 'own' });
    </script>"""
    page.open(script + widget("clock", channel="date") + widget("probe", "a"))
    page.shows("#w", ":")
    assert page.run("return Pollux.shared === own && document.getElementById('a').probe.sandbox.client === own")
    eventually(lambda: page.run("return own.state") == "open", 10, "it is the one in use")


# the sandbox


PATTERNS = [
    ("a.b", "a.b", True), ("a.b", "a", False), ("a.b", "a.b.c", False), ("a.*", "a.b", True), ("a.*", "a.b.c", False), ("a.*", "a", False),
    ("*.b", "a.b", True), ("*", "a", True), ("*", "a.b", False), ("**", "a", True), ("**", "a.b.c", True), ("a.**", "a", True),
    ("a.**", "a.b.c", True), ("a.**", "b.a", False), ("**.c", "a.b.c", True), ("**.c", "a.b", False), ("a.**.d", "a.b.c.d", True),
    ("a.**.d", "a.d", True), ("a.*.**", "a.b", True), ("a.*.**", "a", False), ("a.b", "axb", False), ("", "", True),
]


def test_names_are_dotted_and_have_wildcards(page):
    page.open("")
    matches = "const { matches } = await import('./widgets/emitter.js'); return values[0].map(([pattern, name]) => matches(pattern, name))"
    found = page.run(matches, PATTERNS)
    assert [(*case[:2], result) for case, result in zip(PATTERNS, found)] == PATTERNS


def test_widgets_talk_by_events_until_they_stop(page):
    page.open(widget("probe", "a") + widget("probe", "b"))
    eventually(lambda: len(page.told()) == 2)
    heard = page.run("""
        const [a, b] = ['a', 'b'].map(id => document.getElementById(id).probe.sandbox);
        window.heard = [];
        const note = word => (payload, name) => heard.push([word, name, payload]);
        const taken = note('off');
        a.on('tasks.*', note('on'));
        a.once('tasks.**', note('once'));
        a.on('tasks.*', taken);
        a.off('tasks.*', taken);
        const undo = a.on('tasks.*', note('undone'));
        undo();
        b.emit('tasks.new', 1);
        b.emit('tasks.new.urgent', 2);
        b.emit('tasks.old', { three: 3 });
        return heard;
    """)
    assert heard == [["on", "tasks.new", 1], ["once", "tasks.new", 1], ["on", "tasks.old", {"three": 3}]]
    page.run("document.getElementById('a').remove()")
    eventually(lambda: page.told()[-1] == "stop a")
    assert page.run("document.getElementById('b').probe.sandbox.emit('tasks.new', 4); return heard.length") == 3


def test_a_channel_of_a_sandbox_ends_with_its_widget_and_not_before(page, server, channel):
    page.open(widget("probe", "a") + widget("probe", "b"))
    eventually(lambda: len(page.told()) == 2)
    page.run("""
        window.heard = [];
        for (const id of ['a', 'b']) {
          const channel = document.getElementById(id).probe.sandbox.channel(values[0]);
          channel.on('price', ({ data, type }) => heard.push([id, type, data]));
        }
        await Pollux.shared.channel(values[0]).ready();
    """, channel)
    server.publish(channel, "1", "price")
    server.publish(channel, "of another type")
    eventually(lambda: page.run("return heard") == [["a", "price", "1"], ["b", "price", "1"]], 10, "both hear it")
    page.run("document.getElementById('a').remove()")
    eventually(lambda: page.told()[-1] == "stop a")
    server.publish(channel, "2", "price")
    eventually(lambda: page.run("return heard.length") == 3)
    assert page.run("return heard.at(-1)") == ["b", "price", "2"]


def test_a_channel_begins_with_what_is_kept_and_nothing_comes_twice(page, server, channel):
    ids = [server.publish(channel, str(number)) for number in range(5)]
    page.open(widget("probe", "a"))
    eventually(lambda: page.told() == ["start a"])
    page.run("""
        window.heard = [];
        const { sandbox } = document.getElementById('a').probe;
        sandbox.channel(values[0], { history: 3 }).on('*', ({ id, data, json }) => heard.push([id, data, json]));
    """, channel)
    for number in range(5, 12):
        ids.append(server.publish(channel, str(number)))
    eventually(lambda: len(page.run("return heard")) >= 7 and page.run("return heard.at(-1)[1]") == "11", 10)
    heard = page.run("return heard")
    numbers = [number for _, _, number in heard]
    assert numbers == list(range(numbers[0], 12)) and numbers[0] >= 2, "without a hole, and none twice"
    assert [id for id, _, _ in heard] == ids[numbers[0]:]


def test_publishing_from_a_sandbox(page, server, channel):
    page.open(widget("probe", "a"))
    eventually(lambda: page.told() == ["start a"])
    answer = page.run("return document.getElementById('a').probe.sandbox.publish(values[0], { eur: 12 }, { type: 'price' })", channel)
    [event] = server.events(channel_path(channel))
    assert (event["id"], event["event"], event["data"]) == (answer["id"], "price", '{"eur":12}')


def test_the_signal_of_a_sandbox_ends_what_hangs_on_it(page):
    page.open(widget("probe", "a"))
    eventually(lambda: page.told() == ["start a"])
    page.run("""
        const { sandbox } = document.getElementById('a').probe;
        addEventListener('go', () => told.push('went'), { signal: sandbox.signal });
        dispatchEvent(new Event('go'));
        document.getElementById('a').remove();
    """)
    eventually(lambda: page.told()[-1] == "stop a")
    assert page.run("dispatchEvent(new Event('go')); return told") == ["start a", "went", "stop a"]


# errors


@pytest.mark.parametrize("where, code", [
    ("constructor", "constructor() { throw new Error('no luck'); }"),
    ("start", "start() { throw new Error('no luck'); }"),
    ("a start that waits", "async start() { await null; throw new Error('no luck'); }"),
    ("a listener", "constructor({ sandbox }) { sandbox.on('go', () => { throw new Error('no luck'); }); }"),
    ("a listener that waits", "constructor({ sandbox }) { sandbox.on('go', async () => { throw new Error('no luck'); }); }"),
    ("a channel", "constructor({ sandbox }) { sandbox.channel('date').on('*', () => { throw new Error('no luck'); }); }"),
])
def test_an_error_is_shown_in_its_widget_and_touches_no_other(page, where, code):
    page.open(widget("probe", "a") + widget("bad", "bad") + widget("clock", "clock", channel="date") + widget("probe", "b"))
    eventually(lambda: page.told() == ["start a", "start b"])
    page.run("document.getElementById('b').probe.sandbox.on('go', () => told.push('b went'))")
    page.run(f"Pollux.widget('bad', class {{ {code} }})")
    page.run("document.getElementById('a').probe.sandbox.emit('go')")
    page.shows("#bad [role=alert]", "no luck")
    assert page.told()[-1] == "b went"
    page.shows("#clock", ":")
    assert page.run("return document.querySelectorAll('[role=alert]').length") == 1
    page.run("document.getElementById('bad').remove()")


def test_a_channel_that_cannot_be_is_told(page):
    page.open(widget("number", channel="no&#1;name") + widget("clock", "clock", channel="date"))
    page.shows("#w [role=alert]", "control character")
    page.shows("#clock", ":")


def test_each_widget_of_a_channel_that_cannot_be_is_told_also_one_that_comes_later(page):
    page.open(widget("number", "a", channel="no&#1;name"))
    page.shows("#a [role=alert]", "control character")
    page.run("document.body.insertAdjacentHTML('beforeend', values[0])", widget("log", "b", channel="no&#1;name"))
    page.shows("#b [role=alert]", "control character")


def test_the_history_is_asked_for_with_the_token_of_the_client_that_a_page_put_in_place(page, server, channel):
    server.publish(channel, "kept")
    page.open("""<script type="module">
      import Pollux from './widgets.js';
      const send = window.fetch;
      window.asked = [];
      window.fetch = (request, options) => { asked.push([request.url ?? request, request.headers?.get('Authorization') ?? options.headers.Authorization]); return send(request, options); };
      Pollux.shared = new Pollux(undefined, { token: 'secret' });
    </script>""" + widget("log", channel=channel))
    page.shows("#w", "kept")
    assert {token for url, token in page.run("return asked") if channel in url} == {"Bearer secret"}


def test_nothing_is_lost_between_the_history_of_a_widget_and_what_comes_live(page, server, channel):
    """Also where the beginning of the channel is answered last."""
    server.publish(channel, "0")
    page.open(widget("probe", "a"))
    eventually(lambda: page.told() == ["start a"])
    page.run("""
        const send = window.fetch;
        window.fetch = async (request, options) => {
          if (/since=now/.test(request.url)) await new Promise(resolve => { window.letGo = resolve; });
          return send(request, options);
        };
        window.heard = [];
        document.getElementById('a').probe.sandbox.channel(values[0], { history: 10 }).on('*', ({ data }) => heard.push(data));
    """, channel)
    eventually(lambda: page.run("return typeof letGo") == "function")
    server.publish(channel, "1")
    page.run("letGo()")
    eventually(lambda: len(page.run("return heard")) == 2, 10)
    server.publish(channel, "2")
    eventually(lambda: page.run("return heard") == ["0", "1", "2"], 10)


def test_a_widget_that_stops_while_it_starts_leaves_nothing_behind(page):
    page.open(widget("slow", "a") + widget("probe", "b"))
    page.run("""
        Pollux.widget('slow', class {
          constructor({ sandbox }) { this.sandbox = sandbox; }
          async start() {
            await new Promise(resolve => { window.resume = resolve; });
            this.sandbox.on('go', () => told.push('too late'));
            told.push('resumed');
          }
        });
        document.getElementById('a').remove();
    """)
    page.run("resume()")
    eventually(lambda: page.told() == ["start b", "resumed"])
    assert page.run("document.getElementById('b').probe.sandbox.emit('go'); return told") == ["start b", "resumed"]


def test_what_is_published_is_never_markup(page, server, channel):
    page.open(widget("log", channel=channel, label="<b>Log</b>") + widget("ticker", "t", channel=channel))
    page.shows("#w", "Nothing yet")
    attack = "<img src=x onerror='window.hacked = true'><script>window.hacked = true</script>"
    page.run("await Pollux.shared.channel(values[0]).ready()", channel)
    server.publish(channel, attack, "<b>type</b>")
    page.shows("#w td:last-child", attack)
    page.shows("#t li", attack[:40])
    assert page.run("return [window.hacked, document.querySelectorAll('#w img, #t img, #w b').length]") == [None, 0]


# the box


def publish_numbers(server, channel, *numbers):
    return [server.publish(channel, json.dumps({"value": number})) for number in numbers]


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


# the dashboard


@pytest.fixture
def dashboard(page, server):
    for channel in ("demo.temperature", "demo.price", "demo.load"):
        publish_numbers(server, channel, 20, 30, 40)
    page.visit("/")
    page.shows(".tile", ":")
    return page


def test_the_dashboard_lives(dashboard, server):
    dashboard.shows("[data-pollux-widget=number]", "40")
    dashboard.shows("[data-pollux-widget=gauge]", "40 %")
    dashboard.shows(".lamp", "below")
    dashboard.shows(".status", "Connected by EventSource")
    eventually(lambda: dashboard.run("return document.querySelector('[data-pollux-widget=chart] canvas').getAttribute('aria-label')").startswith("demo.temperature: 40"), 10)
    publish_numbers(server, "demo.load", 90)
    dashboard.shows("[data-pollux-widget=gauge]", "90 %")
    dashboard.shows(".lamp", "above")
    dashboard.shows(".tile:last-child", "raised")
    assert dashboard.problems() == []
    assert dashboard.run("return document.querySelectorAll('[role=alert]').length") == 0


def test_widgets_are_added_and_removed_and_the_address_keeps_it(dashboard):
    before = dashboard.tiles()
    dashboard.press("Add a widget")
    dashboard.find("#editor-kind").send_keys("Clock")
    field = dashboard.find("#field-label")
    field.clear()
    field.send_keys("Mine; & yours")
    dashboard.press("Done")
    eventually(lambda: dashboard.tiles() == [*before, "clock"], 5, "the new one is the last")
    dashboard.shows(".tile:last-child", "Mine; & yours")
    dashboard.press("Arrange")
    dashboard.press("Remove: Price")
    after = [*before, "clock"]
    after.remove("number")
    assert dashboard.tiles() == after
    assert dashboard.run("return document.activeElement.getAttribute('aria-label')") == "Move: Load", "the focus goes on"

    address = dashboard.driver.current_url
    dashboard.visit(address)
    assert dashboard.tiles() == after, "by the address"
    dashboard.shows(".tile:last-child", "Mine; & yours")
    dashboard.visit("/")
    assert dashboard.tiles() == after, "by the browser's storage"
    dashboard.press("Reset")
    assert dashboard.tiles() == before
    assert "#" not in dashboard.driver.current_url
    dashboard.visit("/")
    assert dashboard.tiles() == before


def test_a_shared_address_does_not_overwrite_ones_own_layout(dashboard):
    dashboard.visit("/#widgets=clock;log?channel=demo&span=3;bad name?x=1;%3Cb%3E;number?channel=demo.price&onclick=alert(1)")
    assert dashboard.tiles() == ["clock", "log", "number"]
    assert dashboard.run("return document.querySelector('.tile:nth-child(2)').style.getPropertyValue('--span')") == "3"
    assert dashboard.run("return document.querySelectorAll('[onclick]').length") == 0
    dashboard.run("location.hash = '#widgets=gauge'")
    eventually(lambda: dashboard.tiles() == ["gauge"], 5, "a change of the address alone")
    dashboard.visit("/")
    assert len(dashboard.tiles()) > 3


def test_widgets_are_arranged_by_keys(dashboard):
    before = dashboard.tiles()
    dashboard.press("Arrange")
    handle = dashboard.find("[aria-label='Move: The server’s date']")
    handle.send_keys(Keys.ARROW_RIGHT)
    assert dashboard.tiles()[:3] == [before[1], before[0], before[2]]
    assert dashboard.text("#announcer") == f"The server’s date: place 2 of {len(before)}."
    dashboard.driver.switch_to.active_element.send_keys(Keys.END)
    assert dashboard.tiles() == [*before[1:], before[0]]
    dashboard.driver.switch_to.active_element.send_keys(Keys.HOME)
    assert dashboard.tiles() == before
    dashboard.press("Wider: The server’s date")
    assert "span=2" in dashboard.driver.current_url


def test_widgets_are_arranged_by_a_pointer(dashboard):
    before = dashboard.tiles()
    dashboard.press("Arrange")
    handle, target = dashboard.find("[aria-label='Move: The server’s date']"), dashboard.find(".tile:nth-child(3)")
    ActionChains(dashboard.driver).click_and_hold(handle).move_to_element(target).release().perform()
    assert dashboard.tiles()[:4] == [before[1], before[2], before[0], before[3]]


def test_a_widget_is_edited(dashboard):
    dashboard.press("Arrange")
    dashboard.press("Edit: Price")
    assert dashboard.run("return document.querySelector('#field-unit').value") == "€"
    dashboard.find("#field-unit").clear()
    dashboard.find("#field-unit").send_keys("$")
    dashboard.press("Done")
    dashboard.shows("[data-pollux-widget=number]", "40.00 $")
    dashboard.press("Edit: Price")
    dashboard.find("#field-unit").send_keys(Keys.ESCAPE)
    dashboard.shows("[data-pollux-widget=number]", "40.00 $")


def test_editing_keeps_the_options_that_have_no_field(page, channel, server):
    server.publish(channel, '{"eur": 1, "usd": 2}')
    page.visit(f"/#widgets=number?channel={channel}&field=usd&unit=x")
    page.shows("[data-pollux-widget=number]", "x")
    before = page.text("[data-pollux-widget=number]")
    page.press("Arrange")
    page.run("[...document.querySelectorAll('button')].find(button => /^Edit/.test(button.ariaLabel ?? button.innerText)).click()")
    page.press("Done")
    page.shows("[data-pollux-widget=number]", "2")
    assert page.run("return document.querySelector('[data-pollux-widget=number]').dataset.polluxField") == "usd", before


# the twins


def total(page, what):
    return int(page.text(f"[data-total={what}]").replace(",", ""))


def received(page, letter):
    return page.run("""
        const rows = [...document.querySelectorAll(`[data-reader=${values[0]}] dl div`)];
        return Number(rows.find(row => row.innerText.startsWith('Received')).lastChild.textContent.replace(',', ''));
    """, letter)


def running(page):
    return page.run("return [...document.querySelectorAll('.reader')].filter(reader => reader.innerText.includes('Stop')).map(reader => reader.dataset.reader)")


def all_go_on(page, more=5, timeout=20):
    before = {letter: received(page, letter) for letter in running(page)}
    eventually(lambda: all(received(page, letter) >= before[letter] + more for letter in before), timeout, f"all readers go on after {before}")


def test_the_twins_lose_nothing_when_transports_change_and_connections_break(dashboard):
    all_go_on(dashboard)
    for _ in range(5):
        dashboard.press("Switch all in mid-stream")
        all_go_on(dashboard, 3)
    dashboard.press("Break all for 4 s")
    assert "broken" in dashboard.text("[data-reader=A]")
    all_go_on(dashboard, 22)
    assert len(running(dashboard)) >= 3
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)
    dashboard.shows("#announcer", "lost 0, repeated 0")
    assert dashboard.problems() == []


@pytest.mark.parametrize("transport", ["native", "fetch", "xhr", "poll-sse", "poll"])
def test_one_reader_by_each_transport(dashboard, transport):
    choice = dashboard.find("[data-reader=A] select")
    dashboard.run("values[0].value = values[1]; values[0].dispatchEvent(new Event('change'))", choice, transport)
    all_go_on(dashboard)
    dashboard.find("[data-reader=A] .bar button:last-child").click()
    all_go_on(dashboard, 22)
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)


def test_over_http1_at_most_four_readers_run_so_that_the_page_can_write(dashboard, server):
    while starts := [button for button in dashboard.driver.find_elements(By.CSS_SELECTOR, ".reader .bar button:first-child")
                     if button.text == "Start" and button.is_enabled()]:
        starts[0].click()
    assert len(running(dashboard)) == 4
    all_go_on(dashboard)
    dashboard.find("[data-pollux-widget=chat] [name=text]").send_keys("still here", Keys.ENTER)
    dashboard.shows("[data-pollux-widget=chat] [role=status]", "Published as")


def test_a_page_that_nobody_looks_at_holds_no_connections_and_loses_nothing(dashboard):
    all_go_on(dashboard)
    hide = """
        Object.defineProperty(document, 'hidden', { value: values[0], configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    """  # without a window no tab is ever hidden
    dashboard.run(hide, True)
    assert [dashboard.text(f"[data-reader={letter}] .state") for letter in running(dashboard)] == ["resting"] * 3
    shown = dashboard.text(".tile time")
    eventually(lambda: dashboard.text(".tile time") not in ("", shown), 10, "time goes on")
    dashboard.run(hide, False)
    all_go_on(dashboard)
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)


def test_what_others_publish_as_a_date_breaks_nothing(dashboard, server):
    for data in ("no JSON", "null", '{"date":"never"}', "[]"):
        server.publish("date", data, "date")
    all_go_on(dashboard)
    dashboard.shows(".tile time", ":")
    assert (total(dashboard, "lost"), total(dashboard, "repeated")) == (0, 0)
    assert dashboard.problems() == []


def test_over_http2_all_readers_run(page, server):
    page.visit(server.over("h2").url("/"))
    page.shows("[data-reader=A]", "Stop")
    assert running(page) == ["A", "B", "C", "D", "E"]
    all_go_on(page)
    page.press("Switch all in mid-stream")
    all_go_on(page)
    assert (total(page, "lost"), total(page, "repeated")) == (0, 0)


def test_the_twins_lose_nothing_when_the_network_is_cut(page, server):
    proxy = Proxy(server)
    try:
        page.visit(proxy.url("/"))
        page.shows("[data-reader=A]", "open")
        for _ in range(3):
            all_go_on(page, 3)
            proxy.cut()
        all_go_on(page, 15, 30)
        streams = [line for line in proxy.requests() if "/channels/date" in line and "transport=sse" in line]
        assert len(streams) >= 2 * 4, "two streams, cut three times"
        assert (total(page, "lost"), total(page, "repeated")) == (0, 0)
        page.shows(".status", "Connected", 20)
    finally:
        page.driver.get("about:blank")
        proxy.close()


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_the_page_goes_on_after_a_restart_of_the_server(page, server, pollux, way):
    other = pollux({"publicFolder": server.configuration["publicFolder"], "sources": server.configuration["sources"]})
    page.visit(other.url("/"))
    all_go_on(page)
    getattr(other, way)()
    page.shows("[data-reader=A]", "reconnecting")
    other.start()
    all_go_on(page, timeout=45)
    assert (total(page, "lost"), total(page, "repeated")) == (0, 0), "what the old ledger took along is told, as a gap"
    shown = page.text(".tile:first-child time")
    eventually(lambda: page.text(".tile:first-child time") != shown, 45, "the clock goes on")
    page.driver.get("about:blank")


@pytest.mark.parametrize("engine", [engines.Firefox, engines.WebKitGTK], indirect=True)
def test_the_dashboard_lives_in_other_browsers(engine, server):
    engine.open(server.url("/"))
    clock = lambda: engine.run("return (document.querySelector('.tile time') || {}).dateTime")  # noqa: E731
    shown = eventually(clock, 20, "the clock shows a date")
    eventually(lambda: clock() != shown, 10, "it goes on")
    counts = lambda: engine.run("return [...document.querySelectorAll('.reader')].map(reader => reader.querySelectorAll('dd')[1].textContent)")  # noqa: E731
    eventually(lambda: all(int(counts()[index]) > 5 for index in (0, 1, 4)), 20, "native, fetch and poll read")
    for _ in range(4):
        before = counts()
        engine.run("[...document.querySelectorAll('button')].find(button => button.textContent.startsWith('Switch all')).click()")
        eventually(lambda: all(int(counts()[index]) > int(before[index]) + 2 for index in (0, 1, 4)), 20, "they go on")
    assert engine.run("return [...document.querySelectorAll('[data-total]')].map(output => output.textContent)") == ["0", "0"]
    assert engine.run("return document.querySelectorAll('[role=alert]').length") == 0
    engine.open("about:blank")


def test_the_counts_do_count(page):
    page.open("")
    counts = page.run("""
        const { Counts } = await import('./dashboard/counts.js');
        const counts = new Counts();
        const take = (reader, ...positions) => positions.forEach((position) => counts.received(reader, `e-${position}`));
        take('all', 1, 2, 3, 4, 5);
        take('late', 3, 4, 5);
        take('loses', 1, 2, 5);
        take('repeats', 1, 2, 2, 3, 1);
        take('disordered', 1, 3, 2, 4);
        counts.learn(['e-6']);
        take('all', 7);
        const told = Object.fromEntries(['all', 'late', 'loses', 'repeats', 'disordered'].map(name => [name, counts.of(name)]));
        counts.restart('loses');
        take('loses', 9);
        counts.received('all', 'f-1');
        counts.received('all', 'f-2');
        return { ...told, after: counts.of('loses'), epoch: counts.of('all'), total: counts.total };
    """)
    counts = {name: (value["lost"], value["repeated"]) for name, value in counts.items()}
    assert counts == {
        "all": (1, 0), "late": (0, 0), "loses": (2, 0), "repeats": (0, 2), "disordered": (1, 0), "after": (2, 0), "epoch": (1, 0), "total": (4, 2),
    }


def test_the_tally_forgets_events_but_not_what_was_lost(page):
    page.open("")
    assert page.run("""
        const { Counts } = await import('./dashboard/counts.js');
        const counts = new Counts();
        for (let position = 1; position <= 5000; position += 1) {
          counts.received('all', `e-${position}`);
          if (position % 1000) counts.received('most', `e-${position}`);
        }
        return [counts.of('all'), counts.of('most')].map(({ lost, repeated }) => [lost, repeated]);
    """) == [[0, 0], [4, 0]], "the last one may still come"


# everywhere


class StaticHost:
    """The public folder on a host that knows nothing of events."""

    def __init__(self):
        handler = functools.partial(QuietHandler, directory=str(PUBLIC))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, target):
        return f"http://127.0.0.1:{self.server.server_address[1]}{target}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def static_files():
    host = StaticHost()
    yield host
    host.close()


def test_the_page_works_from_a_static_host(page, server, static_files):
    publish_numbers(server, "demo.price", 55)
    page.visit(static_files.url(f"/index.html?server={server.url('')}"))
    page.shows("[data-pollux-widget=number]", "55")
    all_go_on(page)
    page.find("[data-pollux-widget=chat] [name=text]").send_keys("from afar", Keys.ENTER)
    page.shows("[data-pollux-widget=chat] td:last-child", "from afar")
    assert server.url("") in page.text("#elsewhere") and server.url("") in page.text("#curl")
    assert page.find("footer a").get_attribute("href") == server.url("/healthz")
    assert page.problems() == []


def test_a_page_elsewhere_names_its_server(page, server, static_files, channel):
    publish_numbers(server, channel, 7)
    page.visit(static_files.url("/404.html"))
    page.run("""
        document.documentElement.dataset.polluxServer = values[0];
        await import('./widgets.js');
        document.body.innerHTML = values[1];
    """, server.url(""), widget("number", channel=channel))
    page.shows("#w", "7")


def test_without_modules_the_page_shows_the_date(page):
    """As a browser sees it that knows neither modules nor EventSource nor fetch."""
    folder = Path(page.server.configuration["publicFolder"])
    text = (folder / "index.html").read_text("utf-8")
    module = '<script type="module" src="dashboard.js"></script>'
    assert module in text
    (folder / "old.html").write_text(text.replace(module, ""), "utf-8")
    without = "delete window.EventSource; delete window.fetch; delete window.Promise; delete window.Symbol;"
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": without})
    try:
        page.visit("/old.html")
        date = lambda: page.driver.execute_script("return document.getElementById('plain-date').innerText")  # noqa: E731
        first = eventually(lambda: date().endswith("UTC") and date(), 10, "a date")
        eventually(lambda: date() != first, 5, "another date")
        assert page.driver.execute_script("return document.getElementById('page').offsetParent") is None
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@pytest.mark.parametrize("engine", [engines.QtWebKit], indirect=True)
def test_an_old_engine_shows_the_date(engine, server):
    engine.open(server.url("/"))
    date = lambda: engine.run("return document.getElementById('plain-date').textContent")  # noqa: E731
    first = eventually(lambda: date().endswith("UTC") and date(), 20, "a date")
    eventually(lambda: date() != first, 10, "another date")
    assert engine.run("return document.getElementById('page').style.display") == "none"
    engine.open("about:blank")


def test_the_fallback_stays_away_where_modules_run(dashboard):
    assert dashboard.run("return document.getElementById('plain').offsetParent") is None


@pytest.mark.parametrize("width", [390, 768, 1360])
def test_the_page_fits_the_width(dashboard, width):
    set_screen(dashboard.driver, width)
    try:
        dashboard.press("Arrange")
        assert dashboard.run("return document.documentElement.scrollWidth") <= width
    finally:
        dashboard.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def set_screen(driver, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def axe():
    """The script of axe-core, out of the package that brings it along. Its Python is for Playwright, and not needed."""
    package = importlib.util.find_spec("axe_playwright_python")
    assert package, "axe-playwright-python is not installed"
    return (Path(*package.submodule_search_locations) / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("scene", ["as it is", "arranging", "adding"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(dashboard, scheme, scene):
    driver = dashboard.driver
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})
    try:
        if scene == "arranging":
            dashboard.press("Arrange")
        if scene == "adding":
            dashboard.press("Add a widget")
        all_go_on(dashboard, 1)
        driver.execute_script(axe())
        found = dashboard.run("return (await axe.run(document, { resultTypes: ['violations'] })).violations")
        barriers = [f"{rule['impact']} {rule['id']}: {rule['help']}\n  " + "\n  ".join(node["html"][:160] for node in rule["nodes"][:5]) for rule in found]
        assert not barriers, "\n".join(barriers)
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
