"""Changing weights moves the fewest people, and coming back brings the same people back."""

import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flags.allocation import BUCKETS, Range, moved, needs_repack, reallocate, repack, units

Weights = dict[str, float | int]

NAMES = ("a", "b", "c", "d", "e", "null")
quietly = settings(deadline=None, max_examples=150)

cut_points = st.one_of(st.integers(0, 10).map(lambda tenth: tenth * 10_000), st.integers(0, BUCKETS))


@st.composite
def weights_of(draw: st.DrawFn, names: Sequence[str] = NAMES) -> Weights:
    order = draw(st.permutations(names))
    cuts = sorted(draw(st.lists(cut_points, min_size=len(names) - 1, max_size=len(names) - 1)))
    drawn: Weights = {
        name: (past - first) / 1000
        for name, (first, past) in zip(order, pairwise([0, *cuts, BUCKETS]), strict=True)
        if past > first or draw(st.booleans())
    }
    return drawn


@st.composite
def stored_layouts(draw: st.DrawFn) -> list[Range]:
    """Anything that explicit ranges may say, unmerged neighbours included."""
    cuts = sorted(draw(st.sets(st.integers(1, BUCKETS - 1), max_size=12)))
    pieces = list(pairwise([0, *cuts, BUCKETS]))
    owners = draw(st.lists(st.sampled_from([*NAMES[:-1], None]), min_size=len(pieces), max_size=len(pieces)))
    return [(owner, first, past) for owner, (first, past) in zip(owners, pieces, strict=True)]


@st.composite
def rising_walks(draw: st.DrawFn) -> list[Weights]:
    """Weights of which only those of "null", the last in plain order, ever shrink."""
    widths: Counter[str] = Counter()
    left, walk = BUCKETS, []
    for _ in range(draw(st.integers(2, 6))):
        for name in draw(st.sets(st.sampled_from(NAMES[:-1]))):
            step = draw(st.integers(0, left))
            widths[name] += step
            left -= step
        walk.append({**{name: width / 1000 for name, width in widths.items()}, "null": left / 1000})
    return walk


def people(layout: Sequence[Range]) -> list[str | None]:
    """What each bucket is served, the slow and obvious way."""
    return [variant for variant, first, past in layout for _ in range(first, past)]


def weights_in(layout: Sequence[Range]) -> Weights:
    return {variant or "null": width / 1000 for variant, width in Counter(people(layout)).items()}


def walk_through(layout: Sequence[Range], *steps: Weights) -> list[Range]:
    current = list(layout)
    for weights in steps:
        current = reallocate(current, weights)
    return current


def has_gap_or_unmerged_neighbours(layout: Sequence[Range]) -> bool:
    edges = [0, *(past for _, _, past in layout)]
    return (
        [first for _, first, _ in layout] != edges[:-1]
        or edges[-1] != BUCKETS
        or any(one[0] == next_one[0] for one, next_one in pairwise(layout))
    )


class TestUnits:
    def test_per_cent_become_thousandths_without_float_error(self) -> None:
        widths = units({"a": 33.333, "b": 0.001, "c": 0.1 + 0.2, "d": 100 - 99.9, "null": 66.266})

        assert widths == {"a": 33_333, "b": 1, "c": 300, "d": 100, None: 66_266}

    def test_whole_numbers_and_floats_mean_the_same(self) -> None:
        assert units({"on": 25, "off": 75}) == units({"on": 25.0, "off": 75.0})

    @given(width=st.integers(0, BUCKETS))
    @quietly
    def test_every_thousandth_is_read_exactly(self, width: int) -> None:
        assert units({"on": width / 1000, "off": (BUCKETS - width) / 1000}) == {"on": width, "off": BUCKETS - width}

    @pytest.mark.parametrize("weight", [33.3333, 0.0005, 25.0000000001])
    def test_a_fourth_decimal_is_refused_by_name(self, weight: float) -> None:
        with pytest.raises(ValueError, match=r'"blue" is .*at most 3 decimals'):
            units({"blue": weight, "red": 100 - weight})

    @pytest.mark.parametrize("weight", [-1, -0.001, 100.001, 1e308, float("nan"), float("inf"), True, "50", None])
    def test_anything_but_a_number_from_0_to_100_is_refused_by_name(self, weight: float) -> None:
        with pytest.raises(ValueError, match=r'"blue" is .*from 0 to 100'):
            units({"blue": weight, "red": 50})

    @pytest.mark.parametrize(("on", "total"), [(25, "99.999"), (25.002, "100.001"), (0, "74.999")])
    def test_a_sum_beside_100_is_refused_with_the_sum(self, on: float, total: str) -> None:
        with pytest.raises(ValueError, match=f"add up to {total} %"):
            units({"on": on, "off": 74.999})

    def test_no_weights_at_all_add_up_to_nothing(self) -> None:
        with pytest.raises(ValueError, match="add up to 0 %"):
            units({})


