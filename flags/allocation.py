"""Weights to bucket ranges: a change moves the fewest people, and coming back brings the same people back."""

import math
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Variant = str | None
Range = tuple[Variant, int, int]
"""Variant (None: goes on to the next rule), first bucket, one past the last."""

BUCKETS = 100_000
MOST_RANGES = 100

# Arithmetic such as 100 - 99.9 leaves up to 1e-14 per cent; nobody writes a weight with twelve decimals.
NOISE = 1e-9


def units(weights: Mapping[str, float | int]) -> dict[Variant, int]:
    """Per cent to thousandths of a per cent, in the order given; the weight named "null" is that of None.

    Float noise below 1e-12 % is rounded away, so 0.1 + 0.2 is 300. Raises ValueError, naming the variant, for what
    is no number from 0 to 100 with at most 3 decimals, and when the sum is not exactly 100 %.
    """
    widths = {None if name == "null" else name: _thousandths(name, weight) for name, weight in weights.items()}
    total = sum(widths.values())
    if total != BUCKETS:
        raise ValueError(f"weights add up to {_per_cent(total)} %; they must add up to 100 %")
    return widths


def _thousandths(name: str, weight: object) -> int:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 100:
        raise ValueError(f'weight of "{name}" is {weight!r}; allowed is a number from 0 to 100')
    nearest = round(weight * 1000)
    if not math.isclose(weight * 1000, nearest, rel_tol=0, abs_tol=NOISE):
        raise ValueError(f'weight of "{name}" is {weight!r}; allowed are at most 3 decimals')
    return nearest


