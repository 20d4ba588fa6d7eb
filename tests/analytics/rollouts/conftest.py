"""Rollouts of a boolean flag that serves `off` to all whom no rule names, published and with nobody connected."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import Rollout
from analytics.rollouts import running, services
from analytics.rollouts.steps import Step
from evaluation.manifest import memory
from flags import services as flag_services
from flags.models import Flag, FlagConfig
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag

TIMED = (Step(1, 60), Step(25, 60), Step(100, 0))
BY_HAND = (Step(1, None), Step(25, None), Step(100, 0))

Plan = Callable[..., Rollout]
Look = Callable[..., Rollout]


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment) -> Flag:
    return a_flag("checkout", development, enabled=True, fallthrough={"variant": "off"})


@pytest.fixture
def plan(checkout: Flag, development: Environment, as_bob: Actor) -> Plan:
    """A rollout of `on`, planned by Bob."""

    def make(steps: Any = TIMED, **given: Any) -> Rollout:
        given = {"variant": "on", "actor": as_bob, "steps": steps} | given
        return services.create(given.pop("flag", checkout), given.pop("environment", development), **given)

    return make


@pytest.fixture
def go(plan: Plan, as_bob: Actor) -> Plan:
    """The same, started."""

    def make(steps: Any = TIMED, **given: Any) -> Rollout:
        return services.start(plan(steps, **given), actor=as_bob)

    return make


@pytest.fixture
def after() -> Look:
    """`after(rollout, 61)`: what it is when everything was published, and the worker looks at it so many seconds later."""

    def look(rollout: Rollout, seconds: float = 0) -> Rollout:
        outbox.drain()
        memory.forget_everything()  # a worker that was started just now; another looks for news once a second
        running.run(now_of(rollout) + timedelta(seconds=seconds))
        return fresh(rollout)

    return look


def now_of(rollout: Rollout) -> datetime:
    return fresh(rollout).since or timezone.now()


def fresh(rollout: Rollout) -> Rollout:
    found: Rollout = Rollout.with_deleted.get(pk=rollout.pk)
    return found


def config_of(rollout: Rollout) -> FlagConfig:
    found: FlagConfig = FlagConfig.objects.get(flag=rollout.flag_id, environment=rollout.environment_id)
    return found


def share(rollout: Rollout) -> float:
    """Per cent that get the variant of a rollout now, by what no rule decides."""
    serve = config_of(rollout).fallthrough or {}
    if "variant" in serve:
        return 100.0 if serve["variant"] == rollout.variant else 0.0
    ranges = serve["split"]["ranges"]
    return float(sum(past - first for name, first, past in ranges if name == rollout.variant) / 1000)


def edit(rollout: Rollout, **members: Any) -> FlagConfig:
    """What somebody saves by hand in between."""
    body = {"enabled": True, "off": "off", "fallthrough": {"variant": "off"}} | members
    return flag_services.put_config(rollout.flag, rollout.environment, body, actor=Actor.system("somebody")).thing
