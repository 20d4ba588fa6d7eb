"""The matrix: a row for each flag, a column for each context in each environment, and in the cells what they get."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluation.core.explain import Explanation
from evaluation.core.explain.trace import Step
from evaluation.core.model import MISSING, Answer
from evaluation.core.values import shortened
from evaluation.dashboard.playground.typed import ReadContext
from evaluation.playground import Board
from evaluation.wire.entries import value_literal
from flags.templatetags import flag_page

LONGEST_VALUE = 40
STEP_WORDS = {
    "enabled": "is off",
    "prerequisites": "prerequisites not met",
    "targets": "picked by name",
    "unknown": "not for client keys",
    "unreadable": "cannot be read",
}


@dataclass(frozen=True, slots=True)
class Column:
    context: ReadContext
    board: Board
    before: Board | None  # the same without drafts, where there are any


@dataclass(frozen=True, slots=True)
class Cell:
    """`before` is the value without the draft, where that makes a difference."""

    name: str
    column: Column
    answer: Answer
    value: str
    color: str
    why: str
    before: str = ""

    @property
    def is_error(self) -> bool:
        return self.answer.error_code is not None


@dataclass(frozen=True, slots=True)
class Row:
    flag: str
    is_drafted: bool
    cells: Sequence[Cell | None]  # None: the context cannot be read


def row_of(flag: str, columns: Iterable[Column], now: datetime, *, client: bool, is_drafted: bool) -> Row:
    return Row(flag, is_drafted, [cell_of(flag, column, now, client=client) for column in columns])


def cell_of(flag: str, column: Column, now: datetime, *, client: bool) -> Cell | None:
    context = column.context.context
    if context is None:
        return None
    explanation = column.board.explain(flag, context, now, client=client)
    before = column.before.answer(flag, context, now, client=client) if column.before else explanation.answer
    value = value_of(explanation.answer)
    return Cell(
        name=f"{column.board.environment.key}/{column.context.index}/{flag}",
        column=column,
        answer=explanation.answer,
        value=value,
        color=color_of(column.board, flag, explanation.answer.variant),
        why=why(explanation),
        before=value_of(before) if value_of(before) != value else "",
    )


def value_of(answer: Answer) -> str:
    """The value as JSON; of an object the variant's name, which tells more in little room; words where there is none."""
    if answer.error_code is not None:
        return "no key" if answer.error_code == "TARGETING_KEY_MISSING" else "error"
    if answer.value is MISSING:
        return "code default"
    if answer.value_type == "json":
        return answer.variant
    return shortened(value_literal(answer.value, answer.value_type).decode(), LONGEST_VALUE)


def color_of(board: Board, flag: str, variant: str | None) -> str:
    """The colour that the variant has on every page."""
    return "v0" if variant is None or flag not in board.states else flag_page.color_of(board.states[flag][0], variant)


def why(explanation: Explanation) -> str:
    """The step that decided, in as few words as a cell has room for."""
    steps = explanation.steps
    step = next(each for each in steps if each.result == "decided")
    place = _place(step, steps, explanation.answer)
    return f"{place}, split" if step.draw else place


def _place(step: Step, steps: Sequence[Step], answer: Answer) -> str:
    rules = [each for each in steps if each.kind == "rule"]
    if step.kind == "rule":
        return f"rule {rules.index(step) + 1}"
    if step.kind == "fallthrough":
        return "everyone else" if rules else "everyone"
    if step.kind == "prerequisites" and "prerequisite" in answer.metadata:
        return f"needs {answer.metadata['prerequisite']}"
    return STEP_WORDS[step.kind]