class TestPlainLayouts:
    def test_first_layout_is_in_the_order_of_jsonb_with_none_last_whatever_the_order_of_the_weights(self) -> None:
        shown_by_database: Weights = {"null": 80, "treatment": 10, "control": 10}

        layout = reallocate([], shown_by_database)

        assert layout == [("control", 0, 10_000), ("treatment", 10_000, 20_000), (None, 20_000, BUCKETS)]

    def test_repack_keeps_the_order_of_the_weights(self) -> None:
        assert repack({"on": 25, "off": 75}) == [("on", 0, 25_000), ("off", 25_000, BUCKETS)]

    def test_a_variant_of_no_weight_gets_no_range(self) -> None:
        assert repack({"on": 0, "off": 100}) == reallocate([], {"on": 0, "off": 100}) == [("off", 0, BUCKETS)]

    @pytest.mark.parametrize(("count", "asked"), [(100, False), (101, True)])
    def test_repack_is_offered_beyond_100_ranges(self, count: int, asked: bool) -> None:
        layout: list[Range] = [(f"v{n % 7}", n, n + 1) for n in range(count)]

        assert needs_repack(layout) is asked

    def test_unmerged_neighbours_are_no_reason_to_repack(self) -> None:
        assert not needs_repack([("on", n, n + 1) for n in range(500)])


class TestMoved:
    def test_it_counts_the_buckets_that_serve_another_variant(self) -> None:
        ten: list[Range] = [("on", 0, 10_000), ("off", 10_000, BUCKETS)]
        twenty: list[Range] = [("on", 0, 20_000), ("off", 20_000, BUCKETS)]

        assert moved(ten, twenty) == 10_000

    def test_nobody_moves_into_a_first_layout(self) -> None:
        assert moved([], [("on", 0, BUCKETS)]) == 0

    @given(before=stored_layouts(), after=stored_layouts())
    @settings(deadline=None, max_examples=50)
    def test_it_agrees_with_asking_everybody(self, before: list[Range], after: list[Range]) -> None:
        assert moved(before, after) == sum(
            was != is_now for was, is_now in zip(people(before), people(after), strict=True)
        )


