"""How often flags were evaluated in many tallies together: added up once, and always what these tallies say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from analytics import stored, tallies
from analytics.sums import usages_in

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = st.sampled_from(["checkout", "check", "theme"])
COUNTS = st.dictionaries(
    NAMES,
    st.dictionaries(
        st.sampled_from(["on", "off", ""]),
        st.dictionaries(st.sampled_from(["SPLIT", "STATIC"]), st.integers(1, 99), min_size=1),
        min_size=1,
    ),
    min_size=1,
)


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    cache.clear()


def days(*counts: dict[str, Any]) -> list[tuple[datetime, bytes]]:
    return [
        (BEGIN + timedelta(days=number), stored.pressed({"counts": each})) for number, each in enumerate(counts) if each
    ]


@given(st.lists(COUNTS, max_size=4))
def test_it_is_what_the_tallies_add_up_to_the_first_time_and_the_second(counts: list[dict[str, Any]]) -> None:
    whole = tallies.summed({"counts": each} for each in counts).get("counts", {})
    expected = {
        flag: {variant: sum(reasons.values()) for variant, reasons in variants.items()}
        for flag, variants in whole.items()
    }
    lasts: dict[str, datetime] = {}
    for number, each in enumerate(counts):
        lasts |= dict.fromkeys(each, BEGIN + timedelta(days=number))

    for _ in range(2):
        found = usages_in(days(*counts))

        assert {flag: usage.variants for flag, usage in found.items()} == expected
        assert {flag: usage.evaluations for flag, usage in found.items()} == {
            flag: sum(variants.values()) for flag, variants in expected.items()
        }
        assert {flag: usage.last for flag, usage in found.items()} == lasts


ON, OFF = {"checkout": {"on": {"SPLIT": 3}}}, {"checkout": {"off": {"SPLIT": 4}}}


def test_only_the_latest_is_read_again() -> None:
    usages_in(days(ON, ON, OFF))

    with patch.object(stored, "outcomes_of", wraps=stored.outcomes_of) as read:
        found = usages_in(days(ON, ON, ON))

    assert read.call_count == 1
    assert found["checkout"].variants == {"on": 9}


def test_what_comes_late_counts_at_once() -> None:
    usages_in(days(ON, ON, ON))

    assert usages_in(days(OFF, ON, ON))["checkout"].variants == {"on": 6, "off": 4}


def test_the_same_numbers_of_other_days_are_another_sum() -> None:
    usages_in(days(ON, {}, {"theme": {"on": {"STATIC": 1}}}))

    found = usages_in(days({}, ON, {"theme": {"on": {"STATIC": 1}}}))

    assert found["checkout"].last == BEGIN + timedelta(days=1)


def test_nothing_adds_up_to_nothing() -> None:
    assert usages_in([]) == {}
