"""The dashboard: widgets are added, arranged and edited, and the layout is kept."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from widget_pages import chromium, dashboard, page, publish_numbers, server  # noqa: F401
from wire import eventually


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


@pytest.mark.parametrize("width", [1360, 1100, 1030, 1020, 700, 650, 600, 360])
def test_the_time_of_the_clock_is_one_line_beside_its_dial(dashboard, width):
    dashboard.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    try:
        lines, time, place = dashboard.run("""
            const range = document.createRange();
            range.selectNodeContents(document.querySelector('[data-pollux-widget=clock] .pollux-value'));
            const edges = ({ left, top, right, bottom }) => ({ left, top, right, bottom });
            return [range.getClientRects().length, edges(range.getBoundingClientRect()),
              edges(document.querySelector('[data-pollux-widget=clock]').getBoundingClientRect())];
        """)
        dial = dashboard.run("return document.querySelector('.pollux-dial').getBoundingClientRect().left")
    finally:
        dashboard.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert lines == 1
    assert place["left"] <= time["left"] and time["right"] <= dial
