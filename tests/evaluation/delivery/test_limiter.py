"""What a process counts of each key with limits."""

from dataclasses import replace
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


def of_acme(name: str, **limits: Any) -> HeldKey:
    return replace(a_key(name), organization_limits=Limits(**limits))


def test_all_keys_of_an_organization_take_from_one_bucket() -> None:
    limiter = Limiter()
    limiter.admit(of_acme("a", requests_per_second=1, burst=2))
    limiter.admit(of_acme("b", requests_per_second=1, burst=2))

    with pytest.raises(Refused) as caught:
        limiter.admit(of_acme("c", requests_per_second=1, burst=2))

    assert b"All API keys of this organization together may ask" in caught.value.reply.body
    assert limiter.admit(replace(of_acme("d", requests_per_second=1, burst=2), organization_id="globex"))


def test_a_key_and_its_organization_are_both_told() -> None:
    key = replace(of_acme("a", requests_per_second=5, burst=5), limits=Limits(requests_per_second=1, burst=1))

    told = dict(Limiter().admit(key))

    assert told["RateLimit-Policy"] == '"requests";q=1;w=1, "organization";q=5;w=1'
    assert told["RateLimit"] == '"requests";r=0;t=1, "organization";r=4;t=1'


def test_what_a_key_is_refused_for_takes_nothing_from_the_others() -> None:
    limiter = Limiter()
    greedy = replace(of_acme("a", requests_per_second=1, burst=2), limits=Limits(requests_per_second=1, burst=1))
    limiter.admit(greedy)
    for _ in range(3):
        with pytest.raises(Refused):
            limiter.admit(greedy)

    assert limiter.admit(of_acme("b", requests_per_second=1, burst=2))


def test_an_organization_holds_so_many_streams_with_all_keys() -> None:
    limiter = Limiter()

    with limiter.streaming(of_acme("a", streams=1)):
        own = replace(of_acme("b", streams=1), limits=Limits(streams=5))
        with pytest.raises(Refused) as caught, limiter.streaming(own):
            pass

    assert b"and hold them" in caught.value.reply.body
    assert limiter._streams == {}
