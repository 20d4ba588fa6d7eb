"""All that the page shows: what was typed, read; the boards that it is played on; the matrix, and one cell opened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from evaluation.core.model import Answer
from evaluation.dashboard.playground.drafts import DraftInput, inputs_of, read_drafts
from evaluation.dashboard.playground.lines import StepView
from evaluation.dashboard.playground.matrix import Cell, Column, Row, cell_of, row_of
from evaluation.dashboard.playground.setup import ALL, Setup
from evaluation.dashboard.playground.traces import steps_of
from evaluation.dashboard.playground.typed import Unreadable, read_context, read_moment
from evaluation.playground import Board, Drafts, boards_of
from evaluation.wire.entries import single_entry
from flags.dashboard.visitors import Visitor
from flags.selectors import keys_of
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.problems import Fault

MOST_ROWS = 25


@dataclass(frozen=True, slots=True)
class Opened:
    """A cell, the steps to its answer, and the answer as it goes over the wire."""

    flag: str
    cell: Cell
    steps: Sequence[StepView]
    wire: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one plays: a project, as far as the actor sees it, and the people who are offered there."""

    project: Project
    actor: Actor
    environments: Sequence[Environment]
    visitors: Sequence[Visitor]


class Page:
    """Each part is worked out when a template asks for it."""

    def __init__(self, ground: Ground, setup: Setup, now: datetime) -> None:
        self.ground = ground
        self.setup = setup
        self.contexts = [read_context(index, typed) for index, typed in enumerate(setup.contexts or ())]
        self.now, self.at_fault = now, ""
        try:
            self.now = read_moment(setup.at, now)
        except Unreadable as error:
            self.at_fault = str(error)

    # Where

    @property
    def environments(self) -> Sequence[Environment]:
        return self.ground.environments

    @property
    def shows_all(self) -> bool:
        return self.setup.environment == ALL

    @cached_property
    def chosen(self) -> list[Environment]:
        """The environments of the matrix: all, the one that the address names, or else a protected one."""
        if self.shows_all:
            return list(self.environments)
        named = [each for each in self.environments if each.key == self.setup.environment]
        guarded = [each for each in self.environments if each.is_protected]
        return (named or guarded or list(self.environments))[:1]

    # What

    @cached_property
    def flags(self) -> dict[str, None]:
        """The keys of all flags, in their order."""
        return dict.fromkeys(keys_of(self.ground.project))

    @cached_property
    def found(self) -> list[str]:
        return [key for key in self.flags if self.setup.search.casefold() in key.casefold()]

    @property
    def _shown(self) -> list[str]:
        return self.found[:MOST_ROWS]

    @property
    def rest(self) -> int:
        """How many flags were found and are not shown."""
        return len(self.found) - len(self._shown)

    @cached_property
    def _drafts(self) -> tuple[Drafts, dict[int, str]]:
        return read_drafts(self.setup.drafts, self.flags)

    def _boards(self, drafts: Drafts) -> tuple[list[Board], list[Fault]]:
        return boards_of(self.chosen, {*self._shown, *self._cell[2:]} & self.flags.keys(), drafts, self.now)

    @cached_property
    def _played(self) -> tuple[list[Board], list[Fault]]:
        return self._boards(self._drafts[0])

    @property
    def drafts(self) -> list[DraftInput]:
        return inputs_of(self.setup.drafts, self._drafts[1], self._played[1], self.flags)

    @cached_property
    def columns(self) -> list[Column]:
        """For each context one, or one for each environment."""
        boards = self._played[0]
        before: Sequence[Board | None] = self._boards({})[0] if self._drafts[0] else [None] * len(boards)
        pairs = list(zip(boards, before, strict=True))
        return [Column(context, board, without) for context in self.contexts for board, without in pairs]

    @property
    def rows(self) -> list[Row]:
        drafted = {typed.flag for typed in self.setup.drafts}
        client = self.setup.client
        return [row_of(key, self.columns, self.now, client=client, is_drafted=key in drafted) for key in self._shown]

    @property
    def _cell(self) -> tuple[str, str, str]:
        environment, _, rest = self.setup.cell.partition("/")
        index, _, flag = rest.partition("/")
        return environment, index, flag

    @cached_property
    def opened(self) -> Opened | None:
        """The cell that the address names; in an environment that is shown, if its own is not."""
        environment, index, flag = self._cell
        columns = [column for column in self.columns if str(column.context.index) == index]
        named = [column for column in columns if column.board.environment.key == environment]
        column = next(iter(named or columns), None)
        return self._opened(column, flag) if column and flag in self.flags else None

    def _opened(self, column: Column, flag: str) -> Opened | None:
        cell = cell_of(flag, column, self.now, client=self.setup.client)
        context = column.context.context
        if cell is None or context is None:
            return None
        explanation = column.board.explain(flag, context, self.now, client=self.setup.client)
        return Opened(flag, cell, steps_of(column.board, explanation, context.key), _laid_out(cell.answer))


def _laid_out(answer: Answer) -> str:
    return json.dumps(json.loads(single_entry(answer)), indent=1, ensure_ascii=False)