class TestStories:
    def test_going_from_10_to_20_per_cent_keeps_the_first_10_on_and_back_again(self) -> None:
        ten = reallocate([], {"on": 10, "off": 90})

        twenty = reallocate(ten, {"on": 20, "off": 80})
        again = reallocate(twenty, {"on": 10, "off": 90})

        assert ten == again == [("on", 0, 10_000), ("off", 10_000, BUCKETS)]
        assert twenty == [("on", 0, 20_000), ("off", 20_000, BUCKETS)]

    def test_a_layout_written_with_on_first_keeps_its_one_cut(self) -> None:
        written: list[Range] = [("on", 0, 10_000), ("off", 10_000, BUCKETS)]

        layout = walk_through(written, {"on": 20, "off": 80}, {"on": 5, "off": 95}, {"on": 12.5, "off": 87.5})

        assert layout == [("on", 0, 12_500), ("off", 12_500, BUCKETS)]

    def test_an_experiment_grows_out_of_the_rest_and_moves_nobody_between_its_arms(self) -> None:
        fifth = reallocate([], {"red": 10, "blue": 10, "null": 80})

        half = reallocate(fifth, {"blue": 25, "red": 25, "null": 50})

        assert half == [
            ("red", 0, 10_000),
            ("blue", 10_000, 20_000),
            ("red", 20_000, 35_000),
            ("blue", 35_000, 50_000),
            (None, 50_000, BUCKETS),
        ]
        assert reallocate(half, {"red": 10, "blue": 10, "null": 80}) == fifth

    def test_a_third_variant_takes_only_what_the_others_lose(self) -> None:
        two = reallocate([], {"a": 50, "b": 50})

        three = reallocate(two, {"a": 40, "b": 40, "c": 20})

        assert three == [("a", 0, 40_000), ("c", 40_000, 50_000), ("b", 50_000, 90_000), ("c", 90_000, BUCKETS)]
        assert reallocate(three, {"a": 50, "b": 50}) == two

    def test_a_variant_grows_behind_its_last_range_though_the_reservoir_also_lies_before_it(self) -> None:
        written: list[Range] = [
            ("c", 0, 20_000),
            ("a", 20_000, 30_000),
            ("c", 30_000, 40_000),
            ("b", 40_000, 60_000),
            ("c", 60_000, BUCKETS),
        ]

        layout = reallocate(written, {"a": 45, "b": 20, "c": 35})

        assert layout == [
            ("c", 0, 20_000),
            ("a", 20_000, 40_000),
            ("b", 40_000, 60_000),
            ("a", 60_000, 85_000),
            ("c", 85_000, BUCKETS),
        ]

    def test_with_nothing_free_behind_it_a_variant_takes_the_nearest_before_it(self) -> None:
        written: list[Range] = [
            ("d", 0, 20_000),
            ("f", 20_000, 40_000),
            ("a", 40_000, 60_000),
            ("e", 60_000, 70_000),
            ("b", 70_000, BUCKETS),
        ]

        layout = reallocate(written, {"a": 25, "b": 30, "d": 10, "e": 25, "f": 10})

        assert layout == [
            ("d", 0, 10_000),
            ("e", 10_000, 20_000),
            ("f", 20_000, 30_000),
            ("e", 30_000, 35_000),
            ("a", 35_000, 60_000),
            ("e", 60_000, 70_000),
            ("b", 70_000, BUCKETS),
        ]

    def test_a_variant_that_was_taken_out_comes_back_to_the_same_people(self) -> None:
        thirds: Weights = {"a": 33.333, "b": 33.333, "c": 33.334}
        before = reallocate([], thirds)

        after = walk_through(before, {"a": 50, "c": 50}, thirds)

        assert after == before

    def test_a_round_trip_over_three_variants_can_exchange_two_of_them(self) -> None:
        """Every step is forced by fewest moves: the limit that the docstring names."""
        start = reallocate([], {"a": 50, "b": 50})

        end = walk_through(start, {"a": 50, "c": 50}, {"b": 50, "c": 50}, {"a": 50, "b": 50})

        assert (start[0][0], end[0][0]) == ("a", "b")

    @pytest.mark.parametrize(
        ("stored", "fault"),
        [
            ([("on", 0, 10_000), ("off", 20_000, BUCKETS)], r"ranges\[1\] is 20000 … 100000; it must start at 10000"),
            ([("on", 0, 20_000), ("off", 10_000, BUCKETS)], r"ranges\[1\] is 10000"),
            ([("on", 5, BUCKETS)], r"ranges\[0\] is 5"),
            ([("on", 0, 0), ("off", 0, BUCKETS)], r"ranges\[0\] is 0 … 0.*at least one bucket"),
            ([("on", 0, 10_000)], "end at 10000; they must end at 100000"),
            ([("on", 0, BUCKETS + 1)], "end at 100001"),
        ],
    )
    def test_a_stored_layout_with_gaps_or_overlaps_is_refused(self, stored: list[Range], fault: str) -> None:
        with pytest.raises(ValueError, match=fault):
            reallocate(stored, {"on": 50, "off": 50})
        with pytest.raises(ValueError, match=fault):
            moved(stored, [("on", 0, BUCKETS)])

    def test_a_hundred_ranges_and_a_hundred_variants_take_no_time(self) -> None:
        names = [f"v{n:02}" for n in range(100)]
        stored = repack(dict.fromkeys(reversed(names), 1))
        weights: Weights = {name: 0.5 + n % 2 for n, name in enumerate(names)}

        seconds = []
        for _ in range(10):
            started = time.perf_counter()
            reallocate(stored, weights)
            seconds.append(time.perf_counter() - started)

        assert min(seconds) < 0.005


