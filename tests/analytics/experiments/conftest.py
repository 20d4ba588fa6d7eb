"""A flag of halves, an experiment that runs on it, and a metric: rows as the services leave them behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import Experiment, Metric
from flags.models import Flag
from flags.services import put_config
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.evaluation.conftest import MakeFlag

HALVES = {"split": {"weights": {"on": 50, "off": 50}}}
Running = Callable[..., Experiment]


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, as_alice: Actor) -> Flag:
    """A flag that serves halves to everybody."""
    flag: Flag = a_flag("checkout")
    put_config(flag, development, {"enabled": True, "fallthrough": HALVES}, actor=as_alice)
    return flag


@pytest.fixture
def purchase(shop: Project) -> Metric:
    place = {"organization_id": shop.organization_id, "project": shop, "key": "purchases", "name": "Purchases"}
    metric: Metric = Metric.objects.create(**place, kind="conversion", event="purchase")
    return metric


@pytest.fixture
def running(checkout: Flag, development: Environment) -> Running:
    """`running(rule_id="r1")`: an experiment of the flag that began two days ago."""

    def make(key: str = "cta", **fields: Any) -> Experiment:
        place = {"organization_id": checkout.organization_id, "project": checkout.project, "environment": development}
        begun = {"status": "running", "started_at": timezone.now() - timedelta(days=2)}
        what = {"flag": checkout, "control": "off", "weights": {"off": 50, "on": 50}, "primary_metric": "purchases"}
        made: Experiment = Experiment.objects.create(**place | begun | what | {"key": key, "name": key} | fields)
        return made

    return make
