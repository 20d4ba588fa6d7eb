"""One failure, then rest."""

import pytest

from evaluation.manifest import breaker
from evaluation.manifest.breaker import Breaker


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
