"""The cast that is put back is the one that the services made, and is not put where something else was written before."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, User
from tenants.permissions import actor_of
from tests import stage
from tests.stage import Stage

pytestmark = pytest.mark.django_db


def come_in(to: Stage, a_user: Callable[[str], User]) -> tuple[User, Organization, Actor]:
    """Somebody new to all stages, with an organization."""
    dora = to.enter("dora", lambda: a_user("Dora"))
    found = lambda: services.create_organization(slug="duo", name="Duo", owner=dora, actor=actor_of(dora))  # noqa: E731
    return dora, to.enter("duo", found), to.look("as_dora", lambda: actor_of(dora))


def test_what_is_put_back_is_what_was_made(a_user: Callable[[str], User]) -> None:
    with transaction.atomic():
        dora, duo, actor = come_in(Stage(), a_user)
        made = stage._rows()
        transaction.set_rollback(True)
    assert not Organization.objects.filter(slug="duo").exists()
    stage.begin()

    again, duo_again, actor_again = come_in(Stage(), lambda name: pytest.fail("made a second time"))

    assert stage._rows() == made
    assert (again, duo_again) == (dora, duo)
    assert again is not dora
    assert actor_again.grants == actor.grants
    duo_again.refresh_from_db()


def test_after_something_else_was_written_everybody_is_made(a_user: Callable[[str], User]) -> None:
    to = Stage()
    to.enter("emil", lambda: a_user("Emil"))
    a_user("Gustav")

    assert to.enter("frida", lambda: a_user("Frida")).name == "Frida"
    assert not any(came[1:] == ("emil", "frida") for came in Stage._scenes)


def test_what_was_sealed_with_other_keys_is_not_put_back(a_user: Callable[[str], User], settings: Any) -> None:
    with transaction.atomic():
        Stage().enter("hanna", lambda: a_user("Hanna"))
        transaction.set_rollback(True)
    stage.begin()
    settings.ENVELOPE_KEYS = [b"a key of another day, 32 bytes.."]

    Stage().enter("hanna", lambda: a_user("Hanna"))

    call_command("secrets", "status", stdout=StringIO())
