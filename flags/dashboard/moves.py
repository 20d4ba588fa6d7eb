"""Who gets something else when buckets change hands: in per cent of those who reach a rule."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flags.allocation import BUCKETS
from flags.dashboard.words import title

Fields = Mapping[str, Any]
Range = Sequence[Any]
GOES_ON = "the next step"
CODE_DEFAULT = "the code default"
SHARE = 100 / BUCKETS


@dataclass(frozen=True, slots=True)
class Flow:
    was: str
    is_now: str
    per_cent: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring buckets that are served alike; the start and the width are in per cent of all."""

    variant: str
    first: int
    past: int

    @property
    def start(self) -> float:
        return self.first * SHARE

    @property
    def width(self) -> float:
        return (self.past - self.first) * SHARE


@dataclass(frozen=True, slots=True)
class Move:
    """At one place: who moves from what to what, and the buckets before and after."""

    where: str
    flows: tuple[Flow, ...]
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]

    @property
    def per_cent(self) -> float:
        return round(sum(flow.per_cent for flow in self.flows), 3)

    @property
    def is_one_way(self) -> bool:
        """Whether nobody loses what somebody else is given."""
        return not {flow.was for flow in self.flows} & {flow.is_now for flow in self.flows}


def moves(before: Fields, after: Fields) -> list[Move]:
    """What changes hands between two stored states, at the rules that both have and for everyone else.

    Who is matched by a rule that is new, gone or asks for something else cannot be counted from the rules alone.
    """
    pairs = [*_rules(before["rules"], after["rules"]), ("Everyone else", before["fallthrough"], after["fallthrough"])]
    found = (_move(where, _pieces(was), _pieces(is_now)) for where, was, is_now in pairs)
    return [move for move in found if move.flows]


def _rules(before: Sequence[Fields], after: Sequence[Fields]) -> Iterator[tuple[str, Any, Any]]:
    was = {rule["id"]: rule for rule in before}
    for number, rule in enumerate(after, 1):
        if rule["id"] in was:
            yield title(rule, number), was[rule["id"]]["serve"], rule["serve"]


def _pieces(served: Fields | None) -> tuple[Piece, ...]:
    if served is None:
        return (Piece(CODE_DEFAULT, 0, BUCKETS),)
    if "variant" in served:
        return (Piece(served["variant"], 0, BUCKETS),)
    return tuple(Piece(name or GOES_ON, first, past) for name, first, past in served["split"]["ranges"])


def _move(where: str, before: tuple[Piece, ...], after: tuple[Piece, ...]) -> Move:
    flows: Counter[tuple[str, str]] = Counter()
    for was in before:
        for is_now in after:
            buckets = min(was.past, is_now.past) - max(was.first, is_now.first)
            if buckets > 0 and was.variant != is_now.variant:
                flows[was.variant, is_now.variant] += buckets
    return Move(where, tuple(Flow(*pair, buckets * SHARE) for pair, buckets in flows.most_common()), before, after)
