"""What an experiment has shown: from what is recorded to one document."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from analytics.experiments.analysis import analysed
from analytics.experiments.readings import amount, range_of, reading_of
from analytics.models import Enrolment, Experiment, Metric
from analytics.sample_ratio import Verdict
from tenants.models import Project
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.recorded import Did, record

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=3)


@pytest.fixture
def spent(shop: Project) -> Metric:
    place = {"organization_id": shop.organization_id, "project": shop, "key": "spent", "name": "Spent"}
    metric: Metric = Metric.objects.create(**place, kind="mean", event="pay", goal="decrease")
    return metric


def a_visitor(random: np.random.Generator, rate: float) -> list[Did]:
    """Who spent much before spends much after."""
    habit = float(random.normal(50, 10))
    done: list[Did] = [("pay", -5, habit), ("pay", 1, habit + float(random.normal(0, 4)))]
    return done + ([("purchase", 0.5, None)] if random.random() < rate else [])


@pytest.fixture
def experiment(running: Running, purchase: Metric, spent: Metric) -> Experiment:
    """Five hundred of each: a third of those with `on` purchase, a tenth of those with `off`."""
    made = running(started_at=timezone.now() - DAYS, metrics=["spent"], guardrail_metrics=["gone"])
    random = np.random.default_rng(8)
    record(made, [(variant, a_visitor(random, rate)) for _ in range(500) for variant, rate in RATES])
    return made


RATES = (("on", 0.33), ("off", 0.10))


def difference(document: dict[str, Any], metric: str, variant: str = "on") -> dict[str, Any]:
    found = next(each for each in document["metrics"] if each["metric"] == metric)
    row: dict[str, Any] = next(each for each in found["variants"] if each["variant"] == variant)["difference"]
    return row


def test_the_whole_of_an_experiment(experiment: Experiment) -> None:
    document = analysed(experiment, now=timezone.now())

    assert document["subjects"] == {"off": 500, "on": 500}
    assert document["split"]["verdict"] == Verdict.FITS
    assert [(each["metric"], each["role"]) for each in document["metrics"]] == [
        ("purchases", "primary"),
        ("spent", "other"),
    ]
    purchases = difference(document, "purchases")
    assert purchases["verdict"] == "better"
    assert purchases["sequential"]["low"] < purchases["fixed"]["low"] < 0.23 < purchases["fixed"]["high"]
    assert purchases["chance_to_win"] > 0.999
    assert purchases["lift"]["low"] > 0
    assert difference(document, "purchases", "off") is None


def test_what_subjects_did_before_takes_noise_away(experiment: Experiment) -> None:
    spent = difference(analysed(experiment, now=timezone.now()), "spent")

    assert spent["variance_left"] < 0.25
    assert spent["adjusted"]["high"] - spent["adjusted"]["low"] < 0.6 * (spent["fixed"]["high"] - spent["fixed"]["low"])
    assert spent["verdict"] == "unclear"


def test_p_values_are_corrected_but_for_guardrails(experiment: Experiment) -> None:
    from statsmodels.stats.multitest import multipletests

    document = analysed(experiment, now=timezone.now())
    both = [difference(document, each)["fixed"] for each in ("purchases", "spent")]

    expected = multipletests([each["p_value"] for each in both], method="fdr_bh")[1]
    assert [each["corrected_p_value"] for each in both] == pytest.approx(list(expected))

    experiment.metrics, experiment.guardrail_metrics = [], ["spent"]
    guarded = difference(analysed(experiment, now=timezone.now()), "spent")["fixed"]
    assert guarded["corrected_p_value"] == guarded["p_value"]


def test_switchers_stay_with_their_first_variant_and_are_counted(experiment: Experiment) -> None:
    few = Enrolment.with_deleted.filter(variant="on").order_by("pk")[:7]
    Enrolment.with_deleted.filter(pk__in=list(few.values_list("pk", flat=True))).update(switched_at=timezone.now())

    document = analysed(experiment, now=timezone.now())

    assert document["switched"] == {"off": 0, "on": 7}
    assert document["subjects"]["on"] == 500


def test_subjects_are_counted_by_the_day_on_which_they_came(running: Running, purchase: Metric) -> None:
    made = running(started_at=datetime(2026, 11, 20, 23, 58, tzinfo=UTC))
    record(made, [("on", []), ("off", []), ("on", []), ("on", [])])

    days = analysed(made, now=datetime(2026, 11, 21, tzinfo=UTC))["days"]

    assert days == {"2026-11-20": {"off": 1, "on": 1}, "2026-11-21": {"on": 2}}


def test_lost_subjects_are_a_mismatch(experiment: Experiment) -> None:
    Enrolment.with_deleted.filter(variant="on", pk__gt=Enrolment.with_deleted.order_by("-pk")[300].pk).delete()

    assert analysed(experiment, now=timezone.now())["split"]["verdict"] == Verdict.MISMATCH


def test_a_weight_that_is_rounded_to_whole_buckets_is_no_mismatch(running: Running, purchase: Metric) -> None:
    """Of 50 buckets in 100,000 a twentieth is 2, and 47 are left to the others; not 2.5 and 47.5."""
    made = running(traffic=0.05, weights={"off": 95, "on": 5})
    record(made, [("on", []) for _ in range(40)] + [("off", []) for _ in range(940)])

    split = analysed(made, now=timezone.now())["split"]

    assert split["shares"] == {"off": 47 / 49, "on": 2 / 49}
    assert split["p_value"] == pytest.approx(1)


def test_of_few_subjects_nothing_is_said(running: Running, purchase: Metric) -> None:
    made = running()
    record(made, [("on", [("purchase", 1, None)]), ("on", []), ("off", []), ("off", [])])

    document = analysed(made, now=timezone.now())

    assert difference(document, "purchases")["verdict"] == "too-few"
    assert difference(document, "purchases")["sequential"]["low"] is None
    assert document["split"]["verdict"] == Verdict.TOO_FEW


def test_of_many_who_all_did_the_same_it_is_said_that_nothing_varies(running: Running, purchase: Metric) -> None:
    made = running()
    record(made, [(variant, []) for _ in range(100) for variant in ("on", "off")])

    row = difference(analysed(made, now=timezone.now()), "purchases")

    assert (row["verdict"], row["sequential"]["low"]) == ("all-the-same", None)
    assert "the same for all subjects so far" in row["reading"]


def test_of_a_quantile_that_nearly_everybody_has_it_is_said_that_nothing_is_known(
    running: Running, shop: Project
) -> None:
    place = {"organization_id": shop.organization_id, "project": shop, "key": "stars", "name": "Stars"}
    Metric.objects.create(**place, kind="quantile", quantile=0.9, event="rate")
    made = running(primary_metric="stars")
    given = {"on": 5.0, "off": 4.0}
    record(
        made,
        [(variant, [("rate", 1, given[variant] if number else 1.0)]) for number in range(100) for variant in given],
    )

    document = analysed(made, now=timezone.now())

    row = difference(document, "stars")
    assert (row["value"], row["verdict"], row["chance_to_win"], row["expected_loss"]) == (
        1.0,
        "too-few-values",
        None,
        None,
    )
    assert [row[each]["low"] for each in ("fixed", "sequential")] == [None, None]
    assert [each["standard_error"] for each in document["metrics"][0]["variants"]] == [None, None]
    assert "too few different values" in row["reading"]
    json.dumps(document, allow_nan=False)


def test_of_nobody_nothing_is_said(running: Running, purchase: Metric) -> None:
    document = analysed(running(), now=timezone.now())

    assert document["subjects"] == {"off": 0, "on": 0}
    assert difference(document, "purchases") is None


def test_what_happens_after_the_stop_is_left_out(experiment: Experiment) -> None:
    experiment.stopped_at = experiment.started_at

    document = analysed(experiment, now=timezone.now())

    assert document["as_of"] == document["stopped_at"]
    assert document["metrics"][0]["variants"][0]["value"] == 0


@pytest.mark.parametrize("subjects", [10, 300])
def test_queries_are_as_many_whatever_the_subjects(
    subjects: int, running: Running, purchase: Metric, spent: Metric, django_assert_num_queries: Any
) -> None:
    made = running(started_at=timezone.now() - DAYS, metrics=["spent"])
    random = np.random.default_rng(9)
    record(made, [(variant, a_visitor(random, rate)) for _ in range(subjects) for variant, rate in RATES])

    with django_assert_num_queries(4):
        analysed(made, now=timezone.now())


def test_ranges_in_words() -> None:
    assert range_of(0.012, 0.034, "conversion") == "1.2 to 3.4 points higher"
    assert range_of(-0.034, -0.012, "conversion") == "1.2 to 3.4 points lower"
    assert range_of(-1, 1234.5, "mean") == "between 1 lower and 1,234 higher"
    assert amount(0.00012345) == "0.000123"


@pytest.mark.parametrize(
    ("low", "high", "p_value", "goal", "verdict"),
    [
        (0.1, 0.2, 0.01, "increase", "better"),
        (0.1, 0.2, 0.01, "decrease", "worse"),
        (-0.2, -0.1, 0.01, "increase", "worse"),
        (-0.2, -0.1, 0.01, "decrease", "better"),
        (0.1, 0.2, 0.06, "increase", "perhaps"),
        (-0.1, 0.2, 0.5, "increase", "unclear"),
        (None, None, 1.0, "increase", "too-few"),
    ],
)
def test_verdicts(low: float | None, high: float | None, p_value: float, goal: str, verdict: str) -> None:
    effect = {"low": low, "high": high, "corrected_p_value": p_value}
    metric = {"name": "Purchases", "goal": goal, "kind": "conversion", "variants": []}

    row = {"variant": "on", "subjects": 99, "standard_error": 0.0, "difference": {"sequential": effect}}
    read = reading_of(metric, row, "off")

    assert read["verdict"] == verdict
    assert read["reading"].startswith("Purchases with on")
