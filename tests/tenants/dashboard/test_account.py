"""What people say about themselves."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, User
from tenants.permissions import NotAllowed
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
NAME = "/accounts/name/"


def test_a_name_is_chosen(browser: Browser, bob: User) -> None:
    answer = browser(bob).post(NAME, {"name": " Bob Weber "}, follow=True)

    bob.refresh_from_db()
    assert bob.name == "Bob Weber"
    assert "Saved: Bob Weber." in answer.content.decode()
    assert AuditEvent.objects.get(verb="user.renamed").before == {"name": "Bob"}


def test_without_a_name_the_address_stands(browser: Browser, bob: User) -> None:
    browser(bob).post(NAME, {"name": ""})

    bob.refresh_from_db()
    assert str(bob) == "bob@example.com"


def test_a_bad_name_is_told(browser: Browser, bob: User) -> None:
    answer = browser(bob).post(NAME, {"name": "B\u0085ob"})

    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors


def test_nobody_names_somebody_else(as_ada: Actor, bob: User) -> None:
    with pytest.raises(NotAllowed, match="people name themselves only"):
        services.rename_user(bob, name="Robert", actor=as_ada)
