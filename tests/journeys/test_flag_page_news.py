"""What others change shows on an open page of a flag by itself, and takes nothing out of anybody's hand."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import CHROMIUM, Open, Toggle, is_live
from tests.journeys.test_flag_page import of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
# What the page of the flag in one environment shows, and that of all, after two changes in production.
NEWEST = {
    "of one": "#flag-page[data-version='4']",
    "of all": ".column:has(#in-production):has-text('Version 4')",
}
KEEP_NEWS = "heard = []; document.addEventListener('flagforge:changed', ({ detail }) => heard.push(detail.flags))"
COUNT_NEWS = """
document.body.dataset.news = 0;
document.addEventListener("flagforge:changed", ({ detail }) => {
  if (detail.flags.includes("new-checkout")) document.body.dataset.news++;
});
"""


def news_come(page: Page, toggle: Toggle) -> None:
    """A colleague switches the flag in production, and the page has heard of it for long enough to have been drawn anew."""
    page.evaluate(
        "document.addEventListener('flagforge:changed', () => (document.body.dataset.heard = ''), { once: true })"
    )
    toggle("new-checkout", False)
    expect(page.locator("body[data-heard]")).to_be_attached()
    page.wait_for_timeout(800)


def test_news_do_not_take_the_question_of_the_kill_switch_away(open_page: Open, toggle: Toggle) -> None:
    page = is_live(open_page("production/"))
    page.get_by_role("button", name="Kill in production").first.click()
    kill = page.get_by_role("dialog", name="Kill new-checkout in production?")
    expect(kill).to_be_visible()

    news_come(page, toggle)
    expect(kill).to_be_visible()
    kill.get_by_role("button", name="Keep it on").click()

    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")


def test_news_do_not_take_a_field_out_of_the_hand_of_who_is_about_to_type(open_page: Open, toggle: Toggle) -> None:
    page = is_live(open_page("production/"))
    name = of(page, "rules[0].name")
    name.focus()
    page.keyboard.press("Control+a")

    news_come(page, toggle)
    page.keyboard.type("Typed over it")

    expect(name).to_have_value("Typed over it")
    expect(page.locator("#news")).to_contain_text("saved")


def test_news_do_not_take_a_button_away_while_it_is_pressed(open_page: Open, toggle: Toggle) -> None:
    page = is_live(open_page("production/"))
    page.get_by_role("button", name="Kill in production").first.hover()
    page.mouse.down()

    news_come(page, toggle)
    page.mouse.up()

    expect(page.get_by_role("dialog", name="Kill new-checkout in production?")).to_be_visible()


@pytest.fixture
def pressed(open_page: Open) -> Page:
    """All environments of the flag, with a button held down."""
    page = is_live(open_page(""))
    page.get_by_role("link", name="Kill in production").hover()
    page.mouse.down()
    return page


def test_news_of_all_environments_do_not_take_a_button_away_while_it_is_pressed(pressed: Page, toggle: Toggle) -> None:
    news_come(pressed, toggle)
    pressed.mouse.up()

    pressed.wait_for_url("**/environments/production/kill/")


def test_news_of_all_environments_are_shown_once_nothing_is_pressed(pressed: Page, toggle: Toggle) -> None:
    news_come(pressed, toggle)
    pressed.mouse.move(0, 0)
    pressed.mouse.up()

    switch = pressed.locator(".column:has(#in-production)").get_by_role("switch")
    expect(switch).to_have_attribute("aria-checked", "false")


@pytest.mark.parametrize(("path", "which"), [("production/", "of one"), ("", "of all")], ids=NEWEST)
def test_news_that_come_while_the_page_is_drawn_anew_are_not_lost(
    path: str, which: str, open_page: Open, toggle: Toggle
) -> None:
    page = is_live(open_page(path))
    page.evaluate(COUNT_NEWS)
    news, held = page.locator("body"), list[Route]()
    page.route(page.url, lambda route: route.continue_() if held else held.append(route))

    with page.expect_request(page.url):
        toggle("new-checkout", False)
    expect(news).to_have_attribute("data-news", "1")
    answer = held[0].fetch()
    toggle("new-checkout", True)
    expect(news).to_have_attribute("data-news", "2")
    held[0].fulfill(response=answer)

    expect(page.locator(NEWEST[which])).to_be_visible()


@pytest.mark.parametrize(("path", "which"), [("production/", "of one"), ("", "of all")], ids=NEWEST)
def test_a_page_that_is_opened_just_after_a_change_is_not_told_of_it(
    path: str, which: str, open_page: Open, toggle: Toggle
) -> None:
    page = open_page()
    page.add_init_script(KEEP_NEWS)
    toggle("new-checkout", False)
    page.goto(page.url.replace("development/", path))
    is_live(page)

    toggle("new-checkout", True)

    expect(page.locator(NEWEST[which])).to_be_visible()
    assert page.evaluate("heard") == [["new-checkout"]]


def test_news_are_shown_once_nobody_is_about_to_type(open_page: Open, toggle: Toggle) -> None:
    page = is_live(open_page("production/"))
    of(page, "rules[0].name").focus()

    news_come(page, toggle)
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#news")).to_contain_text("saved")
    of(page, "rules[0].name").blur()

    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
