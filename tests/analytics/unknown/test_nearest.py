"""Which existing key somebody probably meant."""

import pytest

from analytics.unknown.nearest import Nearest

KEYS = Nearest(["new-checkout", "payments-v2", "banner-text", "theme", *(f"flag-{number}" for number in range(3_000))])


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("new-chekout", "new-checkout"),
        ("NewCheckout", "new-checkout"),
        ("payments_v2", "payments-v2"),
        ("bannertext", "banner-text"),
        ("flag-1234x", "flag-1234"),
        ("christmas", ""),
        ("t", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
)
def test_the_nearest(word: str, meant: str) -> None:
    assert KEYS.to(word) == meant
