"""What anybody would get: the rules as the database has them now, unsaved drafts among them, compiled in memory.

Nothing that is asked here counts as traffic, and nothing is published.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from evaluation.core.context import Context
from evaluation.core.evaluate import evaluate
from evaluation.core.explain import Explanation, explain
from evaluation.core.manifest import ruleset_from
from evaluation.core.model import Answer, Ruleset
from evaluation.core.references import referenced
from evaluation.core.values import inside, loads, quoted
from evaluation.manifest.build import rules_from
from flags import documents
from flags.documents.report import hint
from flags.language import parse_rules
from flags.models import Flag, FlagConfig, Segment
from flags.prerequisites import prerequisites_in
from flags.references import in_config, segments_by_segment
from flags.selectors import FlagState, flag_states, manifest_segments
from tenants.models import Environment
from tenants.problems import Fault, Invalid

MOST_CELLS = 2_000
MOST_EXPLAINED = 200
# The member of a draft that says its state as text, but for whether it is enabled.
RULES_TEXT = "rules_text"
# Flag key → environment key → the members of a state that nobody saved yet; the others are as they are saved.
Drafts = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Board:
    """One environment as it would be published now, with drafts in the place of what is saved; `states` are its rows."""

    environment: Environment
    states: Mapping[str, FlagState]
    manifest: Mapping[str, Any]
    ruleset: Ruleset

    @property
    def flags(self) -> Collection[str]:
        """The keys of the flags that are evaluated here, in their order."""
        return self.ruleset.flags

    def answer(self, key: str, context: Context, now: datetime, *, client: bool) -> Answer:
        return evaluate(self.ruleset, key, context, now, client=client)

    def explain(self, key: str, context: Context, now: datetime, *, client: bool) -> Explanation:
        return explain(self.ruleset, self.manifest, key, context, now, client=client)


def boards_of(
    environments: Iterable[Environment], keys: Collection[str], drafts: Drafts, now: datetime
) -> tuple[list[Board], list[Fault]]:
    """One board an environment of a project, with these flags and all that they ask for, and what is wrong with the drafts.

    A draft that is wrong is left out; the path of its fault begins with `drafts.<flag>.<environment>`. At most seven queries
    an environment, however many flags there are.
    """
    faults: list[Fault] = []
    boards = [_board(environment, {*keys, *drafts}, drafts, now, faults) for environment in environments]
    return boards, faults


def unknown_flags(asked: Mapping[str, object], known: Collection[str]) -> list[Fault]:
    """A fault for each path (with the key that it names) at which no flag of the project is named."""
    return [
        Fault(path, f"there is no flag {quoted(key)} here, or it is archived{hint(str(key), known)}")
        for path, key in asked.items()
        if not (isinstance(key, str) and key in known)
    ]


def _board(environment: Environment, keys: set[str], drafts: Drafts, now: datetime, faults: list[Fault]) -> Board:
    graph = prerequisites_in(environment)
    rows = flag_states(environment, _reachable(keys, graph))
    states = {flag.key: (flag, _state(flag, config, environment, drafts, faults)) for flag, config in rows}
    asked = {key: set(referenced(config.prerequisites, "flag")) for key, (_, config) in states.items() if config}
    if missing := _reachable(keys, {**graph, **asked}) - states.keys():
        states |= {flag.key: (flag, config) for flag, config in flag_states(environment, missing)}
    segments = _segments_for(environment, (config for _, config in states.values() if config))
    content = rules_from(environment, states.values(), segments).manifest(0, now)
    manifest = cast(dict[str, Any], loads(content))
    return Board(environment, states, manifest, ruleset_from(manifest))


def _segments_for(environment: Environment, configs: Iterable[FlagConfig]) -> list[Segment]:
    """Those that the states ask for, directly or through others: a project may have many, with long lists."""
    asked = {each.key for config in configs for each in in_config(config) if each.kind == "segment"}
    if not asked:
        return []
    return manifest_segments(environment, _reachable(asked, segments_by_segment(environment)))


def _reachable(keys: Iterable[str], graph: Mapping[str, Collection[str]]) -> set[str]:
    """The keys and all that they ask for, directly or through others."""
    found: set[str] = set()
    ahead = set(keys)
    while ahead:
        found |= ahead
        ahead = {asked for key in ahead for asked in graph.get(key, ())} - found
    return found


def _state(
    flag: Flag, config: FlagConfig | None, environment: Environment, drafts: Drafts, faults: list[Fault]
) -> FlagConfig | None:
    """The draft where there is one that can be read, else what is saved."""
    if environment.key not in drafts.get(flag.key, {}):
        return config
    try:
        return _drafted(flag, config, drafts[flag.key][environment.key])
    except Invalid as refusal:
        path = inside(inside("drafts", flag.key), environment.key)
        faults += [replace(fault, path=f"{path}.{fault.path}".rstrip(".")) for fault in refusal.faults]
        return config


def _drafted(flag: Flag, config: FlagConfig | None, draft: object) -> FlagConfig:
    """What saving the draft would make of the state; raises Invalid."""
    saved = documents.config_body(config) if config else documents.default_state(flag)
    body = saved | _spelled_out(flag, draft) if isinstance(draft, dict) else draft
    state = documents.parse_state(flag, body, documents.splits_of(config) if config else {})
    return FlagConfig(version=(config.version if config else 1) + 1, **state.fields)


def _spelled_out(flag: Flag, draft: dict[str, Any]) -> dict[str, Any]:
    """The draft with the members that its text stands for."""
    if RULES_TEXT not in draft:
        return draft
    parsed = parse_rules(str(draft[RULES_TEXT]), variants=flag.variants)
    if parsed.body is None:
        raise Invalid([Fault(RULES_TEXT, str(fault), fault.line, fault.column) for fault in parsed.faults])
    return {name: value for name, value in draft.items() if name != RULES_TEXT} | parsed.body
