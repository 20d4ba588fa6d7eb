"""A guardrail over a metric: of what the running experiment shows since it was armed, by what may be looked at all the time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import folding, tasks
from analytics.experiments.selectors import shape_of
from analytics.guardrails import measuring
from analytics.guardrails.services import arm_guardrail, create_guardrail
from analytics.models import Experiment, Guardrail, Metric, TelemetryBatch
from flagforge.celery import app
from flags.models import Flag, FlagConfig
from flags.services import put_config, toggle_flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Mail
from tenants.problems import Invalid
from tests.analytics.batches import Tell
from tests.analytics.experiments.conftest import HALVES, Running
from tests.analytics.experiments.conftest import purchase as purchase
from tests.analytics.experiments.conftest import running as running

pytestmark = pytest.mark.django_db
SALES: dict[str, Any] = {
    "name": "Sales",
    "source": "metric",
    "metric": "purchases",
    "variant": "on",
    "budget": 0.1,
}
Visit = Callable[..., None]


@pytest.fixture
def experiment(served: Flag, development: Environment, system: Actor, running: Running) -> Experiment:
    put_config(served, development, {"enabled": True, "fallthrough": HALVES}, actor=system)
    return running()


@pytest.fixture
def watching(experiment: Experiment, purchase: Metric, served: Flag, development: Environment, as_bob: Actor) -> Any:
    return create_guardrail(served, development, SALES, actor=as_bob)


@pytest.fixture
def visit(tell: Tell) -> Visit:
    """`visit("on", 300, bought=30)`: so many new subjects met the variant, and so many of them did something."""
    numbers = iter(range(100_000))

    def come(variant: str, subjects: int, *, bought: int, event: str = "purchase", kind: str = "server") -> None:
        names = [f"{variant}-{next(numbers)}" for _ in range(subjects)]
        at = timezone.now().isoformat()
        exposures = [{"flag": "checkout", "variant": variant, "subject": name, "at": at} for name in names]
        events = [{"event": event, "subject": name, "at": at} for name in names[:bought]]
        tell(exposures=exposures, events=events, kind=kind)

    return come


def look(minutes: int = 0) -> Guardrail:
    measuring.measure(now=timezone.now() + minutes * measuring.EVERY)
    found: Guardrail = Guardrail.objects.get()
    return found


def test_sales_that_fall_below_the_budget_turn_the_flag_off_once(watching: Guardrail, visit: Visit) -> None:
    visit("off", 200, bought=120)
    visit("on", 200, bought=40)

    seen = look()

    assert (seen.state, seen.done, seen.fault) == ("breached", "killed", "")
    assert not FlagConfig.objects.get(flag=seen.flag, environment=seen.environment).enabled
    evidence = AuditEvent.objects.get(verb="guardrail.breached").after["evidence"]
    assert (evidence["value"], evidence["control"]["value"]) == (0.2, 0.6)
    assert evidence["allowed"] == pytest.approx(0.54)
    assert evidence["beyond"]["high"] < 0
    killed = AuditEvent.objects.get(verb="flag.killed")
    assert killed.actor_name == "guardrail Sales"
    assert (
        "purchases is 0.2 with on (200 subjects) and 0.6 with off (200), so at least 0.54 is allowed" in killed.comment
    )
    assert Mail.objects.count() == 1
    assert look(5).state == "breached"
    assert AuditEvent.objects.filter(verb__in=("flag.killed", "guardrail.breached")).count() == 2


def test_what_keeps_its_budget_stays_on(watching: Guardrail, visit: Visit) -> None:
    visit("off", 200, bought=100)
    visit("on", 200, bought=95)

    seen = look()

    assert seen.state == "watching"
    assert (seen.evidence["value"], seen.evidence["subjects"], seen.evidence["experiment"]) == (0.475, 200, "cta")
    assert seen.evidence["beyond"]["low"] < 0 < seen.evidence["beyond"]["high"]


def test_an_error_that_comes_more_often_than_with_the_control_breaks_it_too(
    served: Flag, development: Environment, as_bob: Actor, experiment: Experiment, purchase: Metric, visit: Visit
) -> None:
    Metric.objects.filter(pk=purchase.pk).update(goal="decrease", event="crash")
    create_guardrail(served, development, SALES | {"budget": 0.5}, actor=as_bob)
    visit("off", 200, bought=10, event="crash")
    visit("on", 200, bought=14, event="crash")
    assert look().state == "watching"

    visit("on", 200, bought=180, event="crash")

    assert look(1).state == "breached"


def test_few_subjects_say_nothing(watching: Guardrail, visit: Visit) -> None:
    assert look().fault == "too few subjects yet"
    visit("off", 200, bought=160)
    visit("on", 99, bought=0)

    seen = look(1)

    assert (seen.state, seen.fault) == ("watching", "")
    assert (seen.evidence["beyond"]["low"], seen.evidence["beyond"]["high"]) == (None, None)
    visit("on", 1, bought=0)
    assert look(2).state == "breached"


def test_a_batch_that_comes_twice_counts_once(watching: Guardrail, visit: Visit) -> None:
    visit("off", 150, bought=60)
    visit("on", 150, bought=55)
    before = look().evidence

    TelemetryBatch.with_deleted.update(is_folded=False)
    assert folding.fold(now=timezone.now()) == 2

    after = look(1).evidence
    assert before | {"seconds": 0} == after | {"seconds": 0}


def test_what_anybody_can_send_counts_only_where_somebody_wanted_it(watching: Guardrail, visit: Visit) -> None:
    visit("off", 150, bought=120, kind="client")
    visit("on", 150, bought=0, kind="client")
    assert look().fault == "too few subjects yet"

    Guardrail.objects.update(from_clients=True)

    assert look(1).state == "breached"


def test_armed_again_it_knows_nothing_of_before(
    watching: Guardrail, visit: Visit, development: Environment, as_bob: Actor
) -> None:
    visit("off", 150, bought=120)
    visit("on", 150, bought=0)
    assert look().state == "breached"
    toggle_flag(watching.flag, development, enabled=True, actor=as_bob)
    arm_guardrail(Guardrail.objects.get(), actor=as_bob)
    assert look(1).fault == "too few subjects yet"

    visit("off", 150, bought=75)
    visit("on", 150, bought=75)

    seen = look(2)
    assert (seen.state, seen.evidence["value"], seen.evidence["control"]["value"]) == ("watching", 0.5, 0.5)


def test_who_looked_before_it_was_armed_anew_breaks_nothing(watching: Guardrail, visit: Visit, as_bob: Actor) -> None:
    visit("off", 150, bought=120)
    visit("on", 150, bought=0)
    Guardrail.objects.update(armed_at=timezone.now())

    measuring._look_at(watching, timezone.now())

    assert (Guardrail.objects.get().state, Guardrail.objects.get().looked_at) == ("watching", None)


def test_it_says_why_nothing_can_be_compared(watching: Guardrail, experiment: Experiment, purchase: Metric) -> None:
    experiments, metrics = Experiment.objects.filter(pk=experiment.pk), Metric.objects.filter(pk=purchase.pk)

    experiments.update(control="on")
    assert look().fault == "on is the control of cta"
    experiments.update(control="off", status="stopped")
    assert look(1).fault == "no experiment with on is running"
    experiments.update(status="running")
    metrics.delete()
    assert look(2).fault == "there is no metric purchases any more"


def test_what_somebody_changed_by_hand_is_not_compared(
    watching: Guardrail, experiment: Experiment, development: Environment, as_bob: Actor, visit: Visit
) -> None:
    config = FlagConfig.objects.get(flag=watching.flag, environment=development)
    Experiment.objects.update(splits=[{"version": config.version, "split": shape_of(config.fallthrough["split"])}])
    visit("off", 150, bought=120)
    visit("on", 150, bought=0)
    toggle_flag(watching.flag, development, enabled=False, actor=as_bob)
    assert look().fault == "somebody changed what cta serves"

    toggle_flag(watching.flag, development, enabled=True, actor=as_bob)

    assert look(1).fault == "too few subjects yet"


def test_it_is_looked_at_once_a_minute_and_less_often_where_that_takes_long(watching: Guardrail, visit: Visit) -> None:
    visit("off", 100, bought=50)
    visit("on", 100, bought=50)
    now = timezone.now()
    assert measuring.measure(now=now) == 1
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert measuring.measure(now=now + timedelta(seconds=59)) == 0
    assert len(queries) == 1
    assert measuring.measure(now=now + timedelta(seconds=61)) == 1

    Guardrail.objects.update(evidence={"seconds": 2.0})

    assert measuring.measure(now=now + timedelta(seconds=200)) == 0
    assert measuring.measure(now=now + timedelta(seconds=262)) == 1


def test_what_fails_of_one_holds_up_no_other(
    watching: Guardrail, experiment: Experiment, served: Flag, production: Environment, as_ada: Actor, running: Running
) -> None:
    running("broken", environment=production, splits=[{}])
    broken = create_guardrail(served, production, SALES, actor=as_ada)
    Guardrail.objects.filter(pk=broken.pk).update(asked_at=timezone.now() - timedelta(days=1))
    Guardrail.objects.filter(pk=watching.pk).update(asked_at=timezone.now() - timedelta(hours=1))

    assert measuring.measure(now=timezone.now()) == 2

    assert Guardrail.objects.get(pk=broken.pk).looked_at is None
    assert Guardrail.objects.get(pk=watching.pk).fault == "too few subjects yet"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"metric": "profit"}, "metric"),
        ({"metric": ""}, "metric"),
        ({"variant": "blue"}, "variant"),
        ({"control": "off"}, "control"),
        ({"budget": 1.0}, "budget"),
        ({"budget": -0.1}, "budget"),
        ({"min_sample": 0}, "min_sample"),
        ({"query": "up"}, "query"),
        ({"token": "s3cret"}, "token"),
        ({"source": "errors"}, "metric"),
        ({"source": "prometheus"}, "metric"),
    ],
)
def test_what_is_wrong_is_named(
    served: Flag, development: Environment, purchase: Metric, as_ada: Actor, given: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as caught:
        create_guardrail(served, development, SALES | given, actor=as_ada)

    assert path in [fault.path for fault in caught.value.faults]
    assert not Guardrail.objects.exists()


def test_another_project_has_other_metrics(
    served: Flag, development: Environment, purchase: Metric, as_bob: Actor
) -> None:
    other = served.project
    other.pk, other.key = None, "other"
    other.save(force_insert=True)
    Metric.objects.update(project=other)

    with pytest.raises(Invalid, match="metric"):
        create_guardrail(served, development, SALES, actor=as_bob)


def test_the_worker_looks_by_itself() -> None:
    entry = app.conf.beat_schedule["guardrails-measure"]

    assert entry["task"] == tasks.measure_guardrails.name
    assert tasks.measure_guardrails() == 0
