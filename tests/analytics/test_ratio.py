"""The chi-square test of shares: known examples, how often it errs, and what it finds."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest

from analytics.ratio import ALPHA, Result, compared, subjects_needed
from tests.analytics.shares import HALVES

MENDEL = {"round yellow": 9, "round green": 3, "wrinkled yellow": 3, "wrinkled green": 1}


def result_of(subjects: Mapping[str, int], shares: Mapping[str, Fraction] = HALVES) -> Result:
    result = compared(subjects, shares)
    assert result is not None
    return result


def test_the_example_of_kohavi_tang_and_xu() -> None:
    """Trustworthy Online Controlled Experiments (2020), chapter 21: 821,588 and 815,482 users of a split in halves."""
    result = result_of({"on": 821_588, "off": 815_482})

    assert result.p_value == pytest.approx(1.8e-6, rel=0.02)
    assert result.is_mismatch


def test_mendels_peas() -> None:
    """315, 108, 101 and 32 against 9 : 3 : 3 : 1, as in many a textbook: 0.470 with 3 degrees of freedom, p = 0.925."""
    shares = {name: Fraction(part, 16) for name, part in MENDEL.items()}

    result = result_of(dict(zip(MENDEL, (315, 108, 101, 32), strict=True)), shares)

    assert (round(result.statistic, 3), result.freedom, round(result.p_value, 3)) == (0.470, 3, 0.925)
    assert not result.is_mismatch


@pytest.mark.parametrize(
    "shares", [HALVES, {"a": Fraction(9, 10), "b": Fraction(1, 10)}, {name: Fraction(1, 3) for name in "abc"}]
)
@pytest.mark.parametrize("level", [0.05, ALPHA])
def test_a_sound_split_is_flagged_as_often_as_the_level_says(shares: Mapping[str, Fraction], level: float) -> None:
    draws = np.random.default_rng(2026).multinomial(1_000, [float(share) for share in shares.values()], 100_000)
    counts, times = np.unique(draws, axis=0, return_counts=True)

    flagged = sum(
        int(number)
        for each, number in zip(counts.tolist(), times, strict=True)
        if result_of(dict(zip(shares, each, strict=True)), shares).p_value < level
    )

    assert 0.65 * level < flagged / 100_000 < 1.35 * level


def test_a_broken_split_is_found() -> None:
    """Of those who met `on` more than a quarter are lost: 42 to 58 in the place of halves."""
    draws = np.random.default_rng(7).binomial(1_000, 0.42, 2_000)

    found = sum(result_of({"on": on, "off": 1_000 - on}).is_mismatch for on in draws.tolist())

    assert found > 1_900
    assert result_of({"on": 10_000, "off": 10_400}).p_value == pytest.approx(0.0051, rel=0.02)
    assert result_of({"on": 1_000, "off": 0}).is_mismatch


def test_a_variant_that_is_not_of_the_split_is_a_mismatch() -> None:
    assert result_of({"on": 500, "off": 500, "blue": 1}).is_mismatch


@pytest.mark.parametrize(("share", "needed"), [(Fraction(1, 2), 10), (Fraction(1, 100), 500), (Fraction(1, 3), 15)])
def test_below_so_many_subjects_nothing_is_said(share: Fraction, needed: int) -> None:
    shares = {"on": share, "off": 1 - share}

    assert subjects_needed(shares) == needed
    assert compared({"on": needed - 1}, shares) is None
    assert compared({"on": needed}, shares) is not None
