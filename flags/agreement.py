"""When two environments last agreed about a part of a flag, and which of them changed it since: the third side of a comparison.

Pure. What both held at the same moment is their common ancestor, whoever brought it about: a promotion, a copy, the same
edit twice, or the default state from which every flag begins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flags.parts import Body, agree

Since = Literal["source", "target", "both", "unknown"]


@dataclass(frozen=True, slots=True)
class Version:
    """What a flag was in one environment from a moment on; `at` is None for the state from which it began."""

    at: datetime | None
    body: Body


@dataclass(frozen=True, slots=True)
class Agreement:
    """`since` says who changed the part after `at`, when both had `body`; unknown where that lies too far back."""

    since: Since
    at: datetime | None = None
    body: Body | None = None


def agreement(part: str, source: Sequence[Version], target: Sequence[Version]) -> Agreement:
    """Of a part in which the newest of both differ; versions are given the newest first."""
    for at, one, other in _moments(source, target):
        if agree(part, one, other):
            return Agreement(_since(part, one, source[0].body, target[0].body), at, one)
    return Agreement("unknown")


def _moments(source: Sequence[Version], target: Sequence[Version]) -> Iterator[tuple[datetime | None, Body, Body]]:
    """What both were at the same time, the newest first, with the moment until which that was so."""
    one, other, until = 0, 0, None
    while True:
        yield until, source[one].body, target[other].body
        begun, begun_there = source[one].at, target[other].at
        if begun is None and begun_there is None:
            return
        is_one = begun_there is None or (begun is not None and begun >= begun_there)
        until = begun if is_one else begun_there
        one, other = (one + 1, other) if is_one else (one, other + 1)
        if one == len(source) or other == len(target):
            return


def _since(part: str, then: Body, source: Body, target: Body) -> Since:
    by_source, by_target = not agree(part, then, source), not agree(part, then, target)
    return "both" if by_source and by_target else "source" if by_source else "target"
