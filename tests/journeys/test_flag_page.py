"""The page of a flag in a real Chromium: a rule with a split, a colleague in between, the text, the kill, the keyboard."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import CHROMIUM, Open, Server, Toggle

expect.set_options(timeout=10_000)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")


def of(page: Page, name: str) -> Any:
    """The input of that name."""
    return page.locator(f"[id='{name}']")


def add_baltic_rule(page: Page) -> None:
    page.get_by_role("button", name="Add rule").click()
    of(page, "rules[2].name").fill("Half of the Baltics")
    page.locator("section[aria-label='Rule 3']").get_by_role("button", name="Condition", exact=True).click()
    of(page, "rules[2].if.attribute").fill("country")
    of(page, "rules[2].if.values").fill("LV\nEE\nLT")
    of(page, "rules[2].serve").select_option("split")
    of(page, "rules[2].serve.split.weights.on").fill("50")


def test_a_rule_with_a_split_is_reviewed_saved_and_undone(open_page: Open) -> None:
    page = open_page()

    add_baltic_rule(page)
    review = page.locator("#review-changes")

    expect(of(page, "rules[2].serve.split.weights.off")).to_have_value("50")
    expect(page.locator("section[aria-label='Rule 3'] .split-bar rect")).to_have_count(2)
    expect(review).to_contain_text("Rule 3, Half of the Baltics, new")
    expect(review).to_contain_text("if country is any of LV, EE, LT")
    expect(review).to_contain_text("serves 50 % on, 50 % off")

    page.fill("#comment", "Riga went well")
    page.get_by_role("button", name="Save to development").click()

    expect(page.locator(".toast")).to_contain_text("Saved as version 3 in development.")
    expect(page.locator(".timeline")).to_contain_text("“Riga went well”")
    expect(review).to_contain_text("Nothing changed yet")

    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".toast")).to_contain_text("Rolled back to version 2")
    expect(of(page, "rules[2].name")).to_have_count(0)


def test_who_moves_is_told_while_a_weight_slides(open_page: Open) -> None:
    page = open_page()

    page.get_by_label("Weight of on", exact=True).first.fill("40")

    expect(of(page, "rules[0].serve.split.weights.on")).to_have_value("40")
    expect(of(page, "rules[0].serve.split.weights.off")).to_have_value("60")
    expect(page.locator(".moves")).to_contain_text("15 % of those who reach Rule 1, Beta in India, move off → on")


def test_two_people_edit_and_neither_loses_anything(open_page: Open) -> None:
    mine, theirs = open_page(), open_page()
    of(mine, "rules[0].name").fill("Beta in Karnataka")
    of(theirs, "targets[0].values").fill("user-7\nuser-9\nmona@acme.example")
    theirs.get_by_role("button", name="Save to development").click()
    expect(theirs.locator(".toast")).to_contain_text("Saved as version 3")

    expect(mine.locator("#news")).to_contain_text("saved version 3. Your draft is kept.")
    mine.get_by_role("button", name="Save to development").click()

    conflict = mine.get_by_role("alert")
    expect(conflict).to_contain_text("Somebody saved first")
    expect(conflict).to_contain_text("mona@acme.example always gets on")
    expect(conflict).to_contain_text("named “Beta in Karnataka”")

    mine.get_by_role("button", name="Apply mine over theirs").click()
    expect(of(mine, "targets[0].values")).to_have_value("user-7\nuser-9\nmona@acme.example")
    mine.get_by_role("button", name="Save to development").click()

    expect(mine.locator(".toast")).to_contain_text("Saved as version 4")
    expect(of(mine, "rules[0].name")).to_have_value("Beta in Karnataka")


def test_a_page_that_nobody_types_in_follows_its_flag(open_page: Open, toggle: Toggle) -> None:
    page = open_page("production/")
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#live-state")).to_have_text("Live")

    toggle("new-checkout", False)

    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")


def test_the_draft_is_edited_as_text_and_comes_back_as_a_form(open_page: Open) -> None:
    page = open_page()
    of(page, "rules[0].name").fill("Beta in Karnataka")
    page.get_by_role("button", name="As text").click()
    text = page.locator("#text")
    expect(text).to_be_visible()

    text.fill(text.input_value().replace('country in ["IN"]', 'country equls "IN"'))
    page.get_by_role("button", name="As form").click()
    expect(page.locator("#text-faults")).to_contain_text("Line 4, column ")

    text.fill(text.input_value().replace('country equls "IN"', 'country in ["IN", "LK"]'))
    page.get_by_role("button", name="As form").click()

    expect(of(page, "rules[0].if.values")).to_have_value("IN\nLK")
    expect(of(page, "rules[0].name")).to_have_value("Beta in Karnataka")
    expect(page.locator("#review-changes")).to_contain_text("if country is any of IN, LK")


def test_the_kill_names_its_environment_and_the_safe_way_has_the_focus(open_page: Open) -> None:
    page = open_page("production/")
    of(page, "rules[0].name").fill("Not saved yet")

    page.get_by_role("button", name="Kill in production").first.click()
    dialog = page.get_by_role("dialog", name="Kill new-checkout in production?")
    expect(dialog.get_by_role("button", name="Keep it on")).to_be_focused()
    dialog.get_by_label("Why?").fill("Payments return 502")
    dialog.get_by_role("button", name="Kill in production").click()

    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    expect(of(page, "rules[0].name")).to_have_value("Not saved yet")
    expect(page.locator(".timeline")).to_contain_text("“Payments return 502”")


def test_a_protected_environment_asks_by_its_name(open_page: Open) -> None:
    page = open_page("production/")
    of(page, "rules[0].name").fill("Beta in Karnataka")

    page.get_by_role("button", name="Save to production").click()
    dialog = page.get_by_role("dialog", name="Save to production?")
    expect(dialog.get_by_role("button", name="Not now")).to_be_focused()
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Save to production").click()
    dialog.get_by_role("button", name="Save to production").click()

    expect(page.locator(".toast")).to_contain_text("Saved as version 3 in production.")


def test_a_rule_is_written_with_the_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Add rule").focus()
    page.keyboard.press("Enter")
    expect(of(page, "rules[2].name")).to_be_visible()

    of(page, "rules[2].name").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")

    expect(page.locator("#review-changes")).to_contain_text("Rule 3, By keyboard, new")
    expect(of(page, "rules[2].name")).to_be_focused()


def test_the_page_works_without_scripts_and_fits_a_phone(open_page: Open) -> None:
    page = open_page(java_script_enabled=False, viewport={"width": 375, "height": 800})

    page.get_by_role("button", name="Add rule").click()
    of(page, "rules[2].name").fill("By hand")
    page.get_by_role("button", name="Save to development").click()

    expect(page.locator(".toast")).to_contain_text("Saved as version 3 in development.")
    expect(of(page, "rules[2].name")).to_have_value("By hand")
    assert page.locator("#flag-page").bounding_box()["width"] <= 375  # type: ignore[index]  # it is on the page


def drag(page: Page, grip: str, above: str) -> None:
    """As a hand does, which moves twice over what it drops on: a browser at work elsewhere tells of the second move alone."""
    page.locator(grip).hover()
    page.mouse.down()
    for _ in range(2):
        page.locator(above).hover(position={"x": 200, "y": 4})
    page.mouse.up()


def test_rules_are_dragged_grouped_promoted_and_killed_until_that_is_effective(
    open_page: Open, demo: dict[str, Any], servers: list[Server]
) -> None:
    # Tall, so that what is dragged and where it is dropped are both in sight.
    page = open_page(viewport={"width": 1280, "height": 1600})

    expect(page.locator("#live-state")).to_have_text("Live")
    expect(page.locator("svg.graph a")).to_have_count(2)

    # Dragged: the second rule above the first.
    drag(page, "[data-rule='rules[1]'] .grip", "[data-rule='rules[0]'] .card-head")
    expect(of(page, "rules[0].name")).to_have_value("Beta testers with a recent app")
    expect(page.locator("#review-changes")).to_contain_text("Order of the rules")

    # A group within the rule's own.
    first = page.locator("section[aria-label='Rule 1']")
    first.get_by_role("button", name="Group", exact=True).click()
    of(page, "rules[0].if.all[2].any[0].attribute").fill("plan")
    of(page, "rules[0].if.all[2].any[0].values").fill("pro")
    expect(page.locator("#review-changes")).to_contain_text("plan is any of pro")
    first.locator(".group").get_by_role("button", name="Segment", exact=True).focus()
    page.keyboard.press("Enter")
    of(page, "rules[0].if.all[2].any[1].segment").fill("employees")
    expect(page.locator("#review-changes")).to_contain_text("(plan is any of pro or in segment employees)")
    page.get_by_role("button", name="Save to development").click()
    expect(page.locator(".toast")).to_contain_text("Saved as version 3 in development.")

    # Compared, and promoted part by part.
    page.get_by_role("link", name="Compare").click()
    page.get_by_label("From", exact=True).select_option("development")
    expect(page).to_have_url(re.compile("from=development"))
    page.get_by_label("To", exact=True).select_option("production")
    expect(page.get_by_label("Rule 1, Beta testers with a recent app")).to_be_checked()
    page.get_by_label("Order of the rules").uncheck()
    review = page.locator("#review-changes")
    expect(review).to_contain_text("(plan is any of pro or in segment employees)")
    expect(review).not_to_contain_text("Order of the rules")
    page.fill("#comment", "Pune went well")
    page.get_by_role("button", name="Promote to production").click()
    dialog = page.get_by_role("dialog", name="Promote to production?")
    expect(dialog.get_by_role("link", name="Not now")).to_be_focused()
    dialog.get_by_role("button", name="Promote to production").click()
    expect(page.locator(".toast")).to_contain_text("Promoted from development as version 3 in production.")
    expect(page.get_by_label("Order of the rules")).to_be_visible()

    # Killed, and effective on the one application that listens.
    page.get_by_role("link", name="new-checkout in Production").click()
    # Before its scripts are there the kill is a page. What comes while it asks does not take the question away.
    page.wait_for_url("**/flags/new-checkout/environments/production/")
    key = demo["environments"]["production"]["server_key"]
    with httpx.stream("GET", f"{servers[-1].url}/api/v1/sdk/stream", headers={"X-API-Key": key}, timeout=30):
        page.get_by_role("button", name="Kill in production").first.click()
        kill = page.get_by_role("dialog", name="Kill new-checkout in production?")
        kill.get_by_role("button", name="Kill in production").click()
        expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
        expect(page.locator(".reach")).to_contain_text("Effective on 1 of 1", timeout=20_000)


def test_a_value_of_json_says_its_line_and_is_laid_out(open_page: Open) -> None:
    page = open_page()
    page.goto(page.url.replace("new-checkout/environments/development/", "theme/settings/"))
    value = page.get_by_label("Value of variant 1")

    fault = page.locator(".json-field .error").first
    value.fill('{"dark": true,\n "colors": }')
    expect(fault).to_have_text("Line 2, column 12: a value is expected here.")
    value.fill('{"dark": [1, 2}')
    expect(fault).to_have_text("Line 1, column 15: a comma or ] is expected here.")
    expect(value).to_have_attribute("aria-invalid", "true")

    value.fill('{"dark": true, "colors": {"text": "#fff"}}')
    page.get_by_role("button", name="Format").first.click()
    page.get_by_text("As a tree").first.click()

    expect(value).to_have_value('{\n  "dark": true,\n  "colors": {\n    "text": "#fff"\n  }\n}')
    expect(page.locator(".json-tree").first).to_contain_text("object of 1")
