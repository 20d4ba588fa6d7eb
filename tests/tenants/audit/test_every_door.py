"""What is changed from the server's own terminal stands in the log too."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tenants import audit
from tenants.models import INSTANCE_CHAIN, AuditEvent, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple 2"


def test_a_superuser_that_is_made_by_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", "--noinput", "--email", "root@example.com", stdout=StringIO())

    event = AuditEvent.objects.get(verb="user.registered")
    assert (event.actor_name, event.after) == ("createsuperuser", {"email": "root@example.com", "is_superuser": True})
    assert event.object_id == User.objects.get().id
    assert audit.verify(INSTANCE_CHAIN).is_intact


def test_a_password_that_is_set_by_a_command(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt="": PASSWORD)

    call_command("changepassword", alice.email, stdout=StringIO())

    event = AuditEvent.objects.get(verb="user.password_changed")
    assert (event.actor_kind, event.actor_name, event.object_id) == ("system", "changepassword", alice.id)
    assert User.objects.get().check_password(PASSWORD)


def test_a_new_signing_key_of_manifests(db: Any) -> None:
    call_command("rotate_signing_key", stdout=StringIO())
    call_command("rotate_signing_key", "--drop-previous", stdout=StringIO())

    first, second = AuditEvent.objects.filter(verb="signing_key.created").order_by("position")
    assert first.object_id in second.before["retired"]
    assert second.after == {"active": [second.object_id]}
    assert first.actor_name == "rotate_signing_key"
