"""Flags to ask for, keys to ask with, and a process that remembers nothing of the test before."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from evaluation.manifest import entries, keyring, memory, proof, sign
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.breaker import redis_breaker
from tenants.models import Environment, Project
from tenants.roles import Role

MakeFlag = Callable[..., Flag]


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    for part in (entries, memory, keyring, proof, sign):
        part.forget_everything()
    redis_breaker.close()
    cache.clear()
    yield
    for part in (entries, memory, keyring, proof, sign):
        part.forget_everything()


@pytest.fixture
def a_flag(shop: Project, system: Actor) -> MakeFlag:
    """A flag of the shop, with a state where one is given: `a_flag("checkout", development, enabled=True)`."""

    def make(
        key: str, environment: Environment | None = None, *, flag: dict[str, Any] | None = None, **state: Any
    ) -> Flag:
        made: Flag = flag_services.create_flag(
            shop, {"key": key, "type": "boolean", **(flag or {})}, actor=system
        ).thing
        if environment is not None:
            flag_services.put_config(
                made, environment, {"off": "off", "fallthrough": {"variant": "on"}, **state}, actor=system
            )
        return made

    return make


@pytest.fixture
def publish() -> Callable[[], int]:
    """What the worker does every second."""
    return outbox.drain


@pytest.fixture
def client_key(development: Environment, system: Actor) -> str:
    return services.create_api_key(kind="client", scope=development, name="web", actor=system)[1]


@pytest.fixture
def server_key(development: Environment, system: Actor) -> str:
    return services.create_api_key(kind="server", scope=development, name="shop", actor=system)[1]


@pytest.fixture
def token_key(shop: Project, system: Actor) -> str:
    return services.create_api_key(kind="token", scope=shop, name="ci", role=Role.ADMIN, actor=system)[1]


@pytest.fixture
def relay_key(shop: Project, system: Actor) -> str:
    return services.create_api_key(kind="relay", scope=shop, name="edge", actor=system)[1]
