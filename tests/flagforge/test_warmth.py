"""Which requests may stay on the event loop."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evaluation.manifest import keyring, memory
from flagforge import warmth
from flags import services as flag_services
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import Environment, Project

Asking = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    memory.forget_everything()
    keyring.forget_everything()


@pytest.fixture
def server_key(shop: Project, development: Environment, system: Actor) -> str:
    """A key of an environment with one flag, published."""
    flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system)
    outbox.drain()
    return services.create_api_key(kind="server", scope=development, name="shop", actor=system)[1]


def asking(
    path: str, key: str = "", *, method: str = "GET", header: bytes = b"x-api-key", query: bytes = b""
) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": [(header, key.encode())]}


@pytest.fixture
def asked_before(server_key: str, client: Client) -> str:
    """The key, after this process has answered it once."""
    assert client.get("/api/v1/sdk/flags", headers={"X-API-Key": server_key}).status_code == 200
    return server_key


def test_liveness_and_preflights_are_always_warm() -> None:
    assert warmth.is_warm(asking("/livez"))
    assert warmth.is_warm(asking("/api/v1/sdk/flags", method="OPTIONS"))


def test_a_key_is_cold_until_it_was_answered_once(server_key: str, client: Client) -> None:
    before = warmth.is_warm(asking("/api/v1/sdk/flags", server_key))
    client.get("/api/v1/sdk/flags", headers={"X-API-Key": server_key})
    after = warmth.is_warm(asking("/api/v1/sdk/flags", server_key))

    assert (before, after) == (False, True)


@pytest.mark.parametrize("path", ["/api/v1/sdk/flags/checkout", "/api/v1/sdk/ruleset", "/ofrep/v1/evaluate/flags"])
def test_whatever_answers_from_the_rules_is_warm(asked_before: str, path: str) -> None:
    assert warmth.is_warm(asking(path, asked_before))
    assert warmth.is_warm(asking(path, f"Bearer {asked_before}", header=b"authorization"))


@pytest.mark.parametrize("path", ["/api/v1/sdk/events", "/readyz", "/metrics"])
def test_whatever_asks_the_database_is_cold(asked_before: str, path: str) -> None:
    assert not warmth.is_warm(asking(path, asked_before))


def test_an_unknown_key_is_cold(asked_before: str) -> None:
    assert not warmth.is_warm(asking("/api/v1/sdk/flags", "ff_server_unknown"))
    assert not warmth.is_warm(asking("/api/v1/sdk/flags"))


@pytest.mark.parametrize(("told", "is_warm"), [(b"1", True), (b"2", False), (b"nonsense", True)])
def test_who_heard_elsewhere_of_a_newer_version_waits_for_the_database(
    told: bytes, is_warm: bool, asked_before: str
) -> None:
    request = asking("/ofrep/v1/evaluate/flags", asked_before, query=b"flagConfigEtag=" + told)

    assert warmth.is_warm(request) is is_warm


def test_all_flags_of_many_rules_are_left_to_a_thread(asked_before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warmth, "QUICK_RULES_BYTES", 10)

    assert not warmth.is_warm(asking("/api/v1/sdk/flags", asked_before))
    assert warmth.is_warm(asking("/api/v1/sdk/flags/checkout", asked_before))
