"""Keys as strings."""

import pytest

from tenants import keys


@pytest.mark.parametrize("kind", ["client", "server", "relay", "token"])
def test_a_minted_key_says_its_kind(kind: str) -> None:
    minted = keys.mint(kind)

    assert keys.kind_of(minted.secret) == kind
    assert minted.prefix == minted.secret[: len(f"ff_{kind}_") + 8]
    assert minted.sha256 == keys.sha256_of(minted.secret)


def test_no_two_keys_are_alike() -> None:
    assert len({keys.mint("server").secret for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ff_server_",
        "ff_server_" + "x" * 42,
        "ff_server_" + "x" * 44,
        "ff_magic_" + "x" * 43,
        "ff_server_" + "é" * 43,
        "ff_server_" + "x" * 43 + "\n",
        " ff_server_" + "x" * 43,
    ],
)
def test_anything_else_is_no_key(text: str) -> None:
    assert keys.kind_of(text) is None
