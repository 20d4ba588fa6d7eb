"""However many organizations there are, a few are named, and no sum falls."""

import random

from evaluation.delivery.busiest import OTHERS, Busiest


def test_the_first_busy_ones_are_named_and_all_others_are_one() -> None:
    busiest = Busiest(most=2)
    for name, times in (("a", 1), ("b", 5), ("c", 3)):
        for _ in range(times):
            busiest.count(name)

    assert dict(busiest.told()) == {"b": 5, "c": 3, OTHERS: 1}


def test_no_sum_falls_and_nothing_is_lost_whoever_comes_to_be_named() -> None:
    busiest, chance, before, asked = Busiest(most=3), random.Random(7), dict[str, int](), 0
    for _ in range(40):
        for _ in range(chance.randrange(5)):
            busiest.count(f"organization-{chance.randrange(6)}")
            asked += 1
        told = dict(busiest.told())
        assert all(told[name] >= count for name, count in before.items())
        assert (sum(told.values()), len(told) <= 4) == (asked, True)
        before = told
