"""Whoever lost every second factor is let in again by whoever runs the server, and by nobody else."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from tenants import services
from tenants.models import AuditEvent, User
from tenants.permissions import NotAllowed, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked_out(alice: User) -> User:
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=alice, type=kind, data={})
    return alice


def test_the_operator_removes_them_all(locked_out: User) -> None:
    call_command("remove_second_factors", "Alice@example.com", "--comment", "Called, and showed her passport")

    event = AuditEvent.objects.get(verb="user.second_factors_removed")
    assert not Authenticator.objects.exists()
    assert (event.object_id, event.before, event.actor_kind) == (
        locked_out.pk,
        {"kinds": ["recovery_codes", "totp"]},
        "system",
    )
    assert event.comment == "Called, and showed her passport"


def test_nobody_removes_them_from_themselves_that_way(locked_out: User) -> None:
    with pytest.raises(NotAllowed, match="only whoever runs the server"):
        services.remove_second_factors(locked_out, actor=actor_of(locked_out))


def test_an_address_of_nobody_is_told() -> None:
    with pytest.raises(CommandError, match="There is no account"):
        call_command("remove_second_factors", "nobody@example.com")
