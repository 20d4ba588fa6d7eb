"""Delays in buckets: good to a tenth, bounded in number, and a percentile of them."""

import pytest

from evaluation.wire.delays import COUNT, bucket_of, percentile, seconds_of


@pytest.mark.parametrize("seconds", [0.0012, 0.05, 0.283, 1.0, 59.0, 700.0])
def test_a_bucket_is_good_to_a_tenth(seconds: float) -> None:
    assert seconds_of(bucket_of(seconds)) == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 0.000_1])
def test_what_takes_no_time_falls_into_the_first(seconds: float) -> None:
    assert bucket_of(seconds) == 0


def test_what_takes_for_ever_falls_into_the_last() -> None:
    assert bucket_of(1e9) == COUNT - 1


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 0.1), (0.98, 0.1), (0.99, 2.0), (1.0, 5.0)])
def test_a_percentile_counts_who_arrived(share: float, seconds: float) -> None:
    assert percentile([(5.0, 1), (0.1, 98), (2.0, 1)], share) == seconds


def test_there_is_no_percentile_of_nobody() -> None:
    assert percentile([], 0.5) is None
