"""Stream tokens."""

import pytest

from evaluation.wire import tokens

SHA, OTHER_SHA = "ab" * 32, "ab" * 31 + "cd"
NOON = 1_795_000_000.0


def test_a_token_proves_its_key() -> None:
    token = tokens.parse(tokens.mint(SHA, NOON))

    assert token is not None
    assert SHA.startswith(token.key_hint)
    assert tokens.is_valid(token, SHA, NOON)


def test_a_token_lives_four_to_eight_hours() -> None:
    token = tokens.parse(tokens.mint(SHA, NOON))

    assert token is not None
    assert tokens.is_valid(token, SHA, NOON + tokens.WINDOW_SECONDS)
    assert not tokens.is_valid(token, SHA, NOON + 2 * tokens.WINDOW_SECONDS)
    assert not tokens.is_valid(token, SHA, NOON - tokens.WINDOW_SECONDS)


def test_a_token_of_another_key_is_refused() -> None:
    token = tokens.parse(tokens.mint(SHA, NOON))

    assert token is not None
    assert not tokens.is_valid(token, OTHER_SHA, NOON)


def test_a_stretched_window_is_refused() -> None:
    token = tokens.parse(tokens.mint(SHA, NOON))

    assert token is not None
    later = tokens.StreamToken(token.key_hint, token.window + 1, token.proof)
    assert not tokens.is_valid(later, SHA, NOON + tokens.WINDOW_SECONDS)


@pytest.mark.parametrize(
    "text", ["", "ff_stream_", "ff_client_x", tokens.mint(SHA, NOON) + "0", tokens.mint(SHA, NOON)[:-1]]
)
def test_anything_else_is_no_token(text: str) -> None:
    assert tokens.parse(text) is None
