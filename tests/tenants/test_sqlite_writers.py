"""SQLite as we open it: eight writers at once lose nothing and never hear "database is locked"."""

from collections.abc import Callable

import pytest
from django.db import connection

from tenants import audit, outbox, services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent, Project

WRITERS, EDITS = 8, 10

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no lock on the whole database"),
]


def test_the_file_is_opened_with_our_options(acme: Organization) -> None:
    with connection.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}

    assert found == {"journal_mode": "wal", "synchronous": 2}
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert str(connection.settings_dict["NAME"]).endswith("test.sqlite3")


def test_eight_writers_and_a_drainer_lose_nothing(
    as_ada: Actor, acme: Organization, shop: Project, at_once: Callable[..., list[object]]
) -> None:
    def write(writer: int) -> Callable[[], Environment]:
        def create_and_edit() -> Environment:
            environment = services.create_environment(shop, key=f"e-{writer}", name="0", actor=as_ada)
            for number in range(1, EDITS + 1):
                services.edit_environment(environment, name=str(number), actor=as_ada)
            return environment

        return create_and_edit

    def drain() -> None:
        for _ in range(20):
            outbox.drain()

    results = at_once(*(write(writer) for writer in range(WRITERS)), drain)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(Environment.objects.values_list("name", flat=True)) == {str(EDITS)}
    assert AuditEvent.objects.filter(verb="environment.edited").count() == WRITERS * EDITS
    assert audit.verify(acme.id).is_intact
    outbox.drain()
    assert not OutboxEvent.objects.filter(attempts__gt=0).exists()
    assert not OutboxEvent.objects.filter(processed_at=None).exists()
