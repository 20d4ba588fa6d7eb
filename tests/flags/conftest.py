"""Builders: flags and segments in Acme's shop, made and configured through the services."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import Environment, Project

ON_FOR_ALL = {"enabled": True}


@pytest.fixture
def a_flag(shop: Project, system: Actor) -> Callable[..., Flag]:
    """Makes a flag; members of its body by name, so that `a_flag("banner", type="string", variants={…})` reads well."""

    def make(key: str = "checkout", **body: Any) -> Flag:
        return services.create_flag(shop, {"key": key, **body}, actor=system).thing

    return make


@pytest.fixture
def a_segment(shop: Project, system: Actor) -> Callable[..., Segment]:
    def make(key: str = "staff", **body: Any) -> Segment:
        return services.create_segment(shop, {"key": key, **body}, actor=system).thing

    return make


@pytest.fixture
def configured(system: Actor, development: Environment) -> Callable[..., FlagConfig]:
    """Puts a flag's state in development (or `environment`); members of the body by name."""

    def put(flag: Flag, environment: Environment = development, **body: Any) -> FlagConfig:
        return services.put_config(flag, environment, ON_FOR_ALL | body, actor=system).thing

    return put


@pytest.fixture
def checkout(a_flag: Callable[..., Flag]) -> Flag:
    """A boolean flag."""
    return a_flag("checkout")
