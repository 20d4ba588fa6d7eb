"""Every page can be read by everybody: axe-core finds nothing serious on it, in both themes; a phone shows its whole width;
and nothing is complained of in the console.

The pages come from the map of addresses, so a new one is looked at without anybody thinking of it.
"""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from playwright.sync_api import Browser, ViewportSize

from analytics import demo as told
from analytics import demo_experiment
from analytics.models import Guardrail, Rollout
from flags.models import Flag, FlagTrigger, SavedView
from flags.watching import stopping
from script.shooting.people import COLLEAGUE, settle
from tenants import services
from tenants.models import Alert, ApiKey, Organization, User, Webhook
from tenants.permissions import actor_of
from tenants.roles import Role
from tests.journeys.conftest import CHROMIUM, Server
from tests.npm.install import NotInstalled, install
from tests.routes import filled, named_routes

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it"),
    pytest.mark.timeout(1800),
]
NPM = Path(__file__).resolve().parents[1] / "npm/axe"
BACKEND = "django.contrib.auth.backends.ModelBackend"
WIDE = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=375, height=812)

# What programs ask for.
APIS = ("tenants_api:", "flags_api:", "evaluation_api:", "analytics_api:", "evaluation:", "analytics:")
FILES = {
    "favicon",
    "guides:picture",
    "nothing_here",
    "flags:export_project",
    "schema",
    "postman",
    "mfa_download_recovery_codes",
}
# The admin has the same few pages for each model.
ADMIN = {
    "admin:index",
    "admin:search",
    "admin:flags_flag_changelist",
    "admin:flags_flag_add",
    "admin:flags_flag_change",
    "admin:flags_flag_history",
    "admin:tenants_auditevent_changelist",
}
# Each with what it needs and the demo does not have.
ELSEWHERE = {
    "account_confirm_email": "the key of a mail",
    "account_reset_password_from_key": "the key of a mail",
    "tenants:not_me": "a mail about a sign-in",
    "mfa_deactivate_totp": "a second factor",
    "mfa_view_recovery_codes": "a second factor",
    "mfa_generate_recovery_codes": "a second factor",
    "mfa_remove_webauthn": "a passkey",
    "mfa_edit_webauthn": "a passkey",
    "tenants:retry_purge": "a purge that failed",
}
# Who is signed in is led on, or sees what is for them.
SIGNED_OUT = {"account_login", "account_signup", "account_reset_password", "tenants:about", "guides:index"}
QUERIES = {
    "flags:compare": "?from=staging&to=production",
    "flags:compare_project": "?from=staging&to=production",
    "guides:search": "?q=kill",
    "tenants:search": "?organization=acme&project=shop&q=check",
} | {f"flags:roll_back_{what}": "?to_version=1" for what in ("segment", "flag", "project", "environment")}

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"heading-order": {"enabled": True}, "tabindex": {"enabled": True}},
}
# What a theme or a narrow window changes.
AGAIN = {"runOnly": ["color-contrast", "scrollable-region-focusable"]}
# The page of the API is drawn by a script, from the whole schema.
UNDRAWN = "#swagger-ui:not(:has(.opblock))"
FIND = """async (options) => {
  const {violations} = await axe.run({resultTypes: ["violations"], iframes: false, ...options});
  const why = (node) => `${node.target.join(" ")}: ${[...node.any, ...node.all, ...node.none][0].message}`;
  return violations
    .filter((each) => each.id === "heading-order" || ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map(why).join("; ")}`);
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm; script/test gets them")
    try:
        return (install(NPM) / "axe-core/axe.min.js").read_text()
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch axe-core: {error}")


@pytest.fixture
def names(demo: dict[str, Any]) -> dict[str, str]:
    """What stands for each converter of a route, in a demo that has one of everything."""
    now = datetime.now(UTC)
    told.tell(now=now)
    demo_experiment.tell(now=now)
    settle(now)
    mona = User.objects.get(email=COLLEAGUE)
    things = {
        "member": mona,
        "api_key": ApiKey.objects.get(name="Shop servers"),
        "deleted": Flag.with_deleted.get(key="summer-sale"),
        "webhook": Webhook.objects.get(name="Team chat"),
        "alert": Alert.objects.get(name="Production at night"),
        "trigger": FlagTrigger.objects.get(),
        "rollout": Rollout.objects.get(name="Longer pages"),
        "guardrail": Guardrail.objects.get(name="Checkout fails"),
        "saved_view": SavedView.objects.get(name="My experiments"),
        "object_id": Flag.objects.get(key="new-checkout"),
    }
    keys = {"organization": "acme", "project": "shop", "environment": "production", "flag": "new-checkout"}
    keys |= {"segment": "beta-testers", "role": "on-call", "team": "payments", "group": "first-page"}
    keys |= {"metric": "order-value", "experiment": "semantic-search", "version": "2", "slug": "flag-page"}
    keys |= dict.fromkeys(("invitation", "trigger"), "of-forms-alone")
    return keys | {name: str(thing.pk) for name, thing in things.items()}


@pytest.fixture
def cookies(names: dict[str, str], demo: dict[str, Any], client: Client, servers: list[Server]) -> list[Any]:
    """Of the demo's owner, who runs the installation too, and has just said who they are."""
    owner = User.objects.get(email=demo["login"]["email"])
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    client.force_login(owner, BACKEND)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    return [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": servers[0].url}]


@pytest.fixture
def addresses(names: dict[str, str], client: Client, cookies: list[Any]) -> dict[str, str]:
    """Of every page. What takes nothing but forms says so when it is asked."""
    secret = _secrets()
    found = {}
    for name, route in named_routes().items():
        is_page = name in ADMIN or not name.startswith(("admin:", *APIS))
        if is_page and name not in FILES | ELSEWHERE.keys():
            address = filled(route, names | secret.get(name, {})) + QUERIES.get(name, "")
            if "GET" in client.options(address).get("Allow", "GET"):
                found[name] = address
    return found


def _secrets() -> dict[str, dict[str, str]]:
    """What stands in the address of some pages alone."""
    mona, acme = User.objects.get(email=COLLEAGUE), Organization.objects.get(slug="acme")
    actor = actor_of(mona)
    _, invitation = services.invite(acme, email="ines@partner.example", role=Role.VIEWER, actor=actor)
    gone = services.create_organization(slug="gone", name="Gone", owner=mona, actor=actor)
    services.delete_organization(gone, actor=actor_of(mona))
    return {
        "tenants:invitation": {"secret": invitation},
        "flags:stop_watching_mails": {"secret": signing.dumps(mona.pk, salt=stopping.SALT)},
        "tenants:undelete_organization": {"organization": "gone"},
        "tenants:purge_organization": {"organization": "gone"},
    }


def test_every_page_can_be_read_by_everybody(
    addresses: dict[str, str], cookies: list[Any], axe: str, browser: Browser, servers: list[Server]
) -> None:
    guest, owner = (Walk(browser, axe, servers[0].url) for _ in range(2))
    owner.page.context.add_cookies(cookies)

    for name, address in addresses.items():
        (guest if name in SIGNED_OUT else owner).visit(name, address)

    found = guest.found + owner.found
    assert not found, "\n".join(found)
    assert len(owner.seen) > 130


class Walk:
    """One window, and what was found in it, by the name of the page."""

    def __init__(self, browser: Browser, axe: str, url: str) -> None:
        context = browser.new_context(base_url=url, viewport=WIDE, reduced_motion="reduce")
        context.add_init_script(axe)
        self.page, self.name = context.new_page(), ""
        self.found: list[str] = []
        self.seen: set[str] = set()
        self.page.on("console", lambda message: self.complain(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complain(str(error)))

    def visit(self, name: str, address: str) -> None:
        """Twice the same page, where one leads to another, is looked at once; parts of pages are seen within them."""
        self.name = name
        answer = self.page.goto(address)
        self.page.locator(UNDRAWN).wait_for(state="detached")
        is_page = self.page.evaluate("document.doctype !== null")
        if is_page and self.page.url not in self.seen:
            self.seen.add(self.page.url)
            if answer is None or answer.status != 200:
                self.complain(f"answered {answer and answer.status}")
            self.look()

    def look(self) -> None:
        """By day; then by night, on a phone."""
        self.judge(RULES)
        self.page.emulate_media(color_scheme="dark")
        self.page.set_viewport_size(PHONE)
        self.judge(AGAIN)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            self.complain(f"{width} px wide on a phone")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(WIDE)

    def judge(self, options: dict[str, Any]) -> None:
        for each in self.page.evaluate(FIND, options):
            self.complain(each)

    def complain(self, what: str) -> None:
        self.found.append(f"{self.name}: {what}")
