"""A newcomer's first minutes in a real browser: sign up, found an organization, make a key."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD
from tests.journeys.conftest import CHROMIUM, Server

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")


@pytest.fixture
def page(browser: Browser, servers: list[Server]) -> Iterator[Page]:
    """A newcomer who signed up. Every complaint of the console fails the test."""
    page = browser.new_context(base_url=servers[0].url).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("mona@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    yield page
    assert complaints == []


def found_initech(page: Page) -> None:
    page.get_by_role("textbox", name="Organization").fill("Initech & Söhne")
    page.get_by_label("First project").fill("TPS reports")
    page.get_by_role("button", name="Found the organization").click()


def test_keys_follow_names_until_somebody_types_one(page: Page) -> None:
    slug = page.get_by_label("Its name in addresses")

    page.get_by_role("textbox", name="Organization").fill("Initech & Söhne")
    expect(slug).to_have_value("initech-sohne")
    slug.fill("init")
    page.get_by_role("textbox", name="Organization").fill("Something else")

    expect(slug).to_have_value("init")


def test_a_newcomer_founds_an_organization_and_gets_started(page: Page) -> None:
    found_initech(page)

    expect(page).to_have_url(re.compile(r"/organizations/initech-sohne/projects/tps-reports/start/$"))
    expect(page.locator("#ask")).to_contain_text("X-API-Key: ff_client_")
    page.get_by_role("button", name="Make a server key for development").click()
    expect(page.locator("#rules")).to_contain_text("X-API-Key: ff_server_")
    page.reload()
    expect(page.get_by_role("button", name="Make a server key for development")).to_be_visible()


def test_a_reload_neither_shows_a_secret_again_nor_makes_another_key(page: Page) -> None:
    found_initech(page)
    page.get_by_role("link", name="Keys", exact=True).click()
    page.get_by_role("link", name="New key").click()
    page.get_by_label("Token").check()
    expect(page.get_by_label("Acts as")).to_be_visible()
    page.get_by_label("Name").fill("Continuous integration")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("ff_token_")).to_be_visible()

    page.reload()

    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    expect(page.get_by_role("cell", name="Continuous integration ff_token_")).to_have_count(1)
    assert not re.search(r"ff_token_[\w-]{20}", page.content())
