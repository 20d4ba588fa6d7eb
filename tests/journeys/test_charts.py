"""Plots in a real Chromium: read by the keyboard and by pointing, in both themes, on a phone, and without a script."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import global_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from analytics import demo as told
from tests.journeys.conftest import CHROMIUM, Server

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
# The colour of the first bar: a pixel low in the canvas, in the middle of the first day.
COLOUR = """() => {
    const canvas = document.querySelector("figure[data-chart] canvas");
    return canvas.getContext("2d").getImageData(canvas.width * 0.14, canvas.height * 0.86, 1, 1).data.join();
}"""
TELEMETRY = "/organizations/acme/projects/shop/environments/production/telemetry/?range=week"


@pytest.fixture(autouse=True)
def as_in_life(settings: Any) -> None:
    """The servers check passwords as in life, so they are hashed as in life here."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


@pytest.fixture
def week(demo: dict[str, Any]) -> dict[str, Any]:
    """The demo, and what its applications told on the days before today."""
    told.tell(now=timezone.now())
    return demo


def look(browser: Browser, server: Server, login: dict[str, Any], **window: Any) -> Page:
    page = browser.new_context(**window).new_page()
    page.goto(f"{server.url}/accounts/login/?next={TELEMETRY}")
    page.fill("[name=login]", login["email"])
    page.fill("[name=password]", login["password"])
    page.click("form[action*=login] button[type=submit]")
    page.wait_for_url("**/telemetry/**")
    return page


def test_a_plot_is_read_by_keys_and_by_pointing_in_both_themes(
    week: dict[str, Any], servers: list[Server], browser: Browser
) -> None:
    page = look(browser, servers[0], week["login"], color_scheme="light")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.reload()
    plot = page.get_by_role("slider", name="Evaluations by reason, to be read with the arrow keys")
    tip = page.locator("figure[data-chart] .plot-tip").first
    expect(plot.locator("canvas")).to_be_visible()
    expect(page.locator("figure[data-chart] > svg")).to_have_count(0)

    page.keyboard.press("Tab")
    plot.focus()
    for key in ("Home", "ArrowRight"):
        page.keyboard.press(key)

    second = timezone.now() - timedelta(days=5)
    expect(plot).to_have_attribute("aria-valuetext", f"{second.day} {second:%b}: " + said(page, row=1))
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.98, box["y"] + 40)
    expect(tip).to_contain_text(f"{timezone.now().day} {timezone.now():%b}")

    by_day = page.evaluate(COLOUR)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"by_day => ({COLOUR})() !== by_day", arg=by_day)
    assert complaints == []


def said(page: Page, *, row: int) -> str:
    """A row of the table beneath the first plot, as it is read out; the last column is the sum of all."""
    names = page.locator("figure[data-chart] th[data-series]")
    table = page.locator("figure[data-chart] table").first
    count = table.locator("th[data-series]").count()
    numbers = table.locator("tbody tr").nth(row).locator("td")
    return ", ".join(f"{names.nth(place).text_content()} {numbers.nth(place).text_content()}" for place in range(count))


def test_a_phone_shows_it_all_and_without_a_script_the_picture_stays(
    week: dict[str, Any], servers: list[Server], browser: Browser
) -> None:
    phone = look(browser, servers[0], week["login"], viewport={"width": 375, "height": 812})
    expect(phone.locator("figure[data-chart] canvas").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 375

    plain = look(browser, servers[0], week["login"], java_script_enabled=False)
    expect(plain.locator("figure[data-chart] > svg.plot-area").first).to_be_visible()
    plain.get_by_text("The numbers as a table").first.click()
    expect(plain.locator("figure[data-chart] table").first).to_be_visible()
