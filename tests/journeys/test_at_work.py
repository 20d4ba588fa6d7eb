"""A day at the dashboard in a real Chromium: keys alone, many flags at once, colleagues, a session that ends, no script."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import global_settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization
from tenants.roles import Role
from tests.conftest import PASSWORD
from tests.journeys.conftest import CHROMIUM, Server, Toggle

expect.set_options(timeout=10_000)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
SHOP = "/organizations/acme/projects/shop/"
CHECKOUT = f"{SHOP}flags/new-checkout/environments/production/"
SHIFTS = """() => {
    window.shifts = [];
    const seen = (list) => window.shifts.push(...list.getEntries().filter((each) => !each.hadRecentInput));
    new PerformanceObserver(seen).observe({type: "layout-shift"});
}"""
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def as_in_life(settings: Any) -> None:
    """The servers check passwords as in life, so they are hashed as in life here."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


@pytest.fixture
def mona(demo: dict[str, Any]) -> str:
    """The cookie of a colleague."""
    user = services.register_user(email="mona@example.com", password=PASSWORD, name="Mona", actor=Actor.anonymous())
    acme = Organization.objects.get(slug="acme")
    services.add_member(acme, user=user, role=Role.MEMBER, actor=Actor.system("test"))
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


@pytest.fixture
def open_page(session: str, browser: Browser, servers: list[Server]) -> Open:
    """Opens a page in a window of its own, signed in."""

    def visit(path: str, server: int = 0, who: str = session, **window: Any) -> Page:
        url = servers[server].url
        context = browser.new_context(base_url=url, **window)
        context.add_cookies([{"name": "sessionid", "value": who, "url": url}])
        page = context.new_page()
        page.goto(path)
        return page

    return visit


def is_live(page: Page) -> Page:
    expect(page.locator("#live-state")).to_have_text("Live")
    return page


def switch_of(page: Page, flag: str, environment: str) -> Any:
    return page.locator(f"[id='switch-{flag}-{environment}']")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_list_is_worked_by_keys_alone(open_page: Open) -> None:
    page = is_live(open_page(f"{SHOP}flags/"))
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


def test_many_flags_are_switched_at_once_and_back(open_page: Open) -> None:
    page = is_live(open_page(f"{SHOP}flags/"))
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


def test_nothing_moves_when_a_change_arrives(open_page: Open, toggle: Toggle) -> None:
    flags, flag = is_live(open_page(f"{SHOP}flags/")), is_live(open_page(CHECKOUT))
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


def test_a_form_is_not_lost_with_the_session(open_page: Open, demo: dict[str, Any]) -> None:
    page = open_page(f"{SHOP}new-segment/")
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


def test_without_a_script_a_flag_is_read_and_killed(open_page: Open) -> None:
    page = open_page(CHECKOUT, java_script_enabled=False)

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


@pytest.mark.postgresql
def test_colleagues_see_each_other_and_lose_nothing(mona: str, open_page: Open) -> None:
    settings = f"{SHOP}flags/new-checkout/settings/"
    mine, theirs = is_live(open_page(settings)), is_live(open_page(settings, server=-1, who=mona))

    expect(mine.locator("#presence")).to_contain_text("Mona is here")
    theirs.get_by_label("Name", exact=True).fill("One page instead of four")
    expect(mine.locator("#presence")).to_contain_text("Mona is editing")
    mine.get_by_label("Description").fill("Nobody reads four pages.")
    theirs.get_by_role("button", name="Save", exact=True).click()
    expect(theirs.locator(".toast").first).to_be_visible()

    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.locator("main")).to_contain_text("One page instead of four")
    expect(mine.get_by_label("Description")).to_have_value("Nobody reads four pages.")
    theirs.close()
    expect(mine.locator("#presence")).not_to_contain_text("Mona")
