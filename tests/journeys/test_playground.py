"""The playground in a browser: typed, walked through by keys, drafted on, shared, and followed when somebody else saves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from tenants.models import User
from tests.journeys.conftest import Server, Toggle

PLAYGROUND = "/organizations/acme/projects/shop/playground/"
Open = Callable[..., Page]


@pytest.fixture
def session(demo: dict[str, Any]) -> str:
    client = Client()
    owner = User.objects.get(email=demo["owner"]["email"])
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def play(session: str, servers: list[Server], browser: Browser) -> Open:
    """The demo's playground in a window of its own; whatever its console says fails the test."""

    def open_page(address: str = "", **window: Any) -> Page:
        context = browser.new_context(**window)
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": servers[0].url}
        context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie is a dictionary
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(address or f"{servers[0].url}{PLAYGROUND}")
        return page

    return open_page


def cell(page: Page, flag: str, column: int) -> Any:
    return page.locator(f"tr:has(code:text-is('{flag}')) button.cell").nth(column)


def test_keys_walk_the_matrix_and_open_a_cell(play: Open) -> None:
    page = play()
    cell(page, "new-checkout", 0).focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#trace h2")).to_have_text("Why Priya gets true")
    expect(page.locator("button.cell[aria-current]")).to_have_attribute("value", "production/1/payments-v2")
    page.reload()
    expect(page.locator("#trace h2")).to_have_text("Why Priya gets true")


def test_what_is_typed_is_evaluated_and_what_breaks_is_told_beside_it(play: Open) -> None:
    page = play()
    ravi = page.locator("#context-0 textarea")

    ravi.fill('{"targetingKey": "user-23", "country": "DE"}')
    expect(cell(page, "new-checkout", 0)).to_contain_text("everyone else")
    ravi.fill('{"targetingKey": "user-23",\n}')

    expect(page.locator("#context-0 .error")).to_contain_text("Line 1, column 27: a comma before } is not JSON.")
    expect(ravi).to_have_attribute("aria-invalid", "true")
    expect(ravi).to_be_focused()
    expect(cell(page, "new-checkout", 0)).to_contain_text("everyone else")


def test_a_draft_moves_ravi_alone_and_can_be_shared(play: Open) -> None:
    page = play()
    page.get_by_role("button", name="Draft a change").click()
    draft = page.locator("#draft-0 textarea")

    draft.fill(draft.input_value().replace("on: 25%, off: 75%", "on: 20%, off: 80%"))

    expect(cell(page, "new-checkout", 0)).to_contain_text("saved: true")
    expect(cell(page, "new-checkout", 1)).not_to_contain_text("saved")
    expect(page.locator("#trace")).to_contain_text("bucket 24,796 is off, 20,000 to 99,999")
    link = page.locator("#link").text_content() or ""
    shared = play(link)
    expect(cell(shared, "new-checkout", 0)).to_contain_text("saved: true")


def test_the_matrix_follows_what_somebody_else_saves(play: Open, toggle: Toggle) -> None:
    page = play()
    expect(page.locator("#live-state")).to_have_text("Live")

    toggle("new-checkout", False)

    expect(cell(page, "new-checkout", 0)).to_contain_text("is off", timeout=5_000)
    expect(page.locator("#trace h2")).to_have_text("Why Ravi gets false")


def test_the_filter_keeps_its_focus_while_the_matrix_changes(play: Open) -> None:
    page = play()

    page.locator("#filter").press_sequentially("check", delay=120)

    expect(page.locator("button.cell")).to_have_count(4)
    expect(page.locator("#filter")).to_be_focused()
    expect(page.locator("#filter")).to_have_value("check")


def test_everything_can_be_read_without_a_script(play: Open) -> None:
    page = play(java_script_enabled=False)

    cell(page, "search-engine", 3).click()
    expect(page.locator("#trace")).to_contain_text("the split in rule a-fifth needs targetingKey")
    page.get_by_role("button", name="Development").click()
    page.locator("#context-3 textarea").fill(json.dumps({"targetingKey": "user-42"}))
    page.locator("noscript button").click()

    expect(page.locator("#trace")).to_contain_text('Why Sam gets "vectors"')
    expect(page.locator("#trace")).to_contain_text("Development")


def test_a_phone_scrolls_the_matrix_and_never_the_page(play: Open) -> None:
    page = play(viewport={"width": 375, "height": 800})

    cell(page, "theme", 0).click()

    expect(page.locator("#trace h2")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
