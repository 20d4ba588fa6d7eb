"""Numbers that add up, whatever was told and in whatever order."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import tallies
from evaluation.sdk.telemetry.sketch import Sketch
from evaluation.wire.telemetry import read_batch
from tests.analytics.batches import batch

NAMES = st.text("abc", min_size=1, max_size=2)
TALLIES = st.dictionaries(
    st.sampled_from(["counts", "unknown"]),
    st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(1, 99), min_size=1), min_size=1),
)


def of(**items: Any) -> tallies.Tally:
    return tallies.of_batch(read_batch(batch(**items)).document, "server")


def test_a_batch_becomes_numbers() -> None:
    sketch = Sketch()
    for nanoseconds in (100, 100, 50_000):
        sketch.add(nanoseconds)

    tally = of(
        counts=[
            {"flag": "a", "variant": "on", "reason": "SPLIT", "version": 1, "n": 3},
            {"flag": "a", "variant": "on", "reason": "SPLIT", "version": 2, "n": 4},
            {"flag": "a", "variant": "off", "reason": "DISABLED", "n": 1},
        ],
        latency={"unit": "ns", "sketch": sketch.as_text()},
        cache={"fresh": 5, "miss": 2},
        unknown_flags={"gone": 2},
        breaker=[{"at": "2026-11-27T10:00:00Z", "to": "open"}, {"at": "2026-11-27T10:00:01Z", "to": "closed"}],
        errors=[{"flag": "a", "variant": "on", "requests": 500, "errors": 2}],
        exposures=[{"flag": "a", "variant": "on", "subject": "u1", "at": "2026-11-27T10:00:00Z"}],
        events=[{"event": "purchase", "subject": "u1", "value": 2.5, "at": "2026-11-27T10:00:00Z"}],
    )

    assert tally == {
        "counts": {"a": {"on": {"SPLIT": 7}, "off": {"DISABLED": 1}}},
        "requests": {"a": {"on": 500}},
        "errors": {"a": {"on": 2}},
        "exposures": {"a": {"on": 1}},
        "events": {"purchase": 1},
        "breaker": {"open": 1, "closed": 1},
        "turns": {"1795773600": {"shop/web-1": {"open": 1}}, "1795773601": {"shop/web-1": {"closed": 1}}},
        "cache": {"fresh": 5, "miss": 2},
        "unknown": {"gone": 2},
        "askers": {"gone": {"server": {"test": 2}}},
        "durations": {str(bucket): count for bucket, count in sketch.buckets.items()},
        "sdks": {"test": {"1.0": {"shop": 1}}},
        "batches": {"server": 1},
    }


@pytest.mark.parametrize(
    "sketch",
    [
        "bm90IGpzb24=",  # not json
        "W10=",  # []
        "eyJnYW1tYSI6MS4xLCJidWNrZXRzIjp7IjEiOjF9fQ==",  # another gamma
        "eyJnYW1tYSI6MS4wNDA4MTYzMjY1MzA2MTIyLCJidWNrZXRzIjpbMV19",  # a list for buckets
        "eyJnYW1tYSI6MS4wNDA4MTYzMjY1MzA2MTIyLCJidWNrZXRzIjp7IngiOjF9fQ==",  # no number for a bucket
        "eyJnYW1tYSI6MS4wNDA4MTYzMjY1MzA2MTIyLCJidWNrZXRzIjp7IjEiOi0xfX0=",  # a negative count
    ],
)
def test_a_sketch_that_cannot_be_added_is_left_out_and_nothing_else(sketch: str) -> None:
    tally = of(latency={"unit": "ns", "sketch": sketch}, cache={"fresh": 1})

    assert "durations" not in tally
    assert tally["cache"] == {"fresh": 1}


@given(st.lists(TALLIES, max_size=4))
def test_the_order_of_adding_does_not_matter(parts: list[dict[str, Any]]) -> None:
    assert tallies.summed(parts) == tallies.summed(reversed(parts))
    assert tallies.total(tallies.summed(parts)) == sum(map(tallies.total, parts))


@given(TALLIES)
def test_what_was_stored_is_read_again(tally: Mapping[str, Any]) -> None:
    assert tallies.unpressed(tallies.pressed(tally)) == tally


def test_names_beyond_the_most_are_counted_together() -> None:
    tally: tallies.Tally = {}
    for number in range(1_500):
        tallies.add(tally, {"unknown": {f"made-up-{number}": 2}})
    tallies.add(tally, {"unknown": {"made-up-3": 1, "made-up-1400": 1}})

    assert len(tally["unknown"]) == 1_000
    assert tally["unknown"]["made-up-3"] == 3
    assert tally["left_out"] == {"unknown": 1_001}
    assert tallies.total(tally) == 3_002


def test_variants_beyond_the_most_are_counted_together() -> None:
    whole = tallies.summed({"counts": {"a": {f"v{number}": {"SPLIT": 1}}}} for number in range(300))

    assert (len(whole["counts"]["a"]), whole["left_out"]) == (200, {"counts": 100})


def test_who_asked_for_unknown_flags_is_kept_as_far_as_there_is_room() -> None:
    tally: tallies.Tally = {}
    for number in range(20):
        tallies.add(tally, {"askers": {"gone": {"client": {f"made-up-{number}": 1}}}})

    assert len(tally["askers"]["gone"]["client"]) == 5
    assert "left_out" not in tally


def test_what_is_told_of_one_flag_is_nothing_of_the_others() -> None:
    tally = {
        "counts": {"a": {"on": {"SPLIT": 1}}, "b": {"on": {"SPLIT": 2}}},
        "exposures": {"b": {"on": 3}},
        "cache": {"fresh": 3},
    }

    assert tallies.of_flag(tally, "b") == {"counts": {"b": {"on": {"SPLIT": 2}}}, "exposures": {"b": {"on": 3}}}
    assert tallies.of_flag(tally, "c") == {}
