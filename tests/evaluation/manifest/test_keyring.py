"""The keys that a process knows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluation.manifest import keyring
from evaluation.wire.limits import Limits
from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Organization

pytestmark = pytest.mark.django_db


def test_a_key_is_looked_up_once(server_key: str) -> None:
    first = keyring.find(server_key)

    with CaptureQueriesContext(connection) as queries:
        second = keyring.find(server_key)

    assert first is not None
    assert first is second
    assert len(queries) == 0


def test_an_unknown_key_is_asked_for_once_in_five_seconds(server_key: str) -> None:
    unknown = server_key[:-4] + "AAAA"
    keyring.find(unknown)

    with CaptureQueriesContext(connection) as queries:
        assert keyring.find(unknown) is None

    assert len(queries) == 0


@pytest.mark.parametrize(
    "nonsense", ["", "x", "ff_server_short", "ff_other_" + "a" * 43, "ff_server_" + "a" * 43 + "\n"]
)
def test_what_is_no_key_costs_no_query(nonsense: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert keyring.find(nonsense) is None

    assert len(queries) == 0


def test_a_revoked_key_is_reported_and_forgotten(server_key: str, client_key: str, system: Actor) -> None:
    held = keyring.find(server_key)
    keyring.find(client_key)
    services.revoke_api_key(ApiKey.objects.get(kind="server"), actor=system)

    gone = keyring.reconcile()

    assert gone == [held]
    assert keyring.find(server_key) is None
    assert keyring.find(client_key) is not None


def test_a_key_of_a_deleted_environment_stops_working(server_key: str, development: Environment, system: Actor) -> None:
    keyring.find(server_key)
    services.delete_environment(development, actor=system)

    keyring.reconcile()

    assert keyring.find(server_key) is None


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something happen between the look-up of a key and its end."""

    def interrupt(happening: Callable[[], object]) -> None:
        look_up = keyring._look_up

        def slow(hashes: Any) -> Any:
            found = look_up(hashes)
            monkeypatch.setattr(keyring, "_look_up", look_up)
            happening()
            keyring.reconcile()  # in between, as the look-out's thread would
            return found

        monkeypatch.setattr(keyring, "_look_up", slow)

    return interrupt


def test_a_key_that_is_revoked_while_we_ask_does_not_work(
    server_key: str, interrupted: Callable[[Callable[[], object]], None], system: Actor
) -> None:
    interrupted(lambda: services.revoke_api_key(ApiKey.objects.get(kind="server"), actor=system))

    assert keyring.find(server_key) is None


def test_a_key_that_is_asked_about_during_a_look_is_among_those_looked_at_next(
    server_key: str, interrupted: Callable[[Callable[[], object]], None], system: Actor
) -> None:
    interrupted(lambda: None)
    found = keyring.find(server_key)

    services.revoke_api_key(ApiKey.objects.get(kind="server"), actor=system)

    assert keyring.reconcile() == [found]


def test_a_key_expires_without_anybody_looking(development: Environment, system: Actor, monkeypatch: Any) -> None:
    soon = timezone.now() + timedelta(hours=1)
    _, secret = services.create_api_key(kind="server", scope=development, name="short", expires_at=soon, actor=system)
    assert keyring.find(secret) is not None

    monkeypatch.setattr("evaluation.manifest.keyring.time.time", lambda: soon.timestamp() + 1)

    assert keyring.find(secret) is None
    assert keyring.held(secret) is None


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "MOST_KEYS", 10)

    for number in range(50):
        keyring.find(f"ff_server_{number:043}")

    assert len(keyring._unknown_until) <= 10


def test_a_key_knows_what_its_organization_may(
    server_key: str, relay_key: str, acme: Organization, system: Actor
) -> None:
    limits = {"sdk_requests_per_second": 5, "streams": 2}
    free = keyring.find(server_key)
    services.set_limits(acme, limits=limits, actor=system)

    keyring.reconcile()

    bound, relays = keyring.find(server_key), keyring.find(relay_key)
    assert free is not None
    assert bound is not None
    assert relays is not None
    assert (free.organization_limits, relays.organization_limits) == (None, None)
    assert bound.organization_limits == Limits(5, 5, 2)
