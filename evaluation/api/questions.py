"""What is asked of the playground: a body, checked whole, as contexts, environments, flags, drafts and a moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from evaluation.core.context import Context, context_from
from evaluation.core.values import inside, quoted
from evaluation.playground import Drafts
from flags.api.bodies import without, written_state
from flags.documents.report import Report, hint
from tenants.api.bodies import read_members
from tenants.models import Environment
from tenants.moments import moment_named

MEMBERS = {
    "contexts": list,
    "flags": list,
    "environments": list,
    "drafts": dict,
    "now": str,
    "explain": bool,
    "as": str,
}
SIDES = ("server", "client")


@dataclass(frozen=True, slots=True)
class Question:
    """`flags` is None for all of the project; `client` asks for what client keys get."""

    contexts: list[Context]
    flags: list[str] | None
    environments: list[Environment]
    drafts: Drafts
    now: datetime
    explain: bool
    client: bool


def read_question(body: Mapping[str, Any], environments: Sequence[Environment]) -> Question:
    """The question; `environments` are those that the caller may see. Raises Invalid with every fault."""
    given = read_members(body, MEMBERS, required=["contexts"])
    report = Report()
    asked = _environments(given.get("environments"), environments, report)
    question = Question(
        contexts=_contexts(given["contexts"], report),
        flags=given.get("flags"),
        environments=asked,
        drafts=_drafts(given.get("drafts", {}), {environment.key for environment in asked}, report),
        now=_moment(given["now"], report) if "now" in given else timezone.now(),
        explain=given.get("explain", False),
        client=_is_client(given.get("as", "server"), report),
    )
    report.settle()
    return question


def _contexts(written: list[Any], report: Report) -> list[Context]:
    for index, context in enumerate(written):
        if not isinstance(context, dict):
            report.add(inside("contexts", index), f"{quoted(context)} is not a context: write an object of attributes")
    return [context_from(context) for context in written if isinstance(context, dict)]


def _environments(keys: list[Any] | None, seen: Sequence[Environment], report: Report) -> list[Environment]:
    if keys is None:
        return list(seen)
    known = {environment.key: environment for environment in seen}
    for index, key in enumerate(keys):
        if not isinstance(key, str) or key not in known:
            near = hint(str(key), known)
            report.add(inside("environments", index), f"there is no environment {quoted(key)} here{near}")
    return [known[key] for key in keys if isinstance(key, str) and key in known]


def _drafts(written: dict[str, Any], asked: Collection[str], report: Report) -> dict[str, dict[str, Any]]:
    for flag, states in written.items():
        if not isinstance(states, dict):
            report.add(inside("drafts", flag), f"{quoted(states)} is not an object of environments with their states")
            continue
        for environment in states.keys() - asked:
            path = inside(inside("drafts", flag), environment)
            report.add(path, f"there is no environment {quoted(environment)} among those that are asked")
    return {
        flag: {environment: _state(state) for environment, state in states.items()}
        for flag, states in written.items()
        if isinstance(states, dict)
    }


def _state(written: Any) -> Any:
    """A state as people write it, or an answer of the API edited."""
    return written_state(without(written, ("comment",))) if isinstance(written, dict) else written


def _moment(written: str, report: Report) -> datetime:
    moment = moment_named(written)
    if moment is None:
        report.add("now", f"{quoted(written)} is not a moment with an offset, as 2026-11-21T10:00:00Z is")
        return timezone.now()
    return moment


def _is_client(side: str, report: Report) -> bool:
    if side not in SIDES:
        report.add("as", f"{quoted(side)} is neither server nor client")
    return side == "client"
