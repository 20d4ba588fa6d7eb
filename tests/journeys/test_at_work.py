"""A day at the dashboard in a real Chromium: keys alone, many flags at once, changes by others, a lost session, no script."""

from typing import Any

import pytest
from django.conf import global_settings
from playwright.sync_api import Page, expect

from tests.journeys.conftest import CHROMIUM, Open, Toggle, is_live

expect.set_options(timeout=10_000)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
SHOP = "/organizations/acme/projects/shop/"
CHECKOUT = f"{SHOP}flags/new-checkout/environments/production/"
SHIFTS = """() => {
    window.shifts = [];
    const seen = (list) => window.shifts.push(...list.getEntries().filter((each) => !each.hadRecentInput));
    new PerformanceObserver(seen).observe({type: "layout-shift"});
}"""


@pytest.fixture(autouse=True)
def as_in_life(settings: Any) -> None:
    """The servers check passwords as in life, so they are hashed as in life here."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


def switch_of(page: Page, flag: str, environment: str) -> Any:
    return page.locator(f"[id='switch-{flag}-{environment}']")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_list_is_worked_by_keys_alone(open_at: Open) -> None:
    page = is_live(open_at(f"{SHOP}flags/"))
    flags = page.locator("tr[data-flag]").evaluate_all("rows => rows.map((row) => row.dataset.flag)")

    press(page, "j", "j", "k", "j", "x")
    expect(page.get_by_label(f"Select {flags[1]}", exact=True)).to_be_checked()
    expect(page.locator("#selected")).to_have_text("1 selected")

    switch = switch_of(page, flags[1], "development")
    before = switch.get_attribute("aria-checked")
    press(page, "1", "t")
    expect(switch).to_have_attribute("aria-checked", "false" if before == "true" else "true")
    expect(page.locator(".toast")).to_contain_text(f"{flags[1]} is ")

    keys = page.locator("#keys")
    press(page, "?")
    expect(keys).to_contain_text("Keys of this list")
    press(page, "Escape")
    expect(keys).to_be_hidden()

    press(page, "/")
    expect(page.locator("[name=search]")).to_be_focused()
    press(page, "?", "Escape")  # typed, not pressed
    expect(keys).to_be_hidden()
    page.goto(f"{SHOP}flags/")
    press(page, "j", "e")
    page.wait_for_url(f"**/flags/{flags[0]}/environments/*/")
    press(page, "?")
    expect(keys).to_contain_text("go anywhere")


def test_many_flags_are_switched_at_once_and_back(open_at: Open) -> None:
    page = is_live(open_at(f"{SHOP}flags/"))
    switches = [switch_of(page, flag, "production") for flag in ("theme", "new-checkout")]
    for flag in ("theme", "new-checkout"):
        page.get_by_label(f"Select {flag}", exact=True).check()

    page.get_by_role("button", name="Switch…").click()
    page.locator("dialog select[name=environment]").select_option("production")
    page.get_by_role("button", name="Turn off", exact=True).click()
    page.locator("dialog").get_by_role("button", name="Turn off 2 flags in Production").click()

    for switch in switches:
        expect(switch).to_have_attribute("aria-checked", "false")
    page.get_by_role("button", name="Undo").click()
    for switch in switches:
        expect(switch).to_have_attribute("aria-checked", "true")


def test_nothing_moves_when_a_change_arrives(open_at: Open, toggle: Toggle) -> None:
    flags, flag = is_live(open_at(f"{SHOP}flags/")), is_live(open_at(CHECKOUT))
    for page in (flags, flag):
        page.wait_for_load_state("networkidle")
        page.evaluate(SHIFTS)

    for enabled in (False, True):
        toggle("new-checkout", enabled)
        is_on = "true" if enabled else "false"
        expect(switch_of(flags, "new-checkout", "production")).to_have_attribute("aria-checked", is_on)
        expect(flag.get_by_role("switch")).to_have_attribute("aria-checked", is_on)

    for page in (flags, flag):
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        moved = "each => each.sources.map(({node}) => node?.outerHTML?.slice(0, 200))"
        assert page.evaluate(f"() => window.shifts.map({moved})") == []


def test_a_form_is_not_lost_with_the_session(open_at: Open, demo: dict[str, Any]) -> None:
    page = open_at(f"{SHOP}new-segment/")
    page.get_by_label("Name", exact=True).fill("Night owls")
    page.get_by_label("Key", exact=True).fill("night-owls")

    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Make the segment").click()
    page.fill("[name=login]", demo["login"]["email"])
    page.fill("[name=password]", demo["login"]["password"])
    page.click("form[action*=login] button[type=submit]")

    page.wait_for_url("**/new-segment/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Night owls")
    page.get_by_role("button", name="Make the segment").click()
    page.wait_for_url("**/segments/night-owls/")


def test_without_a_script_a_flag_is_read_and_killed(open_at: Open) -> None:
    page = open_at(CHECKOUT, java_script_enabled=False)

    expect(page.get_by_role("heading", name="New checkout")).to_be_visible()
    page.get_by_role("link", name="History", exact=True).first.click()
    expect(page.locator(".timeline")).to_be_visible()
    page.goto(CHECKOUT)
    page.get_by_role("button", name="Kill in production").first.click()
    kill = page.get_by_role("dialog", name="Kill new-checkout in production?")
    kill.get_by_label("Why?").fill("Payments return 502")
    kill.get_by_role("button", name="Kill in production").click()

    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("“Payments return 502”")).to_be_visible()
