"""What the inspector shows, laid out: steps, the verdicts of conditions within them, and draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.core.explain.trace import Draw
from evaluation.core.values import Fault


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One line, and what lies within it: parts of a group, rules of a segment, the steps of another flag."""

    holds: bool
    lead: str
    subject: str
    says: str
    saw: str = ""
    parts: Sequence[VerdictView] = ()
    steps: Sequence[StepView] = ()


@dataclass(frozen=True, slots=True)
class DrawView:
    """Where the bucket lies; `needle` and the ranges (colour, start, width) are in per cent of the buckets."""

    draw: Draw
    bucket: str
    between: str
    needle: str
    variant: str
    color: str
    ranges: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class StepView:
    look: str
    icon: str
    title: str
    word: str
    note: str = ""
    verdict: VerdictView | None = None
    draw: DrawView | None = None
    serves: str = ""
    color: str = "v0"
    faults: Sequence[Fault] = ()
