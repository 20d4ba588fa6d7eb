"""A real Chromium at a real server. Every complaint of its console, about the content security policy too, fails the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import ARGUMENTS, CHROMIUM


@pytest.fixture(autouse=True)
def nothing_tried_yet() -> None:
    """The limits of tries are kept in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def address(live_server: Any) -> str:
    """Of a server on this test's database and with its settings. By name: browsers keep no passkeys for IP addresses."""
    return str(live_server.url)


@pytest.fixture
def chromium(address: str) -> Iterator[Page]:
    """Begun after the database and ended before it: while it runs, Django refuses to ask the database in this thread."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium; script/test gets it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(base_url=address).new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield page
        browser.close()
    assert complaints == []
