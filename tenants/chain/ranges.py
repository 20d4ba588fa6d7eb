"""Positions as people and machines read them: `1-4,7`."""

from collections.abc import Iterable

Range = tuple[int, int]


def put(found: list[Range], position: int) -> None:
    """Add a position, as part of the last range where it follows that."""
    if found and found[-1][1] == position - 1:
        found[-1] = (found[-1][0], position)
    else:
        found.append((position, position))


def joined(positions: Iterable[int]) -> list[Range]:
    """Rising positions as ranges, both ends included."""
    found: list[Range] = []
    for position in positions:
        put(found, position)
    return found


def written(ranges: Iterable[Range]) -> str:
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def read(text: str) -> list[Range]:
    """Raises ValueError for what is no list of ranges."""
    parts = [part.partition("-") for part in text.split(",")] if text else []
    return [(int(first), int(last or first)) for first, _, last in parts]


def without(ranges: Iterable[Range], taken: Iterable[Range]) -> list[Range]:
    """What is in the first, which do not overlap, and in none of the second; in any order, and in one walk."""
    left: list[Range] = []
    holes, at = sorted(taken), 0
    for first, last in sorted(ranges):
        while at < len(holes) and holes[at][1] < first:
            at += 1
        index = at
        while index < len(holes) and holes[index][0] <= last:
            begin, end = holes[index]
            if begin > first:
                left.append((first, begin - 1))
            first, index = max(first, end + 1), index + 1
        if first <= last:
            left.append((first, last))
    return left
