"""Which pages a key with origins lets in."""

import pytest

from evaluation.wire.origins import require_origin
from evaluation.wire.problems import Refused

ORIGINS = frozenset({"https://shop.example", "http://localhost:3000"})


@pytest.mark.parametrize(
    "headers", [{"origin": "https://shop.example"}, {"origin": "http://localhost:3000"}, {"origin": ""}, {}]
)
def test_its_own_pages_and_whatever_is_no_page_are_let_in(headers: dict[str, str]) -> None:
    require_origin(headers, ORIGINS)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.org",
    ],
)
def test_any_other_page_is_refused(origin: str) -> None:
    with pytest.raises(Refused) as refused:
        require_origin({"origin": origin}, ORIGINS)

    assert (refused.value.reply.status, refused.value.reply.name) == (403, "origin-not-allowed")
    assert origin in refused.value.reply.detail


def test_an_endless_origin_is_not_repeated_whole() -> None:
    with pytest.raises(Refused) as refused:
        require_origin({"origin": "https://" + "x" * 10_000}, ORIGINS)

    assert len(refused.value.reply.body) < 1_000
