"""A tally as a row holds it: read whole, or in the part that is asked for, it says the same."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import stored, tallies

# What JSON writes otherwise than it is, and what could end a name too early.
NAMES = st.text(st.sampled_from('ab",:{}\\\nué🙂\x01\x7f'), min_size=1, max_size=4)
NUMBERS = st.integers(1, 10**12)
COUNTS = st.dictionaries(
    NAMES,
    st.dictionaries(st.one_of(st.just(""), NAMES), st.dictionaries(NAMES, NUMBERS, min_size=1), min_size=1),
    min_size=1,
)
TALLIES = st.fixed_dictionaries(
    {},
    optional={
        "counts": COUNTS,
        "exposures": st.dictionaries(NAMES, st.dictionaries(NAMES, NUMBERS, min_size=1), min_size=1),
        "unknown": st.dictionaries(NAMES, NUMBERS, min_size=1),
        "cache": st.dictionaries(NAMES, NUMBERS, min_size=1),
    },
)
TALLY = {
    "counts": {
        "checkout": {"on": {"SPLIT": 3, "TARGETING_MATCH": 2}, "": {"ERROR": 1}},
        "checkout-2": {"on": {"SPLIT": 7}},
        "out": {"on": {"SPLIT": 5}},
    },
    "exposures": {"checkout": {"on": 2}, "out": {"on": 1}},
    "cache": {"fresh": 18},
}


@given(TALLIES)
def test_what_was_stored_is_read_again(tally: Mapping[str, Any]) -> None:
    assert stored.unpressed(stored.pressed(tally)) == tally


@given(TALLIES.filter(lambda tally: "counts" in tally))
def test_every_flag_is_found_alone(tally: Mapping[str, Any]) -> None:
    content = stored.pressed(tally)

    for flag in tally["counts"]:
        assert stored.flag_of(content, flag) == tallies.of_flag(tally, flag)


@pytest.mark.parametrize("flag", ["check", "checkou", "eckout", "ut", "kout", "nobody", '"', "checkout\\"])
def test_a_flag_that_nobody_asked_for_is_not_found_in_the_names_of_others(flag: str) -> None:
    assert stored.flag_of(stored.pressed(TALLY), flag) == {}


def test_the_head_says_what_all_flags_add_up_to() -> None:
    assert stored.head_of(stored.pressed(TALLY)) == {
        "cache": {"fresh": 18},
        "variants": {"on": 17, "": 1},
        "reasons": {"SPLIT": 15, "TARGETING_MATCH": 2, "ERROR": 1},
    }


def test_each_outcome_is_told_flat() -> None:
    assert stored.flat_of(stored.pressed(TALLY))["checkout\0on\0TARGETING_MATCH"] == 2


def test_nothing_takes_no_room() -> None:
    assert stored.pressed({}) == b""
    assert stored.unpressed(b"") == {}


def test_what_was_stored_before_there_were_parts_is_read_as_well() -> None:
    content = zlib.compress(json.dumps(TALLY, sort_keys=True).encode())

    assert stored.unpressed(content) == TALLY
    assert stored.flag_of(content, "out") == tallies.of_flag(TALLY, "out")
    assert stored.head_of(content)["cache"] == {"fresh": 18}
