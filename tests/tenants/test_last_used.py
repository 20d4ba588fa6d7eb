"""When keys were used last: noted for nothing, written for all together, never back in time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError

from tenants import last_used, services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, token_of

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    last_used._noted.clear()
    yield
    last_used._noted.clear()


@pytest.fixture
def keys(production: Environment, system: Actor) -> list[ApiKey]:
    return [services.create_api_key(kind="server", scope=production, name="web", actor=system)[0] for _ in range(3)]


def moments() -> list[Any]:
    return list(ApiKey.objects.order_by("id").values_list("last_used_at", flat=True))


def test_all_keys_of_a_minute_are_written_by_one_statement(keys: list[ApiKey], django_assert_num_queries: Any) -> None:
    for second, api_key in enumerate(keys):
        last_used.note(api_key.id, TEN.timestamp() + second)

    with django_assert_num_queries(1):
        last_used.write_noted()
    with django_assert_num_queries(0):
        last_used.write_noted()

    assert moments() == [TEN] * 3
    assert ApiKey.history.count() == 3  # their creation alone


def test_a_use_from_before_changes_nothing(keys: list[ApiKey]) -> None:
    last_used.note(keys[0].id, TEN.timestamp())
    last_used.note(keys[0].id, TEN.timestamp() - 600)
    last_used.write_noted()

    last_used.note(keys[0].id, TEN.timestamp() - 600)
    last_used.write_noted()

    assert moments()[0] == TEN


def test_a_key_that_holds_a_stream_open_is_used_now(keys: list[ApiKey]) -> None:
    last_used.write_noted([keys[1].id])

    assert [moment is not None for moment in moments()] == [False, True, False]


def test_what_cannot_be_written_stays_noted(keys: list[ApiKey], monkeypatch: pytest.MonkeyPatch) -> None:
    last_used.note(keys[0].id, TEN.timestamp())
    with monkeypatch.context() as broken:
        broken.setattr(last_used, "_write", lambda used: (_ for _ in ()).throw(DatabaseError("away")))
        with pytest.raises(DatabaseError):
            last_used.write_noted()

    last_used.write_noted()

    assert moments()[0] == TEN


def test_a_token_is_used_by_each_call(acme: Organization, system: Actor) -> None:
    api_key, secret = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.VIEWER, actor=system)

    token_of(secret).get(ACME)
    token_of("ff_token_" + "x" * 43).get(ACME)
    last_used.write_noted()

    assert set(last_used._noted) == set()
    assert ApiKey.objects.get(pk=api_key.pk).last_used_at is not None
