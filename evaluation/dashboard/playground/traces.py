"""An explanation in people's words: the steps of the inspector."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from evaluation.core.explain import Explanation
from evaluation.core.explain.trace import Belonging, Comparison, Draw, Group, Membership, Requirement, Step, Trace, Verdict
from evaluation.core.limits import BUCKETS
from evaluation.core.values import Fault, shortened
from evaluation.dashboard.playground.matrix import color_of, value_of
from evaluation.playground import Board
from evaluation.wire.explanations import glimpse
from flags.dashboard import words

LONGEST_SEEN = 60
NAMED = 8
ICONS = {"pass": "check", "skip": "x", "hit": "arrow", "rest": "", "on": "right"}
LOOKS = {"passed": "pass", "missed": "skip", "passed_on": "on", "decided": "hit", "not_reached": "rest"}
BECAUSE = {
    "excluded": "excluded by name",
    "included": "included by name",
    "rule": "one of its rules matches",
    "nothing": "none of its rules matches",
}


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One line with its mark, and what lies within: parts of a group, rules of a segment, the steps of another flag."""

    holds: bool
    subject: str
    says: str
    saw: str = ""
    parts: Sequence["VerdictView"] = ()
    steps: Sequence["StepView"] = ()
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class RangeView:
    color: str
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class DrawView:
    """Where the bucket lies; positions are per cent."""

    bucket: int | None
    by: str
    key: str | None
    salt: str
    needle: str
    variant: str
    color: str
    first: int
    last: int
    ranges: Sequence[RangeView]


@dataclass(frozen=True, slots=True)
class StepView:
    look: str
    icon: str
    title: str
    word: str
    notes: Sequence[str] = ()
    verdict: VerdictView | None = None
    draw: DrawView | None = None
    serves: str = ""
    color: str = ""
    faults: Sequence[Fault] = ()


def steps_of(board: Board, explanation: Explanation) -> list[StepView]:
    return _Telling(board, explanation).steps(explanation)


class _Telling:
    def __init__(self, board: Board, explanation: Explanation) -> None:
        self._board = board
        self._explanation = explanation

    def steps(self, trace: Trace) -> list[StepView]:
        flag = trace.answer.key
        rules = iter(self._rules(flag))
        return [self._step(flag, step, next(rules, {}) if step.kind == "rule" else {}, trace) for step in trace.steps]
