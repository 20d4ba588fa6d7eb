"""Acme's checkout, which Bob watches and Ada changes; and a real SMTP server for what is told."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from flags import services
from flags.models import Flag
from flags.watching.following import follow
from flags.watching.sending import send
from tenants.actors import Actor
from tenants.models import Environment, Mail, User
from tests.tenants.conftest import postbox

__all__ = ["postbox"]

Told = Callable[..., list[str]]


@pytest.fixture
def checkout(checkout: Flag, development: Environment, production: Environment) -> Flag:
    return checkout


@pytest.fixture
def watched(checkout: Flag, as_bob: Actor, bob: User) -> Flag:
    """Bob watches it, and wants to hear of it at once."""
    services.watch_flag(checkout, actor=as_bob)
    hears(bob, "at_once")
    return checkout


@pytest.fixture
def told() -> Told:
    """Follows the audit log, sends what is due so much later, and gives the texts of all mails so far."""

    def look(at: datetime | None = None, **later: int) -> list[str]:
        follow()
        send((at or timezone.now()) + timedelta(**later or {"minutes": 2}))
        return [f"{mail.subject}\n{mail.text}" for mail in Mail.objects.order_by("id")]

    return look


def hears(person: User, how: str, **chosen: object) -> None:
    User.objects.filter(pk=person.pk).update(hears_of_watched_flags=how, **chosen)
    person.refresh_from_db()
