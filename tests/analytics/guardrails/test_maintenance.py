"""In maintenance guardrails measure and break nothing; afterwards they look at the same window."""

from typing import Any

import pytest

from analytics.guardrails.services import create_guardrail
from analytics.models import Experiment, Guardrail, Metric
from analytics.tasks import ask_prometheus, measure_guardrails, watch_guardrails
from flags.models import Flag, FlagConfig
from tenants import runtime, services
from tenants.actors import Actor
from tenants.models import Environment
from tests.analytics.experiments.conftest import purchase as purchase
from tests.analytics.experiments.conftest import running as running
from tests.analytics.guardrails.conftest import ERRORS, Report
from tests.analytics.guardrails.test_asking import answered
from tests.analytics.guardrails.test_asking import prometheus as prometheus
from tests.analytics.guardrails.test_measuring import SALES, Visit
from tests.analytics.guardrails.test_measuring import experiment as experiment
from tests.analytics.guardrails.test_measuring import visit as visit
from tests.tenants.webhooks.endpoint import Endpoint, says

pytestmark = pytest.mark.django_db


def set_maintenance(value: bool | None, system: Actor) -> None:
    services.change_runtime_settings({"maintenance": value}, actor=system)
    runtime.load()


def look(environment: Environment) -> tuple[list[str], bool]:
    """Everybody once more, the metric first: who turns the flag off disturbs its experiment."""
    Guardrail.objects.update(asked_at=None)
    for task in (measure_guardrails, ask_prometheus, watch_guardrails):
        task()
    states = Guardrail.objects.order_by("source").values_list("state", flat=True)
    return list(states), FlagConfig.objects.get(environment=environment).enabled


def test_those_of_every_source_measure_meanwhile_and_act_afterwards(
    served: Flag,
    development: Environment,
    experiment: Experiment,
    purchase: Metric,
    prometheus: Endpoint,
    visit: Visit,
    report: Report,
    as_ada: Actor,
    system: Actor,
) -> None:
    asked: dict[str, Any] = {"name": "Latency", "source": "prometheus", "url": prometheus.url(), "query": "latency"}
    for given in (ERRORS, SALES, asked | {"budget": 1.0, "samples": 2}):
        create_guardrail(served, development, given, actor=as_ada)
    set_maintenance(True, system)
    prometheus.behave = says(200, answered(9))
    visit("off", 200, bought=120)
    visit("on", 200, bought=40)
    report(requests=500, errors=400)

    seen = [look(development) for _ in range(3)]

    assert seen == [(["watching"] * 3, True)] * 3
    assert all(guardrail.points.exists() for guardrail in Guardrail.objects.all())
    assert Guardrail.objects.get(source="prometheus").evidence["values"] == [9, 9]
    set_maintenance(None, system)
    assert look(development) == (["breached"] * 3, False)
