"""Drafts on the page: read, put in the place of what is saved, and told what is wrong with them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.core.values import inside
from evaluation.dashboard.playground.setup import TypedDraft
from evaluation.dashboard.playground.typed import Unreadable, read_draft
from evaluation.playground import RULES_TEXT, Drafts, unknown_flags
from tenants.problems import Fault


@dataclass(frozen=True, slots=True)
class DraftInput:
    index: int
    typed: TypedDraft
    faults: Sequence[str]


def read_drafts(typed: Sequence[TypedDraft], known: Collection[str]) -> tuple[Drafts, dict[int, str]]:
    """What can be read of the drafts, and what is wrong with the others, by their index; `known` are the flags' keys."""
    drafts: dict[str, dict[str, object]] = {}
    complaints: dict[int, str] = {}
    for index, draft in enumerate(typed):
        try:
            drafts.setdefault(draft.flag, {})[draft.environment] = read_draft(draft)
        except Unreadable as error:
            complaints[index] = str(error)
    return {flag: states for flag, states in drafts.items() if flag in known}, complaints


def inputs_of(
    typed: Sequence[TypedDraft], complaints: Mapping[int, str], faults: Sequence[Fault], known: Collection[str]
) -> list[DraftInput]:
    """Each draft with all that is wrong with it."""
    return [
        DraftInput(index, draft, [complaints[index]] if index in complaints else list(_about(draft, faults, known)))
        for index, draft in enumerate(typed)
    ]


def _about(draft: TypedDraft, faults: Sequence[Fault], known: Collection[str]) -> Iterator[str]:
    """The faults of one draft, at their places inside it."""
    yield from (fault.message for fault in unknown_flags({"": draft.flag}, known))
    path = inside(inside("drafts", draft.flag), draft.environment)
    for fault in faults:
        if fault.path == path or fault.path == f"{path}.{RULES_TEXT}":
            yield fault.message
        elif fault.path.startswith(f"{path}."):
            yield f"{fault.path.removeprefix(f'{path}.')}: {fault.message}"
