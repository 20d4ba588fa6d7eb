"""Whom was told of already: four bytes for each subject and variant, so many at most."""

from array import array

# That a subject met a variant is told again after so long.
AGAIN_SECONDS = 3_600
# Places that a name may lie in; the one that came first makes room.
WAYS = 8
_SPREAD = 65_536


class Exposed:
    """A table of hashes, made when it is first needed. What is pushed out is told again; one in 500 million is taken for
    another that was told of, and left out for this hour.

    The hour of each begins at a moment of its own, so that not all are told again at once.
    """

    def __init__(self, most: int) -> None:
        """`most` is a power of two: so many are remembered, in four bytes each."""
        self.most = most
        self._table: array[int] | None = None

    def has(self, met: tuple[str, ...], now: float) -> bool:
        """`now` is in seconds of any clock that only goes forward."""
        if self._table is None:
            return False
        at, mark = self._place(met, now)
        return mark in self._table[at : at + WAYS]

    def add(self, met: tuple[str, ...], now: float) -> None:
        if self._table is None:
            self._table = array("I", bytes(4 * self.most))
        at, mark = self._place(met, now)
        self._table[at + 1 : at + WAYS] = self._table[at : at + WAYS - 1]
        self._table[at] = mark

    def _place(self, met: tuple[str, ...], now: float) -> tuple[int, int]:
        named = hash(met) & 0xFFFF_FFFF_FFFF_FFFF
        hour = int(now / AGAIN_SECONDS + (named % _SPREAD) / _SPREAD)
        mark = (named >> 32 ^ hour * 0x9E37_79B1) & 0xFFFF_FFFF
        return (named >> 8) % (self.most // WAYS) * WAYS, mark or 1
