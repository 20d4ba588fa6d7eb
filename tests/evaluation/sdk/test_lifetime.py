"""Lifetimes that make no sense are refused."""

import pytest

from evaluation.sdk.lifetime import Lifetime


@pytest.mark.parametrize(("fresh", "expires"), [(0, 1), (-1, 1), (2, 1)])
def test_what_expires_must_first_have_been_fresh(fresh: float, expires: float) -> None:
    with pytest.raises(ValueError, match="fresh"):
        Lifetime(fresh, expires)
