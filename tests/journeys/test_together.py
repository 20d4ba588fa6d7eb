"""Two people at one flag, in two browsers at two servers: each sees the other, and neither loses anything."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization
from tenants.roles import Role
from tests.conftest import PASSWORD
from tests.journeys.conftest import CHROMIUM, Open, is_live

expect.set_options(timeout=10_000)
pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it"),
]
SETTINGS = "/organizations/acme/projects/shop/flags/new-checkout/settings/"


@pytest.fixture
def mona(demo: dict[str, Any]) -> str:
    """The cookie of a colleague."""
    user = services.register_user(email="mona@example.com", password=PASSWORD, name="Mona", actor=Actor.anonymous())
    acme = Organization.objects.get(slug="acme")
    services.add_member(acme, user=user, role=Role.MEMBER, actor=Actor.system("test"))
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def test_colleagues_see_each_other_and_lose_nothing(mona: str, open_at: Open) -> None:
    mine, theirs = is_live(open_at(SETTINGS)), is_live(open_at(SETTINGS, server=-1, who=mona))

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
