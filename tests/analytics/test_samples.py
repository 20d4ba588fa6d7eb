"""Samples of subjects: bounded, the same in whatever order, and as fair as the crowd that they are taken from."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import samples
from analytics.ratio import compared
from analytics.samples import SIZE, Sampling, packed, tallied, union, unpacked
from evaluation.core.bucketing import bucket
from tests.analytics.shares import HALVES

KEY = b"k" * 32
Met = list[tuple[str, str]]


def sample_of(met: Sequence[tuple[str, ...]], key: bytes = KEY) -> samples.Sample:
    sampling = Sampling(key)
    for each in met:
        sampling.meet(*each)
    return sampling.sample


def crowd(count: int) -> Met:
    return [(f"user-{number}", "on" if number % 2 else "off") for number in range(count)]


def test_below_its_size_a_sample_is_everybody_however_often_they_came() -> None:
    assert tallied(sample_of(crowd(600) * 3)) == ({"off": 300, "on": 300}, 0)


def test_who_met_two_variants_belongs_to_none() -> None:
    assert tallied(sample_of([("a", "on"), ("b", "off"), ("a", "off"), ("a", "on"), ("c", "on")])) == (
        {"off": 1, "on": 1},
        1,
    )


@pytest.mark.parametrize("parts", [1, 3, 40])
def test_samples_of_parts_add_up_to_the_sample_of_the_whole(parts: int) -> None:
    met = crowd(20_000)
    whole = sample_of(met)
    shuffled = random.Random(7).sample(met, len(met)) + met[:500]

    added = union(sample_of(shuffled[part::parts]) for part in range(parts))

    assert len(whole) == SIZE
    assert added == whole


MEETINGS = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["on", "off", ""]), st.sampled_from(["", "r1", "r2"]))


@given(st.lists(MEETINGS, max_size=30), st.data())
def test_adding_again_changes_nothing_and_what_is_stored_is_read_again(
    met: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    whole = sample_of(met)
    again = data.draw(st.lists(st.sampled_from(met), max_size=10)) if met else []

    assert union([whole, sample_of(again), whole]) == whole
    assert unpacked(packed(whole)) == whole


def test_a_full_sample_takes_six_kilobytes_and_nobody_is_named_in_it() -> None:
    content = packed(sample_of(crowd(5_000)))

    assert len(content) < 6_100
    assert b"user" not in content
    assert sample_of(crowd(5_000), b"x" * 32).keys() != sample_of(crowd(5_000)).keys()
    assert unpacked(b"") == {}


def test_who_met_a_variant_by_one_rule_is_told_apart_from_who_met_it_by_two_or_before_rules_were_kept() -> None:
    sample = sample_of([("a", "on", "r1"), ("b", "on", "r1"), ("b", "on", "r2"), ("c", "on"), ("d", "off", "r2")])
    before_rules = unpacked(b'["off", "on"]\0' + b"early\1")

    whole = union([unpacked(packed(sample)), before_rules])

    assert samples.by_rule(whole) == {"r1": {"on": 1}, "": {"on": 1}, "r2": {"off": 1}}
    assert tallied(whole) == ({"on": 4, "off": 1}, 0)


def test_more_rules_than_a_sample_knows_cost_no_variant() -> None:
    sample = unpacked(packed(sample_of([(f"user-{number}", "on", f"r{number}") for number in range(300)])))

    assert (tallied(sample), samples.by_rule(sample)) == (({"on": 300}, 0), {})


def test_made_up_variants_beyond_what_a_sample_knows_are_left_out() -> None:
    sample = sample_of([(f"user-{number}", f"v{number:03}") for number in range(300)])

    assert tallied(unpacked(packed(sample))).switched == 45


def test_every_subject_is_as_likely_to_be_in_it() -> None:
    """Who came first, often or with a short name is no more likely: of each tenth of 20,000 about a hundred are sampled."""
    kept = sample_of(crowd(20_000)).keys()

    tenths = [
        sum(samples.hash_of(f"user-{number}", KEY) in kept for number in range(begin, begin + 2_000))
        for begin in range(0, 20_000, 2_000)
    ]

    assert sum(tenths) == SIZE
    assert all(60 < count < 145 for count in tenths), tenths


def test_a_sample_of_a_sound_split_is_flagged_as_rarely_as_chance_has_it() -> None:
    """Who is sampled has nothing to do with who gets what, though both are hashes of the same name."""
    p_values = []
    for flag in range(200):
        met = [(name, "on" if bucket(f"salt-{flag}", name) < 50_000 else "off") for name, _ in crowd(1_600)]
        result = compared(tallied(sample_of(met, flag.to_bytes(32))).subjects, HALVES)
        assert result is not None
        p_values.append(result.p_value)

    assert sum(p < 0.05 for p in p_values) <= 22  # 10 are expected
    assert 60 <= sum(p < 0.5 for p in p_values) <= 140
