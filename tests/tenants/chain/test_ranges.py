"""Positions in ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.chain import ranges

POSITIONS = st.sets(st.integers(1, 60))


@given(POSITIONS, POSITIONS)
def test_what_is_in_one_and_not_in_the_other(some: set[int], others: set[int]) -> None:
    left = ranges.without(ranges.joined(sorted(some)), ranges.joined(sorted(others)))

    assert left == ranges.joined(sorted(some - others))


@given(POSITIONS)
def test_what_is_written_is_read(positions: set[int]) -> None:
    found = ranges.joined(sorted(positions))

    assert ranges.read(ranges.written(found)) == found


def test_holes_may_overlap() -> None:
    assert ranges.without([(1, 10), (20, 30)], [(2, 25), (3, 4), (28, 28)]) == [(1, 1), (26, 27), (29, 30)]


@pytest.mark.parametrize("text", ["a", "1-b", "1,,2", "-"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        ranges.read(text)
