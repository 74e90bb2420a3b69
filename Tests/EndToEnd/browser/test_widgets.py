"""Widgets in a page: how they start and stop, their sandbox, and what an error of one does to the others."""

import pytest
from selenium.webdriver.common.keys import Keys

from harness import channel_path
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
