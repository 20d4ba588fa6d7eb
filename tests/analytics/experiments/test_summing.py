"""What the database adds up is what is worked out subject by subject."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from analytics.experiments.summing import Scope
from analytics.models import Enrolment, Experiment, Metric, Outcome
from analytics.statistics import comparisons, quantiles
from analytics.statistics.comparisons import Measured
from analytics.statistics.moments import Moments, capped
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.recorded import Did, record

pytestmark = pytest.mark.django_db

Subjects = list[tuple[str, Sequence[Did]]]


def visitors(count: int = 60) -> Subjects:
    """Some did nothing, some something before, some long after."""
    random = np.random.default_rng(3)

    def deeds() -> list[Did]:
        return [
            (str(random.choice(["buy", "view"])), float(random.integers(-100, 40)), float(round(random.gamma(2, 5))))
            for _ in range(int(random.integers(0, 7)))
        ]

    return [(str(random.choice(["on", "off"])), deeds()) for _ in range(count)]


@pytest.fixture
def scope(running: Running) -> Scope:
    experiment = running(started_at=timezone.now() - timedelta(days=3))
    record(experiment, visitors())
    counts = {name: Enrolment.with_deleted.filter(variant=name).count() for name in ("off", "on")}
    return Scope(experiment, timezone.now(), counts)


def a_metric(experiment: Experiment, kind: str, **fields: Any) -> Metric:
    place = {"organization_id": experiment.organization_id, "project": experiment.project, "key": "m", "name": "m"}
    return Metric(**place | {"kind": kind, "event": "buy"} | fields)


def after(deeds: Sequence[Did], event: str, hours: float = 1e9) -> list[float]:
    return [value or 0.0 for name, at, value in deeds if name == event and 0 <= at < hours]


def before(deeds: Sequence[Did], event: str) -> list[float]:
    return [value or 0.0 for name, at, value in deeds if name == event and -336 <= at < 0]


def by_variant(of: Any) -> dict[str, Moments]:
    rows = visitors()
    return {
        name: Moments.of(np.array([of(deeds) for variant, deeds in rows if variant == name], dtype=float))
        for name in ("off", "on")
    }


def same(found: dict[str, Measured], expected: dict[str, Measured]) -> None:
    assert found.keys() == expected.keys()
    for name, each in expected.items():
        for one, other in ((found[name].plain, each.plain), (found[name].adjusted, each.adjusted)):
            assert (one is None) == (other is None)
            if one and other:
                assert one.value == pytest.approx(other.value)
                assert one.squared_error == pytest.approx(other.squared_error, nan_ok=True)
                assert one.subjects == other.subjects
        assert found[name].successes == each.successes


def test_conversions(scope: Scope) -> None:
    expected = comparisons.rates(by_variant(lambda deeds: (bool(after(deeds, "buy")), bool(before(deeds, "buy")))))

    same(scope.measure(a_metric(scope.experiment, "conversion")), expected)


def test_conversions_within_a_window(scope: Scope) -> None:
    expected = comparisons.rates(by_variant(lambda deeds: (bool(after(deeds, "buy", 5)), bool(before(deeds, "buy")))))

    same(scope.measure(a_metric(scope.experiment, "conversion", window_hours=5)), expected)


def test_means_with_a_cap(scope: Scope) -> None:
    expected = comparisons.means(
        by_variant(lambda deeds: (min(12.5, sum(after(deeds, "buy"))), min(12.5, sum(before(deeds, "buy")))))
    )

    same(scope.measure(a_metric(scope.experiment, "mean", cap=12.5)), expected)


def test_ratios(scope: Scope) -> None:
    expected = comparisons.ratios(
        by_variant(lambda deeds: [sum(when(deeds, event)) for when in (after, before) for event in ("buy", "view")])
    )

    same(scope.measure(a_metric(scope.experiment, "ratio", denominator_event="view")), expected)


@pytest.mark.parametrize(("at", "cap"), [(0.75, None), (0.5, 8.0), (0.9, 8.0), (0.01, None)])
def test_quantiles(at: float, cap: float | None, scope: Scope) -> None:
    """Of whole numbers, of which many are the same; a cap makes more so, and is itself the quantile of 0.9."""
    expected = {}
    for name in ("off", "on"):
        values = [after(deeds, "buy") for variant, deeds in visitors() if variant == name]
        owners = np.repeat(np.arange(len(values)), [len(each) for each in values])
        expected[name] = Measured(quantiles.quantile(capped(np.concatenate(values), cap), owners, at))

    same(scope.measure(a_metric(scope.experiment, "quantile", quantile=at, cap=cap)), expected)


def test_an_event_without_a_value_counts_as_one(scope: Scope) -> None:
    Outcome.with_deleted.update(value=None)

    expected = comparisons.means(by_variant(lambda deeds: (len(after(deeds, "buy")), len(before(deeds, "buy")))))

    same(scope.measure(a_metric(scope.experiment, "mean")), expected)
    assert scope.measure(a_metric(scope.experiment, "quantile", quantile=0.5)) == {}


def test_what_came_after_the_stop_or_of_other_experiments_is_no_part_of_it(scope: Scope, running: Running) -> None:
    before_it = scope.measure(a_metric(scope.experiment, "mean"))

    other = running("other", rule_id="r9", started_at=scope.experiment.started_at)
    record(other, [("on", [("buy", 1, 1e6)])])
    record(scope.experiment, [("on", [("buy", 1000, 1e6)])])
    Enrolment.with_deleted.filter(experiment=scope.experiment).order_by("-pk")[:1].get().delete()

    same(scope.measure(a_metric(scope.experiment, "mean")), before_it)


@pytest.mark.parametrize(
    "metric",
    [
        {"kind": "conversion"},
        {"kind": "mean"},
        {"kind": "ratio", "denominator_event": "view"},
        {"kind": "quantile", "quantile": 0.95},
    ],
    ids=lambda metric: metric["kind"],
)
def test_values_beyond_all_bounds_are_left_out(metric: dict[str, Any], scope: Scope) -> None:
    asked = a_metric(scope.experiment, **metric)
    before_it = scope.measure(asked)

    owner = next(bytes(row.subject) for row in Enrolment.objects.filter(variant="on").order_by("id"))
    kept = {name: getattr(scope.experiment, name) for name in ("organization_id", "environment_id")}
    at = timezone.now() - timedelta(hours=1)
    for number, value in enumerate((1e200, -1e308, 1e308, 1.1e15)):
        place = {"batch": 10**9, "position": number, "event": "buy", "at": at, "is_public": True}
        Outcome.with_deleted.create(subject=owner, value=value, **kept, **place)

    same(scope.measure(asked), before_it)


def test_what_client_keys_told_is_left_out_where_servers_alone_count(scope: Scope) -> None:
    metric = a_metric(scope.experiment, "mean")
    Outcome.with_deleted.filter(value__gt=5).update(is_public=True)
    everything = scope.measure(metric)

    scope.experiment.servers_only = True

    assert scope.measure(metric)["on"].plain.value < everything["on"].plain.value


def test_without_events_rates_are_zero_and_quantiles_missing(running: Running) -> None:
    scope = Scope(running(), timezone.now(), {"off": 10, "on": 1})

    assert scope.measure(a_metric(scope.experiment, "conversion"))["off"].plain.value == 0
    assert "on" not in scope.measure(a_metric(scope.experiment, "conversion"))
    assert scope.measure(a_metric(scope.experiment, "ratio", denominator_event="view")) == {}
    assert scope.measure(a_metric(scope.experiment, "quantile", quantile=0.5)) == {}
