"""The first exposure counts and a second variant marks the switch, in whatever order and however often they are told."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.experiments.enrolling import Met, Place, enrol, merged
from analytics.models import Enrolment, Experiment
from tests.analytics.experiments.conftest import Running

BEGUN = datetime(2026, 11, 27, 10, tzinfo=UTC)
SUBJECT = bytes(16)


def met(variant: str, minute: int, *, is_public: bool = False) -> Met:
    return Met(BEGUN + timedelta(minutes=minute), variant, None, is_public)


def minute(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - BEGUN) // timedelta(minutes=1)


exposures = st.lists(
    st.builds(met, st.sampled_from("ABC"), st.integers(0, 5), is_public=st.booleans()), min_size=1, max_size=6
)


@given(exposures, st.randoms())
def test_any_order_and_any_grouping_come_to_the_same(told: list[Met], chance: random.Random) -> None:
    first = min(told, key=lambda one: one[:2])
    others = [one.first for one in told if one.variant != first.variant]
    mixed = [*told, chance.choice(told)]
    chance.shuffle(mixed)
    cut = chance.randrange(len(mixed) + 1)

    whole = reduce(merged, [reduce(merged, part) for part in (mixed[:cut], mixed[cut:]) if part])

    assert (whole.first, whole.variant) == (first.first, first.variant)
    assert whole.switched == min(others, default=None)
    assert whole.is_public == all(one.is_public for one in told)


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_the_database_merges_as_python_does(running: Running, order: tuple[int, ...]) -> None:
    experiment = running()
    told = [met("on", 5, is_public=True), met("off", 3, is_public=True), met("on", 1), met("on", 8, is_public=True)]

    for place in order:
        tell(experiment, told[place])

    (row,) = Enrolment.objects.all()
    assert (row.variant, minute(row.first_at), minute(row.switched_at), row.is_public) == ("on", 1, 3, False)


@pytest.mark.django_db
def test_of_two_variants_at_one_moment_the_same_one_is_always_first(running: Running) -> None:
    experiment = running()
    for variants in (["on", "off"], ["off", "on"]):
        for variant in variants:
            tell(experiment, met(variant, 2))

        (row,) = Enrolment.objects.all()
        assert (row.variant, minute(row.switched_at)) == ("off", 2)
        row.delete()


@pytest.mark.django_db
def test_whoever_stays_with_a_variant_never_switched(running: Running) -> None:
    experiment = running()
    for at in (4, 2, 9):
        tell(experiment, met("on", at))

    (row,) = Enrolment.objects.all()
    assert (minute(row.first_at), row.switched_at) == (2, None)


def tell(experiment: Experiment, one: Met) -> None:
    enrol({Place(experiment.pk, SUBJECT): one}, {experiment.pk: experiment.organization_id})
