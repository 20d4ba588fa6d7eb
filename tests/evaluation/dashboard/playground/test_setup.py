"""The address of the playground holds all that was typed, and gives it back unchanged."""

import zlib
from base64 import urlsafe_b64encode

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from evaluation.dashboard.playground.setup import LONGEST_UNPACKED, MOST_CONTEXTS, Setup, TypedContext, TypedDraft

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SETUPS = st.builds(
    Setup,
    environment=TEXTS,
    search=TEXTS,
    at=TEXTS,
    client=st.booleans(),
    cell=TEXTS,
    contexts=st.none() | st.lists(st.builds(TypedContext, TEXTS, TEXTS, TEXTS), max_size=MOST_CONTEXTS).map(tuple),
    drafts=st.lists(st.builds(TypedDraft, TEXTS, TEXTS, TEXTS), max_size=3).map(tuple),
)


@given(SETUPS)
def test_a_setup_comes_back_from_its_address(setup: Setup) -> None:
    assert Setup.of(QueryDict(setup.query())) == setup
    assert Setup.of(QueryDict(setup.shared())) == setup


def test_a_short_setup_can_be_read_in_its_link() -> None:
    setup = Setup(environment="production", contexts=(TypedContext("Ravi", "{}"),))

    assert setup.shared() == "environment=production&name=Ravi&context=%7B%7D&kept="


def test_a_long_setup_is_packed_into_a_link_that_can_be_pasted() -> None:
    setup = Setup(drafts=(TypedDraft("checkout", "production", 'rule r1: country in ["IN"]\n  serve on\n' * 100),))

    assert setup.shared().startswith("packed=")
    assert len(setup.shared()) < 400
    assert Setup.of(QueryDict(setup.shared())) == setup


@pytest.mark.parametrize(
    "packed",
    [
        "",
        "nonsense",
        "é",
        urlsafe_b64encode(b"never packed").decode(),
        urlsafe_b64encode(zlib.compress(b"\xff")).decode(),
        urlsafe_b64encode(zlib.compress(b"q=" + b"x" * LONGEST_UNPACKED)).decode(),
        urlsafe_b64encode(zlib.compress(b"q=cut off")[:-3]).decode(),
    ],
)
def test_a_link_that_was_damaged_is_an_empty_setup(packed: str) -> None:
    query = QueryDict(mutable=True)
    query["packed"] = packed

    assert Setup.of(query) == Setup()


def test_of_two_values_the_one_of_the_pressed_button_holds() -> None:
    assert Setup.of(QueryDict("environment=staging&environment=production")).environment == "production"


def test_a_context_whose_name_is_missing_keeps_its_place() -> None:
    setup = Setup.of(QueryDict("name=Ravi&context=%7B%7D&context=%5B%5D"))

    assert setup.contexts == (TypedContext("Ravi", "{}"), TypedContext("", "[]"))
