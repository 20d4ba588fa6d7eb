"""The demo page in a real Chromium: it follows a flag in under a second, and says so when it cannot."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tenants.actors import Actor
from tenants.models import ApiKey
from tenants.services import revoke_api_key
from tests.conftest import AtOnce
from tests.journeys.conftest import CHROMIUM, SOON, Server, Toggle, surroundings

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=10_000)  # for what is not about time: machines may be busy

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")
Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, servers: list[Server]) -> Visit:
    """Opens the demo in a window of its own, once its stream is live."""

    def open_page(query: str = "", *, server: Server = servers[0], **window: Any) -> Page:
        page = browser.new_context(**window).new_page()
        page.goto(f"{server.url}/demo/{query}")
        expect(page.locator("#stream-words")).to_have_text("Live")
        return page

    return open_page


def test_the_page_follows_a_toggle_soon(servers: list[Server], visit: Visit, toggle: Toggle) -> None:
    pages = [visit("?visitor=priya", server=server) for server in servers]
    before = [page.locator("#checkout").get_attribute("data-edition") for page in pages]

    committed = toggle("new-checkout", False)
    for page in pages:
        page.wait_for_selector("#checkout[data-edition=old]", timeout=5000)
    taken = time.monotonic() - committed

    assert set(before) == {"new"}
    assert taken < SOON
    for page in pages:
        expect(page.locator("#news li")).to_contain_text(["new-checkout: true → false"])
        expect(page.locator("#why-words")).to_have_text("The flag is off here: everybody gets its off variant.")
        expect(page.locator("#checkout")).to_have_class("checkout part changed")


def test_the_line_on_the_page_changes_the_flag_and_then_says_the_way_back(visit: Visit) -> None:
    page = visit("?visitor=priya")
    line = page.locator("#command").inner_text()

    python, *arguments = shlex.split(line)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=surroundings(), check=True, capture_output=True)

    assert python == ".venv/bin/python"
    expect(page.locator("#checkout")).to_have_attribute("data-edition", "old")
    expect(page.locator("#command")).to_have_text(line.removesuffix("off") + "on")


def test_another_visitor_gets_other_values_and_that_is_no_news(visit: Visit) -> None:
    page = visit("?visitor=priya")
    expect(page.locator("#banner")).to_have_text("Namaste! Free delivery in India this week")

    page.get_by_label("Karl").check(force=True)

    expect(page.locator("#banner")).to_have_text("Welcome to our shop")
    expect(page.locator("#discount")).to_have_text("7.5 % off every price")
    expect(page.locator("#pages")).to_have_text("48 of 96 goods per page")
    expect(page.locator("#checkout")).to_have_attribute("data-edition", "old")
    expect(page.locator("#why-title")).to_have_text("Why Karl gets false")
    expect(page.locator("#news li")).to_have_count(0)
    assert page.url.endswith("?environment=production&visitor=karl")

    page.get_by_label("Mona").check(force=True)

    expect(page.locator("#shop")).to_have_css("background-color", "rgb(16, 21, 28)")
    expect(page.locator("#discount")).to_have_text("10 % off every price")


def test_each_reason_is_told_in_words(visit: Visit, toggle: Toggle) -> None:
    page = visit("?visitor=sam")
    expect(page.locator("#why-facts .error")).to_contain_text("TARGETING_KEY_MISSING")
    expect(page.locator("#checkout")).to_have_attribute("data-edition", "old")

    page.get_by_label("Yuki").check(force=True)
    expect(page.locator("#why-words")).to_have_text("This visitor was picked by name.")
    page.locator(".chip", has_text="search-engine").click()
    expect(page.locator("#why-words")).to_contain_text("A client key may not see this flag")
    page.locator("#flags").get_by_text("new-checkout").click()
    toggle("payments-v2", False)

    expect(page.locator("#why-words")).to_contain_text("It needs payments-v2")


def test_maintenance_closes_the_shop(visit: Visit, toggle: Toggle) -> None:
    page = visit()

    toggle("maintenance-mode", True)

    expect(page.locator("#closed")).to_be_visible()
    expect(page.locator("#open")).to_be_hidden()


def test_environments_are_apart(visit: Visit, toggle: Toggle) -> None:
    production, staging = visit(), visit("?environment=staging")

    toggle("new-checkout", False)

    expect(production.locator("#checkout")).to_have_attribute("data-edition", "old")
    expect(staging.locator("#checkout")).to_have_attribute("data-edition", "new")
    staging.get_by_label("Production").check(force=True)
    expect(staging.locator("#checkout")).to_have_attribute("data-edition", "old")


def test_a_server_that_is_away_leaves_the_last_values_and_comes_back(
    servers: list[Server], visit: Visit, toggle: Toggle, tmp_path: Path
) -> None:
    page = visit("?visitor=priya")
    server = servers[0]

    server.process.terminate()
    server.process.wait(10)
    expect(page.locator("#stream-words")).to_contain_text("Reconnecting…")
    expect(page.locator("#checkout")).to_have_attribute("data-edition", "new")
    toggle("new-checkout", False)
    again = restarted(server, tmp_path)

    try:
        expect(page.locator("#stream-words")).to_have_text("Live", timeout=60_000)
        expect(page.locator("#checkout")).to_have_attribute("data-edition", "old")
        expect(page.locator("#news li")).to_have_count(1)
    finally:
        again.terminate()
        again.wait(10)
    page.get_by_label("Karl").check(force=True)
    expect(page.locator("#stream-words")).to_contain_text("these are still the values of Priya in production")
    expect(page.locator("#why-title")).to_have_text("Why Priya gets false")


def restarted(server: Server, data: Path) -> subprocess.Popen[bytes]:
    port = server.url.rpartition(":")[2]
    environment = {**surroundings(), "FLAGFORGE_PORT": port, "FLAGFORGE_DATA": str(data), "PYTHONPATH": os.curdir}
    return subprocess.Popen([sys.executable, "-m", "flagforge.serve"], cwd=ROOT, env=environment)


def test_a_revoked_key_is_said_in_words(visit: Visit, at_once: AtOnce) -> None:
    page = visit()

    at_once(
        lambda: revoke_api_key(
            ApiKey.objects.get(kind="client", environment__key="production"), actor=Actor.system("test")
        )
    )

    expect(page.locator("#stream-words")).to_contain_text("this client key was revoked")


def test_nothing_is_asked_of_another_origin_and_the_console_is_quiet(visit: Visit, servers: list[Server]) -> None:
    page = visit()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    page.reload()
    for choice in page.locator("input[type=radio]").all():
        choice.check(force=True)
        expect(page.locator("#stream-words")).to_have_text("Live")

    assert said == []
    assert len(asked) > 8
    assert [url for url in asked if not url.startswith(f"{servers[0].url}/")] == []


def test_a_phone_needs_no_sideways_scrolling(visit: Visit) -> None:
    page = visit(viewport={"width": 375, "height": 812})

    for choice in page.locator("input[type=radio]").all():
        choice.check(force=True)
        expect(page.locator("#stream-words")).to_have_text("Live")
        assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit("?visitor=priya")

    page.locator("input[name=visitor]:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#why-title")).to_contain_text("Why Ravi gets")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.flag") == "search-engine"
    page.keyboard.press("Enter")

    expect(page.locator("#why-title")).to_have_text("Why Ravi gets not visible")


def test_whoever_wants_less_motion_gets_none(visit: Visit, toggle: Toggle) -> None:
    page = visit("?visitor=priya", reduced_motion="reduce")

    toggle("new-checkout", False)
    expect(page.locator("#checkout")).to_have_class("checkout part changed")

    assert page.locator("#checkout").evaluate("element => element.getAnimations().length") == 0
    expect(page.locator("#news li")).to_have_count(1)
