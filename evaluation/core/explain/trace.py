"""What an explanation is made of: frozen data, from the steps down to the single comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..model import Answer
from ..values import Fault

Kind = Literal["enabled", "prerequisites", "targets", "rule", "fallthrough", "unknown", "unreadable"]
Result = Literal["passed", "missed", "passed_on", "decided", "not_reached"]
Truth = Literal["true", "false", "missing", "unjudgeable"]
Because = Literal["excluded", "included", "rule", "nothing"]
Range = tuple[str | None, int, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition.

    `truth` is the comparison's own; `holds` also heeds `negate`, into which every `not` around it has gone. `saw` is the
    attribute's value, None where there is none, and `found_at` the members of the context that led to it.
    """

    path: str
    holds: bool
    truth: Truth
    attribute: str
    op: str
    values: tuple[object, ...]
    negate: bool
    ignore_case: bool
    saw: object
    found_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Whether the asker is (with `negate`: is not) in a segment; more in `Explanation.segments`."""

    path: str
    holds: bool
    segment: str
    negate: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """Whether another flag serves one of the variants (with `negate`: does not); more in `Explanation.flags`."""

    path: str
    holds: bool
    flag: str
    variants: tuple[str, ...]
    negate: bool


@dataclass(frozen=True, slots=True)
class Group:
    """All, or any, of some conditions; a `not` around a group has turned the one into the other."""

    path: str
    holds: bool
    needs: Literal["all", "any"]
    parts: tuple[Verdict, ...]


Verdict = Comparison | Belonging | Requirement | Group


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether the asker is in a segment, and because of what; `rules` were not asked where its lists decided."""

    belongs: bool
    because: Because
    rules: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """Where the asker falls in a split: bucket 0 … 99,999; None without a usable key, and then no variant is drawn."""

    by: str
    key: str | None
    salt: str
    bucket: int | None
    drawn: Range | None
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the order of evaluation.

    A step that `decided` serves `variant`, or nothing where that is None. One that `passed` let the asker go on (the flag is
    enabled, its prerequisites are met), one that `missed` is a target or a rule for others, and one that `passed_on` is a
    rule that matched and whose split hands this asker to the next one. `faults` are those of an unreadable definition.
    """

    kind: Kind
    path: str = ""
    rule: str | None = None
    result: Result = "not_reached"
    variant: str | None = None
    condition: Verdict | None = None
    draw: Draw | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer, and the steps that led to it."""

    answer: Answer
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Explanation(Trace):
    """The trace of one flag for one asker at one moment; every flag and segment asked on the way is explained once."""

    flags: Mapping[str, Trace]
    segments: Mapping[str, Membership]