class TestAnyLayout:
    @given(stored=stored_layouts(), weights=weights_of())
    @quietly
    def test_ranges_cover_everybody_once_with_exactly_the_weights(self, stored: list[Range], weights: Weights) -> None:
        after = reallocate(stored, weights)

        assert not has_gap_or_unmerged_neighbours(after)
        assert Counter(people(after)) == Counter({v: n for v, n in units(weights).items() if n})

    @given(stored=stored_layouts(), weights=weights_of())
    @quietly
    def test_the_fewest_possible_are_moved(self, stored: list[Range], weights: Weights) -> None:
        before = people(stored)

        after = people(reallocate(stored, weights))

        surplus = Counter(before) - Counter(units(weights))
        assert sum(was != is_now for was, is_now in zip(before, after, strict=True)) == surplus.total()

    @given(stored=stored_layouts())
    @quietly
    def test_unchanged_weights_move_nobody(self, stored: list[Range]) -> None:
        after = reallocate(stored, weights_in(stored))

        assert people(after) == people(stored)
        assert not has_gap_or_unmerged_neighbours(after)

    @given(stored=st.one_of(st.just([]), stored_layouts()), weights=weights_of(), data=st.data())
    @quietly
    def test_the_order_of_the_weights_and_those_of_nothing_do_not_matter(
        self, stored: list[Range], weights: Weights, data: st.DataObject
    ) -> None:
        written = {**dict.fromkeys(NAMES, 0), **weights}

        shuffled = {name: written[name] for name in data.draw(st.permutations(list(written)))}

        assert reallocate(stored, shuffled) == reallocate(stored, weights)


class TestComingBack:
    @given(home=weights_of(), away=weights_of())
    @quietly
    def test_from_a_plain_layout_there_and_back_brings_the_same_people(self, home: Weights, away: Weights) -> None:
        plain = reallocate([], home)

        assert walk_through(plain, away, home) == plain

    @given(walk=st.lists(weights_of(("on", "off")), min_size=1, max_size=8))
    @quietly
    def test_two_variants_always_have_one_cut_wherever_they_went(self, walk: list[Weights]) -> None:
        assert walk_through([], *walk) == reallocate([], walk[-1])

    @given(walk=st.lists(st.integers(1, BUCKETS - 1), min_size=2, max_size=8), first=st.sampled_from(["on", "off"]))
    @quietly
    def test_two_variants_keep_their_one_cut_in_either_order(self, walk: list[int], first: str) -> None:
        second = "off" if first == "on" else "on"
        steps: list[Weights] = [{first: cut / 1000, second: (BUCKETS - cut) / 1000} for cut in walk]

        after = walk_through(repack(steps[0]), *steps[1:])

        assert after == [(first, 0, walk[-1]), (second, walk[-1], BUCKETS)]

    @given(walk=rising_walks(), data=st.data())
    @quietly
    def test_a_growing_experiment_can_go_back_to_any_of_its_steps(
        self, walk: list[Weights], data: st.DataObject
    ) -> None:
        passed = [walk_through([], *walk[: n + 1]) for n in range(len(walk))]
        current = passed[-1]

        for n in sorted(data.draw(st.sets(st.integers(0, len(walk) - 1))), reverse=True):
            current = reallocate(current, walk[n])

            assert current == passed[n]
