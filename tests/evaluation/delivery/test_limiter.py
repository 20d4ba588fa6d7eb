"""What a process counts of each key with limits."""

from typing import Any

import pytest

from evaluation.delivery import limiter as module
from evaluation.delivery.held import HeldKey
from evaluation.delivery.limiter import Limiter
from evaluation.wire.limits import Limits
from evaluation.wire.problems import Refused


def a_key(name: str = "a", **limits: Any) -> HeldKey:
    return HeldKey(name, name, "client", "o", "p", "e", "production", None, limits=Limits(**limits) if limits else None)


def test_each_key_has_a_bucket_of_its_own() -> None:
    limiter = Limiter()
    one, other = (a_key(name, requests_per_second=1, burst=1) for name in "ab")
    limiter.admit(one)

    with pytest.raises(Refused):
        limiter.admit(one)

    assert limiter.admit(other)
    assert limiter.hits == {"requests": 1, "streams": 0}


def test_a_key_without_limits_leaves_no_trace() -> None:
    limiter = Limiter()

    for _ in range(1_000):
        assert limiter.admit(a_key()) == ()
    with limiter.streaming(a_key()):
        pass

    assert (limiter._buckets, limiter._streams) == ({}, {})


def test_a_stream_that_ends_makes_room_for_the_next() -> None:
    limiter = Limiter()
    key = a_key(streams=1)

    with limiter.streaming(key), pytest.raises(Refused), limiter.streaming(key):
        pass
    with limiter.streaming(key):
        pass

    assert (limiter.hits["streams"], limiter._streams) == (1, {})


def test_a_stream_that_breaks_makes_room_too() -> None:
    limiter = Limiter()
    with pytest.raises(ZeroDivisionError), limiter.streaming(a_key(streams=1)):
        raise ZeroDivisionError

    assert limiter._streams == {}


def test_the_bucket_that_was_used_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BUCKETS", 2)
    limiter = Limiter()

    for name in "abac":
        limiter.admit(a_key(name, requests_per_second=10, burst=10))

    assert list(limiter._buckets) == ["a", "c"]
