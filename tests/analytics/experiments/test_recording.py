"""What batches tell of experiments is recorded once, as it was, in bounds, and costs nothing where no experiment runs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import folding, tasks
from analytics.experiments.holdouts import is_held_out
from analytics.experiments.recording import LATE, LONGEST
from analytics.experiments.subjects import hash_of
from analytics.models import Enrolment, ExclusionGroup, HeldOut, Metric, Outcome, TelemetryBatch
from flags.models import Flag
from flags.services import put_config
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.analytics.batches import Tell
from tests.analytics.experiments.conftest import HALVES, Running
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def met(subject: str, variant: str, *, ago: timedelta = HOUR, **more: Any) -> dict[str, Any]:
    at = (timezone.now() - ago).isoformat()
    return {"flag": "checkout", "variant": variant, "subject": subject, "at": at, **more}


def did(subject: str, *, ago: timedelta = HOUR, event: str = "purchase", **more: Any) -> dict[str, Any]:
    return {"event": event, "subject": subject, "at": (timezone.now() - ago).isoformat(), **more}


def enrolled(environment: Environment) -> dict[str, tuple[str, bool]]:
    """Subject → variant, and whether it switched; of those who are called u0 to u9."""
    names = {hash_of(f"u{number}", environment.pk): f"u{number}" for number in range(10)}
    return {
        names[bytes(row.subject)]: (row.variant, row.switched_at is not None)
        for row in Enrolment.objects.order_by("id")
    }


def test_the_first_exposure_counts_in_whatever_order_batches_come(
    tell: Tell, running: Running, development: Environment
) -> None:
    running()
    tell(exposures=[met("u1", "on"), met("u2", "off"), met("u3", "on")])
    tell(exposures=[met("u1", "on", ago=2 * HOUR), met("u2", "on", ago=3 * HOUR)])

    assert enrolled(development) == {"u1": ("on", False), "u2": ("on", True), "u3": ("on", False)}
    row = Enrolment.objects.get(subject=hash_of("u2", development.pk))
    assert row.switched_at is not None
    assert row.switched_at - row.first_at > timedelta(hours=1.9)


def test_counting_a_batch_again_changes_nothing(tell: Tell, running: Running, purchase: Metric) -> None:
    running()
    tell(exposures=[met("u1", "on"), met("u2", "off")], events=[did("u1", value=12.5), did("u1", value=12.5)])
    before = [list(model.objects.order_by("id").values()) for model in (Enrolment, Outcome)]

    TelemetryBatch.with_deleted.update(is_folded=False)
    assert folding.fold(now=timezone.now()) == 1

    assert [list(model.objects.order_by("id").values()) for model in (Enrolment, Outcome)] == before
    assert [row["value"] for row in before[1]] == [12.5, 12.5]


def test_only_events_that_a_metric_names_are_kept(tell: Tell, shop: Project, purchase: Metric) -> None:
    Metric.objects.create(
        organization=shop.organization,
        project=shop,
        key="errors-per-page",
        kind="ratio",
        event="error",
        denominator_event="page",
    )

    tell(events=[did("u1", event=event) for event in ("purchase", "error", "page", "scroll")])

    assert sorted(Outcome.objects.values_list("event", flat=True)) == ["error", "page", "purchase"]


def test_the_same_subject_is_known_again_in_its_environment_alone(
    tell: Tell, running: Running, purchase: Metric, development: Environment, production: Environment
) -> None:
    running()
    tell(exposures=[met("u1", "on")], events=[did("u1")])
    tell(events=[did("u1")], environment=production)

    subject = bytes(Enrolment.objects.get().subject)
    assert [bytes(row.subject) == subject for row in Outcome.objects.order_by("id")] == [True, False]
    assert len(subject) == 16


def test_exposures_count_for_the_experiment_of_their_rule(
    tell: Tell, running: Running, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    split = {"id": "r1", "serve": {"split": {"weights": {"on": 10, "off": 10, "null": 80}}}}
    put_config(checkout, development, {"enabled": True, "rules": [split], "fallthrough": HALVES}, actor=as_alice)
    of_rule, of_rest = running(rule_id="r1"), running("rest")

    tell(exposures=[met("u1", "on", rule="r1"), met("u2", "on"), met("u3", "on", rule="r2")])

    assert enrolled(development) == {"u1": ("on", False), "u2": ("on", False)}
    by = {each: bytes(Enrolment.objects.get(experiment=each).subject) for each in (of_rule, of_rest)}
    assert by == {of_rule: hash_of("u1", development.pk), of_rest: hash_of("u2", development.pk)}


def test_whoever_names_no_rule_counts_where_the_flag_splits_once(
    tell: Tell, running: Running, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    split = {"id": "r1", "serve": {"split": {"weights": {"on": 10, "off": 10, "null": 80}}}}
    put_config(checkout, development, {"enabled": True, "rules": [split]}, actor=as_alice)
    running(rule_id="r1")
    tell(exposures=[met("u1", "on")])
    assert enrolled(development) == {"u1": ("on", False)}

    put_config(checkout, development, {"enabled": True, "fallthrough": HALVES}, actor=as_alice)
    tell(exposures=[met("u2", "on")])

    assert enrolled(development) == {"u1": ("on", False)}


def test_only_the_experiments_own_variants_flag_and_place_count(
    tell: Tell, running: Running, a_flag: MakeFlag, development: Environment, production: Environment
) -> None:
    running()
    tell(exposures=[met("u1", "blue"), met("u2", "on") | {"flag": "another"}])
    tell(exposures=[met("u3", "on")], environment=production)

    assert not Enrolment.objects.exists()


def test_only_the_time_from_the_start_to_the_stop_counts(
    tell: Tell, running: Running, development: Environment
) -> None:
    running(stopped_at=timezone.now() - 2 * HOUR, status="stopped")

    tell(exposures=[met("u1", "on", ago=3 * DAY), met("u2", "on", ago=3 * HOUR), met("u3", "on", ago=HOUR)])

    assert enrolled(development) == {"u2": ("on", False)}


@pytest.mark.parametrize(
    ("fields", "ago"),
    [
        ({"status": "draft", "started_at": None}, HOUR),
        ({"status": "stopped", "stopped_at": timezone.now() - LATE - HOUR}, 4 * DAY),
        ({"started_at": timezone.now() - LONGEST - DAY}, HOUR),
    ],
)
def test_who_is_told_of_outside_of_its_time_is_not_enrolled(
    tell: Tell, running: Running, fields: dict[str, Any], ago: timedelta
) -> None:
    running(**{"started_at": timezone.now() - 30 * DAY} | fields)

    tell(exposures=[met("u1", "on", ago=ago)])

    assert not Enrolment.objects.exists()


def test_a_clock_that_is_ahead_is_not_believed(tell: Tell, running: Running, purchase: Metric) -> None:
    running()
    tell(exposures=[met("u1", "on", ago=-3 * DAY)], events=[did("u1", ago=-3 * DAY)])

    assert Enrolment.objects.get().first_at <= timezone.now()
    assert Outcome.objects.get().at <= timezone.now()


def test_what_client_keys_tell_is_marked_until_a_server_tells_it_too(
    tell: Tell, running: Running, purchase: Metric
) -> None:
    running()
    tell(exposures=[met("u1", "on")], events=[did("u1")], kind="client")
    assert Enrolment.objects.get().is_public
    assert Outcome.objects.get().is_public

    tell(exposures=[met("u1", "on")], events=[did("u1")])

    assert not Enrolment.objects.get().is_public
    assert list(Outcome.objects.order_by("id").values_list("is_public", flat=True)) == [True, False]


def test_an_experiment_of_servers_alone_hears_no_client_key(
    tell: Tell, running: Running, development: Environment
) -> None:
    running(servers_only=True)

    tell(exposures=[met("u1", "on")], kind="client")
    tell(exposures=[met("u2", "on")])

    assert enrolled(development) == {"u2": ("on", False)}


def test_who_is_held_out_is_noted_when_they_do_something(
    tell: Tell, purchase: Metric, shop: Project, development: Environment
) -> None:
    group = ExclusionGroup.objects.create(
        organization=shop.organization, project=shop, key="pages", name="Pages", holdout=40
    )
    expected = {hash_of(f"u{n}", development.pk) for n in range(10) if is_held_out(f"u{n}", group.salt, 40)}

    tell(events=[did(f"u{number}") for number in range(10)])
    tell(events=[did(f"u{number}") for number in range(10)])

    assert {bytes(row.subject) for row in HeldOut.objects.all()} == expected
    assert {(row.group_id, row.environment_id) for row in HeldOut.objects.all()} == {(group.pk, development.pk)} or (
        not expected
    )


def test_what_is_told_late_does_not_take_back_when_who_is_held_out_was_seen_last(
    tell: Tell, purchase: Metric, shop: Project
) -> None:
    ExclusionGroup.objects.create(organization=shop.organization, project=shop, key="all", holdout=100)
    tell(events=[did("u1", ago=2 * DAY)])
    tell(events=[did("u1")])
    last = HeldOut.objects.get().seen_at

    tell(events=[did("u1", ago=100 * DAY), did("u2")], kind="client")

    assert HeldOut.objects.earliest("pk").seen_at == last > timezone.now() - DAY
    assert HeldOut.objects.count() == 2


def test_the_number_of_queries_does_not_grow_with_batches(tell: Tell, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    tell(exposures=[met("u1", "on")], events=[did("u1")])

    def queries(batches: int) -> int:
        folding_some = TelemetryBatch.with_deleted.order_by("-id")[:batches]
        TelemetryBatch.with_deleted.filter(pk__in=[row.pk for row in folding_some]).update(is_folded=False)
        with CaptureQueriesContext(connection) as captured:
            folding._fold_some(timezone.now())
        return len([each for each in captured if "experiment" in each["sql"] or "metric" in each["sql"]])

    for _ in range(4):
        tell(exposures=[met("u1", "on")], events=[did("u1")])

    assert (queries(1), queries(5)) == (2, 2)


def test_what_is_recorded_is_forgotten_in_time(
    tell: Tell, running: Running, purchase: Metric, shop: Project, settings: Any
) -> None:
    settings.EXPERIMENT_DAYS = 10
    ExclusionGroup.objects.create(organization=shop.organization, project=shop, key="all", holdout=100)
    ended = running("old", started_at=timezone.now() - 40 * DAY)
    running(rule_id="r1")
    tell(exposures=[met("u1", "on", ago=12 * DAY)], events=[did("u1", ago=12 * DAY)], ago=12 * DAY)
    tell(exposures=[met("u2", "on", rule="r1")], events=[did("u2")])
    assert [model.objects.count() for model in (Enrolment, Outcome, HeldOut)] == [2, 2, 2]
    assert tasks.forget_experiments() == 2, "whoever takes part in what still runs is kept"

    ended.stopped_at = timezone.now() - 11 * DAY
    ended.save()

    assert tasks.forget_experiments() == 1
    assert [model.objects.count() for model in (Enrolment, Outcome, HeldOut)] == [1, 1, 1]
