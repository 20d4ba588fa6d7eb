"""What somebody does on a page before it is taken."""

from playwright.sync_api import Locator, Page

from script.shooting.people import COLLEAGUE, PASSWORD

MISTYPED = """[{"id": "r1",
  "if": {"attribute": "country", "op": "equls", "values": ["IN"]},
  "serve": {"variant": "on"}}]"""
SETTLING = 300  # milliseconds: fonts, streams and what fades in


def look(page: Page) -> None:
    """Nothing."""


def let_it_load(page: Page) -> None:
    """What a page asks for by itself once it stands."""
    page.wait_for_load_state("networkidle")


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/organizations/**")


def name_a_flag(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Faster search")
    page.get_by_text("Free: your code asks for").wait_for()


def open_the_palette(page: Page) -> None:
    page.get_by_role("link", name="Search or jump to").click()
    page.get_by_role("combobox", name="Search or jump to").fill("check")
    page.get_by_role("option", name="Kill new-checkout in production").wait_for()


def read_as_text(page: Page) -> None:
    page.get_by_role("button", name="As text").click()
    page.locator("#text").wait_for()


def draft(page: Page) -> None:
    _rename_a_rule(page)
    _named(page, "rules[0].serve.split.weights.on").fill("50")
    page.locator("#review-changes").get_by_text("Half of India").first.wait_for()
    if _is_phone(page):
        page.locator("#review").evaluate("review => review.scrollIntoView()")


def select_flags(page: Page) -> None:
    for key in ("banner-text", "new-checkout", "theme"):
        page.get_by_label(f"Select {key}", exact=True).check()


def ask_for_many(page: Page) -> None:
    select_flags(page)
    page.get_by_role("button", name="Switch…").click()
    page.locator("dialog select[name=environment]").select_option("production")
    page.get_by_role("button", name="Turn on", exact=True).click()
    page.get_by_role("heading", name="Turn on 3 flags in Production?").wait_for()


def ask_to_kill(page: Page) -> None:
    page.get_by_role("button", name="Kill in production").first.click()
    page.get_by_role("dialog").wait_for()


def wait_for_operations(page: Page) -> None:
    page.locator(".opblock").first.wait_for(timeout=30_000)  # hundreds of them


def mistype_in_the_admin(page: Page) -> None:
    page.get_by_role("link", name="new-checkout").first.click()
    page.locator("textarea[name=rules]").fill(MISTYPED)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("unknown operator").first.scroll_into_view_if_needed()


def open_a_rollout(page: Page) -> None:
    page.get_by_role("link", name="Longer pages").click()
    page.get_by_role("heading", name="Steps").wait_for()


def open_the_paused_one(page: Page) -> None:
    page.get_by_role("link", name="Dark by default").click()
    page.get_by_text("Evidence").click()


def open_a_guardrail(page: Page) -> None:
    page.get_by_role("link", name="Checkout fails").click()
    page.get_by_role("heading", name="How it watches").wait_for()


def open_a_breach(page: Page) -> None:
    page.get_by_role("link", name="Payments fail").click()
    page.get_by_role("heading", name="How it watches").wait_for()


def open_a_webhook(page: Page) -> None:
    page.get_by_role("link", name="Team chat").click()
    page.get_by_role("heading", name="Team chat").wait_for()


def edit_an_alert(page: Page) -> None:
    page.get_by_role("link", name="Production at night").click()
    page.wait_for_url("**/alerts/*/")


def edit_a_key(page: Page) -> None:
    page.get_by_role("row").filter(has_text="Client").filter(has_text="Production").get_by_role(
        "link", name="Edit"
    ).click()
    page.wait_for_url("**/organizations/acme/keys/*/")


def rotate_a_key(page: Page) -> None:
    page.get_by_role("row").filter(has_text="Shop servers").get_by_role("link", name="Rotate").click()
    page.wait_for_url("**/keys/*/rotate/")


def make_a_key(page: Page) -> None:
    page.get_by_label("For your servers").check()
    page.get_by_label("Name", exact=True).fill("Shop servers")
    page.get_by_role("button", name="Make the key").click()
    page.wait_for_load_state()


def meet_a_colleague(page: Page) -> None:
    """She adds a target while a rule is renamed here."""
    _rename_a_rule(page)
    _save_as_colleague(page)
    page.get_by_role("button", name="Save to development").click()
    page.get_by_role("alert").wait_for()
    if _is_phone(page):
        page.get_by_role("alert").evaluate("conflict => conflict.scrollIntoView()")


def _rename_a_rule(page: Page) -> None:
    page.locator("#live-state", has_text="Live").wait_for()
    page.wait_for_timeout(SETTLING)  # what was saved just before still arrives
    _named(page, "rules[0].name").fill("Half of India")


def _save_as_colleague(page: Page) -> None:
    assert page.context.browser is not None  # noqa: S101  (this one was not launched with a profile of its own)
    theirs = page.context.browser.new_page(base_url=page.url)
    sign_in(theirs, COLLEAGUE, PASSWORD)
    theirs.goto(page.url)
    targets = _named(theirs, "targets[0].values")
    people = targets.input_value().splitlines()
    targets.fill("\n".join([*people, f"user-{40 + len(people)}"]))
    theirs.get_by_role("button", name="Save to development").click()
    theirs.locator(".toast").wait_for()
    theirs.context.close()


def _named(page: Page, name: str) -> Locator:
    return page.locator(f"[id='{name}']")


def _is_phone(page: Page) -> bool:
    return page.viewport_size is not None and page.viewport_size["width"] < 800


def come_with_a_wrong_key(page: Page) -> None:
    """As a program whose key was cut off; the page that waits tells of it."""
    key = page.locator(".keys-grid code").first.inner_text()
    page.request.get("/api/v1/sdk/flags", headers={"X-API-Key": key[:-3]})
    page.reload()
    page.get_by_text("3 characters too short").wait_for()
