"""How much the busiest organizations ask: a few by name and all others as one, so that no number of them makes more series."""

from collections.abc import Iterator

OTHERS = "other"
MOST_NAMED = 20


class Busiest:
    """Counts by organization. Who is named stays named, and what was told of it before stays with the others: no sum ever
    falls, which Prometheus would take for a new beginning.
    """

    def __init__(self, most: int = MOST_NAMED) -> None:
        self._most = most
        self._counts: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def count(self, organization: str) -> None:
        self._counts[organization] = self._counts.get(organization, 0) + 1

    def told(self) -> Iterator[tuple[str, int]]:
        """The named and `other`. Whoever is busiest by now gets what names are free."""
        counts = dict(self._counts)
        nameless = sorted(counts.keys() - self._before.keys(), key=lambda each: (-counts[each], each))
        for each in nameless[: self._most - len(self._before)]:
            self._before[each] = self._told.get(each, 0)
        self._told = counts
        named = {each: counts[each] - before for each, before in self._before.items()}
        yield from sorted(named.items())
        yield OTHERS, sum(counts.values()) - sum(named.values())
