"""Metrics, groups and experiments are made, changed and deleted as far as nobody stands on what changes."""

from typing import Any

import pytest

from analytics.experiments import services
from analytics.models import Enrolment, ExclusionGroup, Experiment, Metric
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent, Project
from tenants.problems import Conflict, Invalid, TooMany, VersionConflict
from tests.analytics.experiments.conftest import Running

pytestmark = pytest.mark.django_db
CTA = {
    "key": "cta",
    "flag": "checkout",
    "environment": "development",
    "weights": {"off": 50, "on": 50},
    "primary_metric": "purchases",
}


@pytest.fixture
def draft(checkout: Flag, purchase: Metric, shop: Project, as_bob: Actor) -> Experiment:
    experiment: Experiment = services.create_experiment(shop, CTA, actor=as_bob).thing
    return experiment


def faults(refused: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {fault.path: fault.message for fault in refused.value.faults}


def test_a_metric_is_made_changed_and_deleted(shop: Project, as_bob: Actor, as_ada: Actor) -> None:
    body = {"key": "revenue", "name": "Revenue", "kind": "mean", "event": "purchase", "cap": 500.0}
    metric = services.create_metric(shop, body, actor=as_bob, comment="we ask for it").thing
    edited = services.edit_metric(metric, {"window_hours": 72}, version=1, actor=as_bob)
    same = services.edit_metric(edited.thing, {"window_hours": 72}, version=2, actor=as_bob)

    assert (edited.thing.window_hours, edited.thing.cap, edited.thing.version) == (72, 500.0, 2)
    assert not same.changed
    services.delete_metric(edited.thing, actor=as_ada)
    assert not Metric.objects.exists()
    assert list(AuditEvent.objects.filter(verb__startswith="metric").values_list("verb", flat=True)) == [
        "metric.created",
        "metric.edited",
        "metric.deleted",
    ]
    assert Metric.history.count() == 3


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"key"}),
        ({"key": "a b"}, {"key", "event"}),
        ({"key": "m", "kind": "sum", "event": "e"}, {"kind"}),
        ({"key": "m", "kind": "ratio", "event": "e"}, {"denominator_event"}),
        ({"key": "m", "event": "e", "denominator_event": "d"}, {"denominator_event"}),
        ({"key": "m", "kind": "quantile", "event": "e"}, {"quantile"}),
        ({"key": "m", "kind": "quantile", "event": "e", "quantile": 0.999}, {"quantile"}),
        ({"key": "m", "event": "e", "quantile": 0.9}, {"quantile"}),
        ({"key": "m", "event": "e", "cap": 3}, {"cap"}),
        ({"key": "m", "event": "e", "window_hours": 0.5}, {"window_hours"}),
        ({"key": "m", "event": "e", "goal": "up", "name": "\n"}, {"goal", "name"}),
        ({"key": "m", "event": "e", "colour": "red"}, {"colour"}),
    ],
)
def test_a_metric_that_makes_no_sense_is_refused(
    body: dict[str, Any], paths: set[str], shop: Project, as_bob: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_metric(shop, body, actor=as_bob)

    assert faults(refused).keys() == paths


def test_what_a_running_experiment_is_measured_by_stays(
    running: Running, purchase: Metric, as_bob: Actor, as_ada: Actor
) -> None:
    running()

    with pytest.raises(Conflict, match="used by cta"):
        services.edit_metric(purchase, {"event": "order"}, actor=as_bob)
    with pytest.raises(Conflict, match="used by cta"):
        services.delete_metric(purchase, actor=as_ada)
    assert services.edit_metric(purchase, {"name": "Orders"}, actor=as_bob).changed


def test_a_key_is_given_once_whatever_the_case_and_never_changes(
    shop: Project, purchase: Metric, as_bob: Actor
) -> None:
    with pytest.raises(Conflict, match="exists already"):
        services.create_metric(shop, {"key": "Purchases", "event": "e"}, actor=as_bob)
    with pytest.raises(Invalid, match="stays"):
        services.edit_metric(purchase, {"key": "orders"}, actor=as_bob)


def test_putting_makes_and_then_replaces(shop: Project, as_bob: Actor) -> None:
    body = {"key": "revenue", "name": "Revenue", "kind": "mean", "event": "purchase", "cap": 500.0}
    services.put_metric(shop, body, actor=as_bob)

    saved = services.put_metric(shop, {"key": "revenue", "kind": "mean", "event": "order"}, actor=as_bob)

    assert (saved.thing.event, saved.thing.cap, saved.thing.name) == ("order", None, "Revenue")


def test_somebody_who_saved_first_is_not_overwritten(purchase: Metric, as_bob: Actor) -> None:
    services.edit_metric(purchase, {"description": "of the shop"}, version=1, actor=as_bob)

    with pytest.raises(VersionConflict, match="Bob saved version 2"):
        services.edit_metric(purchase, {"description": "mine"}, version=1, actor=as_bob)


def test_there_is_an_end_to_metrics(shop: Project, as_bob: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(services.saving.MOST, Metric, 1)
    services.create_metric(shop, {"key": "one", "event": "e"}, actor=as_bob)

    with pytest.raises(TooMany, match="all that there may be"):
        services.create_metric(shop, {"key": "two", "event": "e"}, actor=as_bob)


def test_a_draft_changes_nothing_and_may_be_changed(draft: Experiment, checkout: Flag, as_bob: Actor) -> None:
    version = checkout.configs.get().version

    saved = services.edit_experiment(draft, {"hypothesis": "More buy", "traffic": 20}, version=1, actor=as_bob)

    assert (saved.thing.status, saved.thing.traffic, saved.thing.version) == ("draft", 20.0, 2)
    assert checkout.configs.get().version == version
    assert saved.thing.created_by == as_bob.user
    assert OutboxEvent.objects.filter(topic__startswith="experiment.").count() == 2


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"flag": "nothing"}, "flag"),
        ({"flag": None}, "flag"),
        ({"environment": "moon"}, "environment"),
        ({"group": "nobody"}, "group"),
        ({"weights": {"on": 100}}, "weights"),
        ({"weights": {"on": 50, "off": 40}}, "weights"),
        ({"weights": {"on": 50, "off": 50, "blue": 0}}, "weights.blue"),
        ({"weights": {"off": 50, "blue": 50}}, "weights.blue"),
        ({"weights": {"off": 50, "null": 50}}, "weights.null"),
        ({"control": "blue"}, "control"),
        ({"traffic": 0}, "traffic"),
        ({"traffic": 0.001}, "traffic"),
        ({"traffic": 1.23456}, "traffic"),
        ({"traffic": "all"}, "traffic"),
        ({"primary_metric": "nothing"}, "primary_metric"),
        ({"metrics": ["nothing"]}, "metrics"),
        ({"metrics": ["purchases", "purchases"]}, "metrics[1]"),
        ({"guardrail_metrics": "purchases"}, "guardrail_metrics"),
        ({"servers_only": "yes"}, "servers_only"),
        ({"rule": "a b"}, "rule"),
    ],
)
def test_an_experiment_that_makes_no_sense_is_refused(
    change: dict[str, Any], path: str, checkout: Flag, purchase: Metric, shop: Project, as_bob: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_experiment(shop, CTA | change, actor=as_bob)

    assert faults(refused).keys() == {path}


def test_flag_and_environment_stay(draft: Experiment, production: Environment, as_ada: Actor) -> None:
    with pytest.raises(Invalid, match="never changes"):
        services.edit_experiment(draft, {"environment": "production"}, actor=as_ada)


@pytest.mark.parametrize(
    ("status", "change", "may"),
    [
        ("running", {"metrics": ["purchases"]}, True),
        ("running", {"primary_metric": None}, False),
        ("running", {"weights": {"off": 60, "on": 40}}, False),
        ("running", {"servers_only": True}, False),
        ("stopped", {"metrics": ["purchases"]}, False),
        ("stopped", {"hypothesis": "It did"}, True),
        ("concluded", {"traffic": 50}, False),
    ],
)
def test_what_may_change_of_one_that_was_started(
    status: str, change: dict[str, Any], may: bool, running: Running, purchase: Metric, as_bob: Actor
) -> None:
    experiment = running(status=status)

    if may:
        assert services.edit_experiment(experiment, change, actor=as_bob).changed
    else:
        with pytest.raises(Conflict, match="cannot be changed any more"):
            services.edit_experiment(experiment, change, actor=as_bob)


@pytest.mark.parametrize("status", ["running", "stopped", "concluded"])
def test_what_became_of_the_flag_keeps_nobody_from_writing_what_was_learnt(
    status: str, running: Running, purchase: Metric, as_bob: Actor
) -> None:
    experiment = running(status=status, rule_id="gone", control="gone", weights={"on": 50, "gone": 50})

    saved = services.edit_experiment(experiment, {"hypothesis": "It did"}, actor=as_bob)

    assert (saved.thing.hypothesis, saved.thing.weights) == ("It did", {"on": 50, "gone": 50})
    with pytest.raises(Conflict, match="weights cannot be changed"):
        services.edit_experiment(saved.thing, {"weights": {"on": 40, "gone": 60}}, actor=as_bob)


def test_a_draft_names_only_variants_that_the_flag_has(running: Running, purchase: Metric, as_bob: Actor) -> None:
    draft = running(status="draft", started_at=None, weights={"on": 50, "off": 30, "gone": 20})

    with pytest.raises(Invalid) as refused:
        services.edit_experiment(draft, {"hypothesis": "It will"}, actor=as_bob)

    assert faults(refused).keys() == {"weights.gone"}


def test_deleting_takes_who_took_part_along_but_not_what_runs(running: Running, as_ada: Actor) -> None:
    experiment = running()
    with pytest.raises(Conflict, match="stop it first"):
        services.delete_experiment(experiment, actor=as_ada)
    experiment.status = "stopped"
    experiment.save()
    Enrolment.objects.create(
        organization=experiment.organization,
        experiment=experiment,
        subject=bytes(16),
        variant="on",
        first_at=experiment.started_at,
        is_public=False,
    )

    services.delete_experiment(experiment, actor=as_ada)

    assert not Experiment.objects.exists()
    assert not Enrolment.objects.exists()
    assert AuditEvent.objects.filter(verb="experiment.deleted", object_id=experiment.pk).exists()


def test_a_group_is_made_changed_and_deleted(shop: Project, as_bob: Actor, as_ada: Actor) -> None:
    group = services.create_group(shop, {"key": "pages", "holdout": 5}, actor=as_bob).thing
    edited = services.edit_group(group, {"holdout": 2.5}, version=1, actor=as_bob).thing

    assert (edited.holdout, edited.name, edited.salt) == (2.5, "pages", group.salt)
    services.delete_group(edited, actor=as_ada)
    assert not ExclusionGroup.objects.exists()
    with pytest.raises(Invalid, match="holdout"):
        services.put_group(shop, {"key": "pages", "holdout": 101}, actor=as_bob)


def test_a_group_that_has_people_keeps_its_holdout_and_stays(
    running: Running, shop: Project, as_bob: Actor, as_ada: Actor
) -> None:
    group = services.create_group(shop, {"key": "pages", "holdout": 5}, actor=as_bob).thing
    running(group=group)

    with pytest.raises(Conflict, match="as long as experiments have people of it: cta"):
        services.edit_group(group, {"holdout": 10}, actor=as_bob)
    with pytest.raises(Conflict, match="cta is in it"):
        services.delete_group(group, actor=as_ada)
    assert services.edit_group(group, {"name": "Pages"}, actor=as_bob).changed
