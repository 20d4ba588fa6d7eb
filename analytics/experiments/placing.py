"""Which buckets the variants of an experiment take, so that nobody ever goes from one variant to another.

Each variant has a *home*: buckets that are its own for as long as the experiment is. As much of it as the traffic asks for is
served, from its beginning. More traffic than ever before adds free buckets to the homes; less traffic serves less of them and
gives nothing back. So whoever comes back comes back to the variant that they had, and experiments that share a salt never meet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from evaluation.core.limits import BUCKETS
from flags.allocation import Range, units

# First bucket, and one past the last.
Piece = Sequence[int]
Homes = Mapping[str, Sequence[Piece]]
# Of those that one experiment takes at once; the core takes 1,000 in a split.
MOST_RANGES = 200


class Full(Exception):
    """Fewer buckets are free than are asked for."""

    def __init__(self, free: int, needed: int) -> None:
        self.free, self.needed = free, needed
        super().__init__(f"{free} buckets are free, {needed} are needed")


def widths(weights: Mapping[str, float], traffic: float) -> dict[str, int]:
    """How many buckets each variant takes of so many per cent of everybody. Rounded down, so that more traffic takes none away.

    Raises ValueError for weights that do not add up to 100, and for more than 3 decimals.
    """
    whole = units({"traffic": traffic, "null": 100 - traffic})["traffic"]
    return {str(variant): whole * width // BUCKETS for variant, width in units(weights).items()}


def grown(
    homes: Homes, wanted: Mapping[str, int], taken: Iterable[Piece], lately: Iterable[Iterable[Iterable[Piece]]] = ()
) -> dict[str, list[list[int]]]:
    """Homes with room for what is wanted, taking the lowest of the buckets that nobody has; raises `Full`.

    lately: homes that others had before, newest first. Every variant gets its part of each of them, so that what they left
        behind is in all variants alike.
    """
    pool = free([*taken, *(piece for home in homes.values() for piece in home)])
    needed = {variant: max(0, width - size(homes.get(variant, ()))) for variant, width in wanted.items()}
    if sum(needed.values()) > size(pool):
        raise Full(size(pool), sum(needed.values()))
    dealt = _dealt(_cut(pool, lately, MOST_RANGES // len(wanted)), needed)
    return {variant: _merged([*homes.get(variant, ()), *dealt[variant]]) for variant in wanted}


def free(taken: Iterable[Piece]) -> list[list[int]]:
    """The buckets that are in none of these pieces, which may overlap."""
    found, at = [], 0
    for first, past in sorted(map(tuple, taken)):
        if first > at:
            found.append([at, first])
        at = max(at, past)
    return [*found, [at, BUCKETS]] if at < BUCKETS else found


def size(pieces: Iterable[Piece]) -> int:
    return sum(past - first for first, past in pieces)


def ranges(homes: Homes, wanted: Mapping[str, int]) -> list[Range]:
    """Every bucket: with the variant that is served there, or None where people go on."""
    served = sorted(
        (first, past, variant) for variant in wanted for first, past in _begin(homes[variant], wanted[variant])
    )
    layout: list[Range] = []
    at = 0
    for first, past, variant in served:
        if first > at:
            layout.append((None, at, first))
        layout.append((variant, first, past))
        at = past
    return [*layout, (None, at, BUCKETS)] if at < BUCKETS else layout


def _begin(home: Iterable[Piece], width: int) -> Iterator[tuple[int, int]]:
    for first, past in home:
        if width > 0:
            yield first, min(past, first + width)
            width -= past - first


def _cut(pool: list[list[int]], lately: Iterable[Iterable[Iterable[Piece]]], most: int) -> list[list[int]]:
    """At the borders of these homes. Some that are cut so finely that there would be too many lie in all variants anyway."""
    for homes in lately:
        borders = sorted({edge for home in homes for piece in home for edge in piece})
        finer = [piece for first, past in pool for piece in _between(first, past, borders)]
        if len(finer) <= most:
            pool = finer
    return pool


def _between(first: int, past: int, borders: Iterable[int]) -> Iterator[list[int]]:
    edges = [first, *(edge for edge in borders if first < edge < past), past]
    yield from map(list, pairwise(edges))


def _dealt(pool: Iterable[Piece], needed: Mapping[str, int]) -> dict[str, list[list[int]]]:
    """The lowest of the pool, which has that much: of each of its pieces every variant gets its part."""
    dealt: dict[str, list[list[int]]] = {variant: [] for variant in needed}
    missing = dict(needed)
    for first, past in pool:
        for variant, width in _parts(missing, past - first).items():
            dealt[variant].append([first, first + width])
            missing[variant] -= width
            first += width
    return dealt


def _parts(wanted: Mapping[str, int], width: int) -> dict[str, int]:
    """At most so many buckets, shared out by how many each wants; those who lose most by rounding get one more."""
    whole = sum(wanted.values())
    if whole <= width:
        return {variant: part for variant, part in wanted.items() if part}
    parts = {variant: part * width // whole for variant, part in wanted.items()}
    lost = sorted(wanted, key=lambda variant: -(wanted[variant] * width % whole))[: width - sum(parts.values())]
    return {variant: part + (variant in lost) for variant, part in parts.items() if part or variant in lost}


def _merged(pieces: Iterable[Piece]) -> list[list[int]]:
    """Neighbours as one, in the order in which they were given: the beginning of a home stays its beginning."""
    found: list[list[int]] = []
    for first, past in pieces:
        if found and found[-1][1] == first:
            found[-1][1] = past
        else:
            found.append([first, past])
    return found
