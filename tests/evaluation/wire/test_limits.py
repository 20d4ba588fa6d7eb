"""Buckets of tokens: what a key may still ask, and what it is told."""

from typing import Any

import pytest

from evaluation.wire.limits import Bucket, Limits, limits_of, too_many_streams

TEN = Limits(requests_per_second=10, burst=20)


def test_a_burst_may_come_at_once_and_then_one_for_each_that_comes_back() -> None:
    bucket = Bucket(TEN, now=0.0)

    at_once = [bucket.take(TEN, now=0.0) for _ in range(21)]
    a_tenth_later = [bucket.take(TEN, now=0.1), bucket.take(TEN, now=0.1)]

    assert at_once == [True] * 20 + [False]
    assert a_tenth_later == [True, False]


def test_no_more_than_a_burst_is_ever_saved_up() -> None:
    bucket = Bucket(TEN, now=0.0)

    assert [bucket.take(TEN, now=1e6) for _ in range(21)] == [True] * 20 + [False]


def test_narrower_limits_hold_at_once() -> None:
    bucket = Bucket(TEN, now=0.0)
    narrow = Limits(requests_per_second=1, burst=1)

    assert [bucket.take(narrow, now=0.0) for _ in range(2)] == [True, False]


def test_what_is_left_is_told_in_whole_numbers() -> None:
    bucket = Bucket(TEN, now=0.0)
    bucket.take(TEN, now=0.0)
    bucket.take(TEN, now=0.05)

    assert bucket.told(TEN) == (("RateLimit-Policy", '"requests";q=20;w=2'), ("RateLimit", '"requests";r=18;t=1'))


@pytest.mark.parametrize(("rate", "seconds"), [(1, "1"), (1000, "1")])
def test_retry_after_is_never_nothing(rate: int, seconds: str) -> None:
    limits = Limits(rate, 1)
    bucket = Bucket(limits, now=0.0)
    while bucket.take(limits, now=0.0):
        pass

    reply = bucket.refused(limits).reply

    assert (reply.status, dict(reply.headers)["Retry-After"]) == (429, seconds)


def test_too_many_streams_say_how_many_there_may_be() -> None:
    reply = too_many_streams(Limits(streams=3)).reply

    assert (reply.status, dict(reply.headers)["RateLimit-Policy"]) == (429, '"streams";q=3;qu="concurrent-requests"')


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ({"requests_per_second": 5}, Limits(5, 5)),
        ({"requests_per_second": 5, "burst": 50, "streams": 2, "of later": 1}, Limits(5, 50, 2)),
        ({"streams": 2}, Limits(streams=2)),
        ({"burst": 5}, None),
        ({}, None),
        (None, None),
        ([], None),
        ({"requests_per_second": -1, "streams": True}, None),
        ({"requests_per_second": "many"}, None),
    ],
)
def test_what_cannot_be_understood_limits_nothing(told: Any, limits: Limits | None) -> None:
    assert limits_of(told) == limits
