"""All flags at once: sorted by how they are decided, so that what is the same for many of them is done once."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from ..model import Answer, Flag, Reads, Row, Scope, Shape
from .shapes import shaped

Group = tuple[list[Row], list[int]]


class Bulk:
    """Some flags of a ruleset, in their order."""

    __slots__ = ("_groups", "_in_order", "_settled")

    def __init__(self, flags: Iterable[Flag]) -> None:
        """Makes what of the flags is not made yet."""
        groups: dict[tuple[Shape, Reads], Group] = {}
        self._settled: list[Answer] = []
        places: list[int] = []
        for place, flag in enumerate(flags):
            if flag.settled is not None:
                self._settled.append(flag.settled)
                places.append(place)
            else:
                shape, reads, row = flag.shaped or shaped(flag)
                rows, at = groups.setdefault((shape, reads), ([], []))
                rows.append(row)
                at.append(place)
        self._groups = [(shape.many, reads, rows) for (shape, reads), (rows, _) in groups.items()]
        self._in_order = _sorting([*places, *(place for _, at in groups.values() for place in at)])

    def answers(self, scope: Scope) -> list[Answer]:
        """What the scope's asker gets for each of the flags, in their order."""
        found = self._settled.copy()
        for many, reads, rows in self._groups:
            many(scope, reads, rows, found.append)
        return self._in_order(found)


def _sorting(places: Sequence[int]) -> Callable[[list[Answer]], list[Answer]]:
    """What puts answers that belong to these places into their order."""
    if list(places) == sorted(places):
        return lambda found: found
    ordered = itemgetter(*sorted(range(len(places)), key=places.__getitem__))
    return lambda found: list(ordered(found))
