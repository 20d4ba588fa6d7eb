"""Who met a split is sampled once, however often it is told and whoever folds it, and forgotten in time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import folding
from analytics.exposures import SAMPLE_DAYS, forget_samples, sample_of
from analytics.models import SubjectSample, TelemetryBatch
from analytics.sample_ratio import Verdict, sample_ratio
from analytics.samples import tallied
from flags.models import Flag, FlagConfig
from flags.services import put_config, set_rollout
from tenants.actors import Actor
from tenants.models import Environment
from tests.analytics.batches import Tell
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
HALVES = {"split": {"weights": {"on": 50, "off": 50}}}


def exposed(*, on: int, off: int, flag: str = "checkout", name: str = "user", **more: Any) -> list[dict[str, Any]]:
    at = timezone.now().isoformat()
    return [
        {"flag": flag, "variant": variant, "subject": f"{name}-{variant}-{number}", "at": at, **more}
        for variant, count in (("on", on), ("off", off))
        for number in range(count)
    ]


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, as_alice: Actor) -> Flag:
    """A flag that has split in halves for a month; nobody changed it since."""
    flag: Flag = a_flag("checkout")
    put_config(flag, development, {"enabled": True, "fallthrough": HALVES}, actor=as_alice)
    _since(flag, timedelta(days=40))
    return flag


def _since(flag: Flag, ago: timedelta) -> None:
    """As if all that was saved so far had been saved then."""
    FlagConfig.history.filter(flag_id=flag.pk).update(history_date=timezone.now() - ago)


def verdict(flag: Flag, environment: Environment, *, days: int = 2) -> Any:
    now = timezone.now()
    return sample_ratio(flag, environment, now - timedelta(days=days), now, now=now)


def met(flag: Flag, environment: Environment) -> Any:
    today = timezone.now().date()
    return tallied(sample_of(flag, environment, today - timedelta(days=30), today))


def test_subjects_are_counted_once_over_batches_and_days(tell: Tell, checkout: Flag, development: Environment) -> None:
    tell(exposures=exposed(on=30, off=20))
    tell(exposures=exposed(on=40, off=20))
    tell(exposures=exposed(on=30, off=25), ago=timedelta(days=3))

    assert met(checkout, development) == ({"on": 40, "off": 25}, 0)
    assert SubjectSample.objects.count() == 2


def test_a_refold_changes_no_sample(tell: Tell, checkout: Flag, development: Environment) -> None:
    tell(exposures=exposed(on=30, off=20))
    (before,) = SubjectSample.objects.values_list("content", flat=True)

    TelemetryBatch.with_deleted.update(is_folded=False)
    assert folding.fold(now=timezone.now()) == 1

    assert list(SubjectSample.objects.values_list("content", flat=True)) == [before]


def test_what_is_no_flag_or_too_old_has_no_sample(tell: Tell, checkout: Flag, development: Environment) -> None:
    tell(exposures=exposed(on=3, off=2, flag="made-up"))
    tell(exposures=exposed(on=3, off=2), ago=timedelta(days=SAMPLE_DAYS + 1))

    assert not SubjectSample.objects.exists()


def test_samples_are_forgotten_in_time(tell: Tell, checkout: Flag, development: Environment) -> None:
    tell(exposures=exposed(on=3, off=2))
    now = timezone.now()

    assert forget_samples(now=now + timedelta(days=SAMPLE_DAYS)) == 0
    assert forget_samples(now=now + timedelta(days=SAMPLE_DAYS + 1)) == 1


def test_the_number_of_queries_of_a_fold_does_not_grow_with_flags(
    tell: Tell, a_flag: MakeFlag, development: Environment
) -> None:
    def queries(keys: list[str], name: str) -> int:
        told = [each for key in keys for each in exposed(on=2, off=1, flag=key, name=name)]
        with CaptureQueriesContext(connection) as captured:
            tell(exposures=told)
        return len(captured)

    keys = [f"flag-{number}" for number in range(12)]
    for key in keys:
        a_flag(key)
    queries(keys, "first")

    assert queries(keys[:2], "second") == queries(keys, "third")


def test_a_sound_split_fits_and_a_broken_one_is_found(tell: Tell, checkout: Flag, development: Environment) -> None:
    tell(exposures=exposed(on=205, off=195))
    assert verdict(checkout, development).verdict == Verdict.FITS

    tell(exposures=exposed(on=305, off=0, name="other"), ago=timedelta(days=1))

    found = verdict(checkout, development)
    assert (found.verdict, found.subjects) == (Verdict.MISMATCH, {"on": 510, "off": 195})
    assert verdict(checkout, development, days=0).verdict == Verdict.FITS


def test_who_met_two_variants_is_left_out_and_said(tell: Tell, checkout: Flag, development: Environment) -> None:
    tell(exposures=[each | {"subject": each["subject"][-1]} for each in exposed(on=10, off=5)])

    found = verdict(checkout, development)

    assert (found.subjects, found.switched, found.verdict) == ({"on": 5}, 5, Verdict.TOO_FEW)
    assert found.needed == 10


def test_a_split_that_changed_meanwhile_is_not_tested(
    tell: Tell, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    tell(exposures=exposed(on=50, off=50))
    set_rollout(checkout, development, {"on": 90, "off": 10}, actor=as_alice)

    found = verdict(checkout, development)

    assert (found.verdict, found.result, found.in_force.version) == (Verdict.CHANGED, None, 3)
    _since(checkout, timedelta(days=4))
    assert verdict(checkout, development, days=3).verdict == Verdict.MISMATCH


def test_a_change_that_leaves_the_split_alone_is_none(
    tell: Tell, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    tell(exposures=exposed(on=50, off=50))
    put_config(checkout, development, {"enabled": False, "fallthrough": HALVES}, actor=as_alice)

    assert verdict(checkout, development).verdict == Verdict.FITS


def test_a_first_split_is_tested_from_its_beginning(
    tell: Tell, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    flag: Flag = a_flag("checkout")
    put_config(flag, development, {"enabled": True, "fallthrough": HALVES}, actor=as_alice)
    tell(exposures=exposed(on=50, off=50))

    assert verdict(flag, development).verdict == Verdict.FITS


def rule(number: int, serve: dict[str, Any]) -> dict[str, Any]:
    asked = {"attribute": "country", "op": "in", "values": [f"C{number}"]}
    return {"id": f"r{number}", "if": asked, "serve": serve}


TENTH = {"split": {"weights": {"on": 10, "off": 90}}}
# The others go on to the next step.
TENTH_ALONE = {"split": {"ranges": [["on", 0, 10_000], [None, 10_000, 100_000]]}}
BY_COMPANY = {"split": {"by": "company", "weights": {"on": 50, "off": 50}}}


@pytest.fixture
def two_splits(checkout: Flag, development: Environment, as_alice: Actor) -> Flag:
    """A tenth of whom the rule matches, halves of all others, for a month."""
    state = {"enabled": True, "rules": [rule(1, TENTH)], "fallthrough": HALVES}
    put_config(checkout, development, state, actor=as_alice)
    _since(checkout, timedelta(days=40))
    return checkout


def test_of_several_splits_each_is_compared_with_those_who_met_it(
    tell: Tell, two_splits: Flag, development: Environment
) -> None:
    tell(exposures=exposed(on=10, off=90, name="rule", rule="r1") + exposed(on=52, off=48))
    twice = exposed(on=4, off=0, name="rule") + exposed(on=3, off=0, name="other", rule="r9")
    tell(exposures=twice)

    found = verdict(two_splits, development)

    assert (found.verdict, found.compared, found.left_out) == (Verdict.FITS, 2, 7)
    assert found.subjects == {"on": 58, "off": 138}
    assert {name: round(float(share), 3) for name, share in found.expected.items()} == {"on": 0.304, "off": 0.696}
    assert found.result.freedom == 2


def test_splits_whose_faults_make_up_for_each_other_are_found(
    tell: Tell, two_splits: Flag, development: Environment
) -> None:
    """Of both together there are as many with each variant as there should be."""
    tell(exposures=exposed(on=40, off=60, name="rule", rule="r1") + exposed(on=20, off=80))

    found = verdict(two_splits, development)

    assert (found.verdict, found.subjects) == (Verdict.MISMATCH, {"on": 60, "off": 140})


def test_a_split_of_whom_another_one_left_over_is_not_compared(
    tell: Tell, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    first = {"split": {"salt": "shared", "ranges": [["on", 0, 40_000], [None, 40_000, 100_000]]}}
    second = {"split": {"salt": "shared", "ranges": [["on", 0, 50_000], ["off", 50_000, 100_000]]}}
    state = {"enabled": True, "rules": [rule(1, first), rule(2, second)], "fallthrough": TENTH}
    put_config(checkout, development, state, actor=as_alice)
    _since(checkout, timedelta(days=40))
    tell(exposures=exposed(on=10, off=50, name="left", rule="r2") + exposed(on=10, off=90))

    found = verdict(checkout, development)

    assert (found.verdict, found.compared, found.left_out) == (Verdict.FITS, 1, 60)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, Verdict.NO_SPLIT),
        ({"rules": [rule(1, HALVES)]}, Verdict.TOO_FEW),
        ({"rules": [rule(1, HALVES)], "fallthrough": HALVES}, Verdict.TOO_FEW),
        ({"rules": [rule(1, TENTH)], "fallthrough": HALVES}, Verdict.TOO_FEW),
        ({"rules": [rule(1, TENTH_ALONE)], "fallthrough": BY_COMPANY}, Verdict.SEVERAL_SPLITS),
        ({"rules": [rule(1, TENTH_ALONE)]}, Verdict.ONE_VARIANT),
        ({"fallthrough": BY_COMPANY}, Verdict.BY_ATTRIBUTE),
        ({"fallthrough": {"split": {"weights": {"on": 100, "off": 0}}}}, Verdict.NO_SPLIT),
    ],
)
def test_what_is_compared_with_what(
    state: dict[str, Any], expected: Verdict, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    flag: Flag = a_flag("checkout")
    if state:
        put_config(flag, development, {"enabled": True} | state, actor=as_alice)

    assert verdict(flag, development).verdict == expected


def test_a_flag_that_nobody_touched_has_no_split(a_flag: MakeFlag, development: Environment) -> None:
    found = verdict(a_flag("checkout"), development)

    assert (found.verdict, found.expected, found.needed) == (Verdict.NO_SPLIT, {}, 0)
    assert found.last == datetime.now(UTC).date()
