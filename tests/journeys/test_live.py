"""What an open page says of its own connection in a real Chromium, and that nothing typed is lost when a session ends."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, expect

from tests.conftest import AtOnce
from tests.journeys.conftest import CHROMIUM, Server

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
FLAG = "/organizations/acme/projects/shop/flags/new-checkout/environments/development/"
Look = Callable[[], Page]


@pytest.fixture(autouse=True)
def as_in_life(settings: Any) -> None:
    """The servers check passwords as in life, so they are hashed as in life here."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


@pytest.fixture
def page(browser: Browser, servers: list[Server]) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{servers[0].url}/accounts/login/?next={FLAG}")
    return page


def sign_in(page: Page, login: dict[str, str]) -> None:
    page.fill("[name=login]", login["email"])
    page.fill("[name=password]", login["password"])
    page.click("form[action*=login] button[type=submit]")
    page.wait_for_load_state("networkidle")


def state(page: Page) -> Any:
    return expect(page.locator("#live-state"))


def test_a_page_says_when_its_server_is_away(page: Page, demo: dict[str, Any], servers: list[Server]) -> None:
    sign_in(page, demo["login"])
    state(page).to_have_text("Live")

    servers[0].process.terminate()

    state(page).to_have_text("Reconnecting…")


def test_what_was_typed_can_be_sent_after_signing_in_again(
    page: Page, demo: dict[str, Any], servers: list[Server], at_once: AtOnce
) -> None:
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    sign_in(page, demo["login"])
    state(page).to_have_text("Live")
    form = page.locator("form.theme")
    before = form.locator("[name=csrfmiddlewaretoken]").input_value()

    at_once(Session.objects.all().delete)
    state(page).to_have_text("Signed out. Sign in")
    with page.context.expect_page() as opened:
        page.locator("#live-state a").click()
    sign_in(opened.value, demo["login"])
    opened.value.close()
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # headless tabs are all in front

    state(page).to_have_text("Live")
    expect(form.locator("[name=csrfmiddlewaretoken]")).not_to_have_value(before)
    form.locator("button[value=dark]").evaluate("button => button.click()")
    expect(page.locator("html[data-theme=dark]")).to_be_visible()
    assert said == []
