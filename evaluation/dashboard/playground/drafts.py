"""Drafts on the page: read, put in the place of what is saved, and told what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.core.values import inside
from evaluation.dashboard.playground.setup import TypedDraft
from evaluation.dashboard.playground.typed import Unreadable, read_draft
from evaluation.playground import Board, boards_of
from tenants.problems import Fault


@dataclass(frozen=True, slots=True)
class DraftInput:
    index: int
    typed: TypedDraft
    faults: Sequence[str]


def played(
    saved: Sequence[Board], typed: Sequence[TypedDraft], now: datetime
) -> tuple[Sequence[Board], list[DraftInput]]:
    """The boards with every draft that is sound in its place, and the drafts, each with its faults."""
    bodies: dict[str, dict[str, Any]] = {}
    complaints: dict[int, list[str]] = {}
    for index, draft in enumerate(typed):
        try:
            bodies.setdefault(draft.flag, {})[draft.environment] = _body(draft, saved)
        except Unreadable as error:
            complaints[index] = str(error).splitlines()
    boards, faults = boards_of([board.environment for board in saved], bodies, now) if bodies else (saved, [])
    inputs = [
        DraftInput(index, draft, complaints.get(index) or list(_about(draft, faults)))
        for index, draft in enumerate(typed)
    ]
    return boards, inputs


def _body(draft: TypedDraft, saved: Sequence[Board]) -> Mapping[str, Any]:
    states = saved[0].states if saved else {}
    return read_draft(draft, list(states[draft.flag][0].variants) if draft.flag in states else [])


def _about(draft: TypedDraft, faults: Sequence[Fault]) -> list[str]:
    """The faults of one draft, with their paths inside it."""
    of_flag = inside("drafts", draft.flag)
    path = inside(of_flag, draft.environment)
    told = []
    for fault in faults:
        if fault.path in (of_flag, path):
            told.append(fault.message)
        elif fault.path.startswith(f"{path}."):
            told.append(f"{fault.path.removeprefix(f'{path}.')}: {fault.message}")
    return told
