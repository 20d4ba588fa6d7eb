"""Buckets for variants: as many as asked for, disjoint, and nobody ever goes from one variant to another."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.experiments.placing import Full, Homes, free, grown, ranges, size, widths
from evaluation.core.limits import BUCKETS
from flags.allocation import Range

THIRDS = {"a": 33.334, "b": 33.333, "c": 33.333}


def variant_of(layout: Sequence[Range]) -> list[str | None]:
    """By bucket."""
    assert [first for _, first, _ in layout] == [0, *[past for _, _, past in layout]][:-1]
    return [variant for variant, first, past in layout for _ in range(first, past)]


@pytest.mark.parametrize(
    ("weights", "traffic", "expected"),
    [
        ({"on": 50, "off": 50}, 100, {"on": 50_000, "off": 50_000}),
        ({"on": 50, "off": 50}, 20, {"on": 10_000, "off": 10_000}),
        (THIRDS, 100, {"a": 33_334, "b": 33_333, "c": 33_333}),
        (THIRDS, 20, {"a": 6_666, "b": 6_666, "c": 6_666}),
        ({"on": 0.1, "off": 99.9}, 0.5, {"on": 0, "off": 499}),
    ],
)
def test_how_many_buckets_each_variant_takes(
    weights: dict[str, float], traffic: float, expected: dict[str, int]
) -> None:
    assert widths(weights, traffic) == expected


@pytest.mark.parametrize(("weights", "traffic"), [({"on": 50, "off": 49}, 100), ({"on": 50, "off": 50}, 0.0001)])
def test_what_does_not_add_up_is_refused(weights: dict[str, float], traffic: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        widths(weights, traffic)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(1, 100).map(lambda one: round(one, 3)), min_size=2, max_size=4))
def test_nobody_goes_from_one_variant_to_another_and_who_comes_back_has_their_own(walk: list[float]) -> None:
    homes: Homes = {}
    met: list[str | None] = [None] * BUCKETS
    for traffic in walk:
        wanted = widths(THIRDS, traffic)
        homes = grown(homes, wanted, [])
        served = variant_of(ranges(homes, wanted))

        assert {name: served.count(name) for name in wanted} == wanted
        assert all(now in (None, before) for before, now in zip(met, served, strict=True) if before is not None)
        met = [now or before for before, now in zip(met, served, strict=True)]


def test_homes_of_a_group_are_disjoint_and_grow_around_each_other() -> None:
    held_out = [(95_000, BUCKETS)]
    one = grown({}, {"on": 10_000, "off": 10_000}, held_out)
    two = grown({}, {"on": 5_000, "off": 5_000}, [*held_out, *one["on"], *one["off"]])
    one = grown(one, {"on": 30_000, "off": 30_000}, [*held_out, *two["on"], *two["off"]])

    pieces = [piece for homes in (one, two) for home in homes.values() for piece in home]
    assert size(pieces) == 70_000
    assert size(free([*pieces, *held_out])) == 25_000
    assert one["on"] == [[0, 10_000], [30_000, 50_000]]


def test_more_than_is_free_is_refused_with_the_numbers() -> None:
    with pytest.raises(Full) as refused:
        grown({}, {"on": 3_000, "off": 3_000}, [(0, 95_000)])

    assert (refused.value.free, refused.value.needed) == (5_000, 6_000)


def test_less_traffic_gives_nothing_back() -> None:
    homes = grown({}, {"on": 10, "off": 10}, [])

    assert grown(homes, {"on": 1, "off": 1}, []) == homes


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 95), st.integers(1, 40)), max_size=3), st.integers(5, 60), st.integers(5, 90))
def test_every_variant_gets_its_part_of_what_others_had_before(
    before: list[tuple[int, int]], taken: int, traffic: int
) -> None:
    """Pieces as (first, width) in per cent; to within two buckets of each."""
    earlier = [[first * 1_000, min(first + width, 100) * 1_000] for first, width in before]
    wanted = widths(THIRDS, min(traffic, 100 - taken))
    homes = grown({}, wanted, [(0, taken * 1_000)], [[[piece]] for piece in earlier])

    served = variant_of(ranges(homes, wanted))
    assert {name: served.count(name) for name in wanted} == wanted
    assert served[: taken * 1_000] == [None] * taken * 1_000
    for first, past in earlier:
        counts = [served[first:past].count(name) for name in wanted]
        assert max(counts) - min(counts) <= 2 * (1 + len(earlier)) * 2


def test_homes_that_are_cut_too_finely_are_not_cut_once_more() -> None:
    lately = [[[[at, at + 7] for at in range(0, 99_000, 14)]], [[[0, 15_000]], [[15_000, 30_000]]]]

    homes = grown({}, {"on": 20_000, "off": 20_000}, [], lately)

    assert homes["on"] == [[0, 7_500], [15_000, 22_500], [30_000, 35_000]]
