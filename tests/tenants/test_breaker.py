"""One failure, then rest."""

import pytest
from django.core.cache import caches

from evaluation.manifest import cache
from tenants import breaker
from tenants.breaker import Breaker, redis_breaker


def test_what_succeeds_comes_back() -> None:
    assert Breaker().call(lambda: 7) == 7


def test_after_a_failure_nothing_is_tried_until_the_rest_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "REST_SECONDS", 60)
    tried: list[str] = []
    guarded = Breaker()

    assert guarded.call(lambda: tried.append("first") or 1 / 0) is None  # type: ignore[func-returns-value]
    assert guarded.call(lambda: tried.append("second")) is None
    guarded.close()
    guarded.call(lambda: tried.append("third"))

    assert tried == ["first", "third"]


def test_what_cannot_be_unpacked_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(name: str) -> object:
        raise EOFError(name)

    monkeypatch.setattr(caches["shared"], "get", unpack)

    assert cache.get("01J") is None
    assert redis_breaker.call(lambda: "still asked") == "still asked"


def test_an_outage_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> object:
        raise ConnectionError(name)

    monkeypatch.setattr(caches["shared"], "get", refuse)

    assert cache.get("01J") is None
    assert redis_breaker.call(lambda: "still asked") is None
    redis_breaker.close()
