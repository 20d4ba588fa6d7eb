"""Environments on their pages."""

import pytest

from tenants.models import Environment, User
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import SHOP

pytestmark = pytest.mark.django_db
ENVIRONMENTS = f"{SHOP}environments/"


def keys() -> list[str]:
    return [one.key for one in Environment.objects.all()]


def test_an_environment_is_added(browser: Browser, ada: User, production: Environment) -> None:
    sent = {"name": "Load test", "key": "load-test", "color": "moss", "is_protected": "on"}

    answer = browser(ada).post(ENVIRONMENTS, sent)

    assert answer["Location"] == ENVIRONMENTS
    made = Environment.objects.get(key="load-test")
    assert (made.name, made.color, made.is_protected) == ("Load test", "moss", True)


def test_a_taken_key_is_told_at_the_key(browser: Browser, ada: User, production: Environment) -> None:
    answer = browser(ada).post(ENVIRONMENTS, {"name": "P", "key": "production", "color": "moss"})

    assert answer.status_code == 422
    assert answer.context["form"].errors["key"] == ['"production" exists already.']


def test_an_environment_is_edited(browser: Browser, ada: User, production: Environment) -> None:
    browser(ada).post(f"{ENVIRONMENTS}production/", {"name": "Live", "color": "rose", "comment": "Shorter"})

    production.refresh_from_db()
    assert (production.name, production.color, production.is_protected) == ("Live", "rose", False)


def test_environments_change_places(
    browser: Browser, ada: User, development: Environment, production: Environment
) -> None:
    client = browser(ada)

    client.post(f"{ENVIRONMENTS}production/move/", {"to": "up"})
    assert keys() == ["production", "development"]
    client.post(f"{ENVIRONMENTS}production/move/", {"to": "down"})
    client.post(f"{ENVIRONMENTS}production/move/", {"to": "down"})
    client.post(f"{ENVIRONMENTS}development/move/", {"to": "up"})
    assert keys() == ["development", "production"]


def test_a_deleted_environment_comes_back(browser: Browser, ada: User, production: Environment) -> None:
    client = browser(ada)

    asked = client.get(f"{ENVIRONMENTS}production/delete/").content.decode()
    assert "Delete Production" in asked
    client.post(f"{ENVIRONMENTS}production/delete/", {"key": "production"})
    assert keys() == []
    client.post(f"{ENVIRONMENTS}production/undelete/")
    assert keys() == ["production"]


@pytest.mark.parametrize("part", ["", "production/", "production/move/", "production/delete/"])
def test_a_member_changes_no_environment(part: str, browser: Browser, bob: User, production: Environment) -> None:
    sent = {"name": "Mine", "key": "mine", "color": "moss", "to": "up"}

    assert browser(bob).post(f"{ENVIRONMENTS}{part}", sent).status_code == 403


def test_a_member_is_offered_no_change(browser: Browser, bob: User, production: Environment) -> None:
    page = browser(bob).get(ENVIRONMENTS).content.decode()

    assert "Add an environment" not in page
    assert "Edit" not in page
    assert "It takes the role admin" in browser(bob).get(f"{ENVIRONMENTS}production/").content.decode()
