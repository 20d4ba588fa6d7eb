"""Triggers on their page."""

import pytest

from flags.models import Flag, FlagTrigger
from tenants.models import Environment, User
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import SHOP

pytestmark = pytest.mark.django_db
CHECKOUT = f"{SHOP}flags/checkout/environments/"
DEVELOPMENT = f"{CHECKOUT}development/triggers/"
PRODUCTION = f"{CHECKOUT}production/triggers/"
DEPLOY = {"name": "Deploy", "action": "on", "variant": ""}


def test_an_address_is_shown_once_and_revoked(
    browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    client = browser(bob)
    assert "No triggers yet" in client.get(DEVELOPMENT).content.decode()

    made = client.post(DEVELOPMENT, DEPLOY)

    address, trigger = made.context["address"], FlagTrigger.objects.get()
    assert address in made.content.decode()
    assert f'data-instead="{DEVELOPMENT}"' in made.content.decode()
    page = client.get(DEVELOPMENT).content.decode()
    assert trigger.prefix in page
    assert address.rpartition("/")[2] not in page
    revoke = f"{DEVELOPMENT}{trigger.id}/revoke/"
    assert "for ever" in client.get(revoke).content.decode()
    client.post(revoke, {})
    assert FlagTrigger.objects.get().revoked_at is not None
    assert "revoked" in client.get(DEVELOPMENT).content.decode()


def test_what_is_wrong_stands_at_its_field(
    browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    for wrong, field in (({"name": ""}, "name"), ({"action": "serve"}, "variant"), ({"variant": "off"}, "variant")):
        answer = browser(bob).post(DEVELOPMENT, DEPLOY | wrong)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not FlagTrigger.objects.exists()


def test_in_a_protected_environment_the_page_says_what_it_takes(
    browser: Browser, bob: User, ada: User, checkout: Flag, production: Environment
) -> None:
    assert "is protected" in browser(bob).get(PRODUCTION).content.decode()
    assert browser(bob).post(PRODUCTION, DEPLOY).status_code == 403
    assert browser(ada).post(PRODUCTION, DEPLOY).status_code == 200


def test_a_viewer_and_a_stranger_see_none(
    browser: Browser, vera: User, charlie: User, checkout: Flag, development: Environment
) -> None:
    assert "Triggers are for members" in browser(vera).get(DEVELOPMENT).content.decode()
    assert browser(vera).post(DEVELOPMENT, DEPLOY).status_code == 403
    assert browser(charlie).get(DEVELOPMENT).status_code == 404


def test_the_page_of_a_flag_leads_there(browser: Browser, bob: User, checkout: Flag, development: Environment) -> None:
    assert DEVELOPMENT in browser(bob).get(f"{CHECKOUT}development/").content.decode()
