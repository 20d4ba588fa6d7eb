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
        "ff_server_" + "x" * 43 + "000000",
        "ff_magic_" + "x" * 43,
        "ff_server_" + "é" * 43,
        "ff_server_" + "x" * 43 + "\n",
        " ff_server_" + "x" * 43,
    ],
)
def test_anything_else_is_no_key(text: str) -> None:
    assert keys.kind_of(text) is None


def test_a_key_without_a_checksum_is_from_before() -> None:
    assert keys.kind_of("ff_server_" + "x" * 43) == "server"


def test_the_checksum_is_the_crc_in_six_digits() -> None:
    """As docs/leaked-keys.md says it, for whoever checks keys in another language."""
    assert keys.checksum_of("ff_server_" + "x" * 43) == "4IcDrj"


def test_a_typing_error_is_seen() -> None:
    secret = keys.mint("server").secret
    swapped = secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:]

    assert keys.kind_of(swapped) is None


@pytest.mark.parametrize("around", ["{}", "key={}&x", '"{}"', "x{}\n", "{},{}"])
def test_keys_are_found_in_any_text(around: str) -> None:
    secret = keys.mint("token").secret

    assert list(keys.keys_in(around.replace("{}", secret))) == [secret]


def test_a_key_from_before_is_found_whatever_follows_it() -> None:
    old = "ff_server_" + "x" * 43

    assert list(keys.keys_in(f"{old}abcdef {old}")) == [old]
    assert list(keys.keys_in("ff_server_tooshort")) == []