def _per_cent(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


def repack(weights: Mapping[str, float | int]) -> list[Range]:
    """The plain layout, one range a variant, in the order of the weights given.

    jsonb does not keep that order; `reallocate([], weights)` is the plain layout that does not depend on it.
    """
    return _laid_out(units(weights).items())


def needs_repack(ranges: Sequence[Range]) -> bool:
    """Whether a layout has grown beyond 100 ranges, neighbours of the same variant counted once."""
    return len(_merged(ranges)) > MOST_RANGES


def moved(before: Sequence[Range], after: Sequence[Range]) -> int:
    """How many buckets serve another variant; none when there was no layout before.

    Raises ValueError for a layout that has gaps or overlaps.
    """
    if not before:
        return 0
    old, new = _checked(before), _checked(after)
    kept = i = j = 0
    while i < len(old) and j < len(new):
        (was, first, old_past), (is_now, start, new_past) = old[i], new[j]
        if was == is_now:
            kept += min(old_past, new_past) - max(first, start)
        i, j = i + (old_past <= new_past), j + (new_past <= old_past)
    return BUCKETS - kept


def reallocate(stored: Sequence[Range], weights: Mapping[str, float | int]) -> list[Range]:
    """The layout for new weights, from the stored one (empty: none yet) and nothing else.

    A *plain* layout has one range a variant, shorter names first, then by code points, None last. The rule, in this order:

    1. Nothing stored: the plain layout, whatever the order of the weights.
    2. The plain layout, wherever it can be reached by moving the fewest people possible.
    3. Otherwise the owner of the last bucket is the reservoir (or a newcomer that the plain layout puts behind it).
       Every other variant gives up the end of its last range, and grows from just behind its last range, then from
       just before it; a newcomer takes the lowest free buckets; the reservoir gives what is asked for and keeps the
       rest.

    Guaranteed, for every stored layout: the widths are exactly the weights; the buckets moved are the fewest possible
    (the sum of what the shrinking variants lose); unchanged weights move nobody; equal input gives equal output.

    Guaranteed about coming back:

    - From a plain layout of weights A, A → B → A is the identity, for any B and any number of variants. More: a walk
      from anywhere ends in the plain layout of its last weights whenever fewest moves allow it (rule 2).
    - Two variants that start plain stay plain: always one cut, and only the last weights count. Two variants in the
      other order (explicit ranges) also keep their one cut and their order, until one of them is everybody: a layout
      of one variant has no order left to remember.
    - From a plain layout, as long as no variant shrinks but the last in plain order, going back to any weights on the
      way gives the layout that they had (an experiment that grows out of None, step by step, and is scaled back).

    Not guaranteed: any other walk over three variants or more. No rule could: with fewest moves every step of
    {a 50, b 50} → {a 50, c 50} → {b 50, c 50} → {a 50, b 50} is forced, and it ends with a and b exchanged. Nor could
    A → B → A hold from every layout so reached: the two layouts of {a 50, b 50} both become {a 100}, and only one of
    them can come back from it.

    Raises ValueError for weights that `units` refuses, and for a stored layout with gaps or overlaps.
    """
    widths = units(weights)
    plain = _laid_out(sorted(widths.items(), key=lambda item: _plain_order(item[0])))
    if not stored:
        return plain
    before = _checked(stored)
    change = _change(before, widths)
    if moved(before, plain) == sum(n for n in change.values() if n > 0):
        return plain
    return _settled(before, change)


def _plain_order(variant: Variant) -> tuple[bool, int, str]:
    # The order in which jsonb keeps members, so that no database changes it: "on" before "off".
    return variant is None, len(variant or ""), variant or ""


def _laid_out(widths: Iterable[tuple[Variant, int]]) -> list[Range]:
    layout: list[Range] = []
    first = 0
    for variant, width in widths:
        if width:
            layout.append((variant, first, first + width))
        first += width
    return layout


def _checked(ranges: Sequence[Range]) -> list[Range]:
    """The ranges with neighbours merged; ValueError unless they cover 0 … 100,000 in order, each bucket once."""
    expected = 0
    for position, (_, first, past) in enumerate(ranges):
        if first != expected or past <= first:
            raise ValueError(
                f"ranges[{position}] is {first} … {past}; it must start at {expected}, where the one before ends, "
                "and hold at least one bucket"
            )
        expected = past
    if expected != BUCKETS:
        raise ValueError(f"ranges end at {expected}; they must end at {BUCKETS}")
    return _merged(ranges)


def _merged(ranges: Iterable[Range]) -> list[Range]:
    layout: list[Range] = []
    for variant, first, past in ranges:
        if layout and layout[-1][0] == variant:
            first = layout.pop()[1]
        layout.append((variant, first, past))
    return layout


def _change(before: Sequence[Range], widths: Mapping[Variant, int]) -> dict[Variant, int]:
    """How many buckets each variant gains (more than 0) or loses; those of the layout first, in its order."""
    have: Counter[Variant] = Counter()
    for variant, first, past in before:
        have[variant] += past - first
    newcomers = sorted(widths.keys() - have.keys(), key=_plain_order)
    return {variant: widths.get(variant, 0) - have[variant] for variant in [*have, *newcomers]}


def _settled(before: Sequence[Range], change: Mapping[Variant, int]) -> list[Range]:
    reservoir = _reservoir(before, change)
    kept, pool = _without_tails(before, change, reservoir)
    tails = {variant: first for variant, first, _ in kept}
    for variant, needed in change.items():
        if needed > 0 and variant != reservoir:
            kept += ((variant, first, past) for first, past in pool.take(needed, tails.get(variant, -1)))
    kept += ((reservoir, first, past) for first, past, _ in pool.pieces)
    return _merged(sorted(kept, key=lambda item: item[1]))


def _reservoir(before: Sequence[Range], change: Mapping[Variant, int]) -> Variant:
    """The owner of the last bucket, or the newcomer that the plain layout puts furthest behind it."""
    present = {variant for variant, _, _ in before}
    newcomers = (variant for variant, gain in change.items() if gain > 0 and variant not in present)
    return max([before[-1][0], *newcomers], key=_plain_order)


@dataclass
class _Pool:
    """Buckets that may be taken: those given up, and the reservoir's own while it has any to spare."""

    pieces: list[tuple[int, int, bool]]  # first, one past the last, the reservoir's own; rising
    spare: int

    def take(self, needed: int, tail: int) -> list[tuple[int, int]]:
        """As many buckets as needed: the nearest behind the tail first, then the nearest before it."""
        behind = bisect(self.pieces, (tail, BUCKETS, True))
        nearest = [*range(behind, len(self.pieces)), *range(behind - 1, -1, -1)]
        taken = []
        for index in nearest:
            if not needed:
                break
            piece = self._cut(index, needed, from_start=index >= behind)
            needed -= piece[1] - piece[0]
            taken.append(piece)
        self.pieces = [piece for piece in self.pieces if piece[0] < piece[1]]
        return [(first, past) for first, past in taken if first < past]

    def _cut(self, index: int, needed: int, *, from_start: bool) -> tuple[int, int]:
        first, past, own = self.pieces[index]
        width = min(needed, past - first, self.spare if own else BUCKETS)
        self.spare -= width * own
        if from_start:
            self.pieces[index] = (first + width, past, own)
            return first, first + width
        self.pieces[index] = (first, past - width, own)
        return past - width, past


def _without_tails(
    before: Sequence[Range], change: Mapping[Variant, int], reservoir: Variant
) -> tuple[list[Range], _Pool]:
    """What every variant keeps, in rising order and without the reservoir, and what may be taken."""
    surplus = {variant: max(0, -gain) for variant, gain in change.items()}
    kept: list[Range] = []
    pieces: list[tuple[int, int, bool]] = []
    for variant, first, past in reversed(before):
        if variant == reservoir:
            pieces.append((first, past, True))
            continue
        cut = past - min(surplus[variant], past - first)
        surplus[variant] -= past - cut
        kept += [(variant, first, cut)] * (first < cut)
        pieces += [(cut, past, False)] * (cut < past)
    return kept[::-1], _Pool(pieces[::-1], surplus[reservoir])
