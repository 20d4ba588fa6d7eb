"""Prerequisites and nested segments: what they ask for must exist, never ask in a circle, and not too deep.

The database holds the same line for flags against whatever writes around the services (`flags.walls`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from evaluation.core.limits import MAX_SEGMENT_DEPTH
from evaluation.core.values import quoted
from flags import references
from flags.documents.report import Report, hint
from flags.models import Flag, FlagConfig, Segment
from tenants.models import Environment, Project

# Who asks for whom, by key.
Graph = Mapping[str, frozenset[str]]


def check_state(flag: Flag, environment: Environment, fields: Mapping[str, Any]) -> None:
    """Raises Invalid unless all that a state refers to exists and its prerequisites are neither circular nor too deep.

    The project must be locked.
    """
    report = Report()
    asked = list(references.in_state(fields["prerequisites"], fields["rules"]))
    _check_segments(flag.project, asked, report)
    _check_flags(flag, asked, report)
    report.settle()
    parents = frozenset(reference.key for reference in asked if reference.kind == "flag")
    if parents:
        _check_chain(flag, environment, parents, report)
        report.settle()


def check_segment(project: Project, key: str, rules: list[dict[str, Any]]) -> None:
    """The same for a segment's rules: at most five segments below one another."""
    report = Report()
    asked = list(references.in_segment_rules(rules))
    _check_segments(project, asked, report)
    report.settle()
    others = dict(Segment.objects.filter(project=project).values_list("key", "rules"))
    graph = {name: _segments_in(rule) for name, rule in (others | {key: rules}).items()}
    if chain := longest_chain_through(key, graph, MAX_SEGMENT_DEPTH):
        report.add("rules", _complaint("segments", chain, f"at most {MAX_SEGMENT_DEPTH} steps are allowed"))
    report.settle()


def _segments_in(rules: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(reference.key for reference in references.in_segment_rules(rules))


def _check_segments(project: Project, asked: Iterable[references.Reference], report: Report) -> None:
    wanted = [reference for reference in asked if reference.kind == "segment"]
    if not wanted:
        return
    known = list(Segment.objects.filter(project=project).values_list("key", flat=True))
    for reference in wanted:
        if reference.key not in known:
            near = hint(reference.key, known)
            report.add(reference.path, f"there is no segment {quoted(reference.key)} in this project{near}")


def _check_flags(flag: Flag, asked: Iterable[references.Reference], report: Report) -> None:
    wanted = [reference for reference in asked if reference.kind == "flag"]
    if not wanted:
        return
    flags = Flag.objects.filter(project=flag.project)
    parents = {parent.key: parent for parent in flags.filter(key__in={reference.key for reference in wanted})}
    for reference in wanted:
        if reference.key in parents:
            _check_parent(reference, parents[reference.key], report)
        else:
            known = list(flags.filter(archived_at__isnull=True).values_list("key", flat=True))
            near = hint(reference.key, known)
            report.add(reference.path, f"there is no flag {quoted(reference.key)} in this project{near}")


def _check_parent(reference: references.Reference, parent: Flag, report: Report) -> None:
    if parent.archived_at is not None:
        report.add(reference.path, f"the flag {quoted(parent.key)} is archived; unarchive it first")
    for index, variant in enumerate(reference.variants):
        if variant not in parent.variants:
            place = f"{reference.path.removesuffix('.flag')}.variants[{index}]"
            near = hint(variant, parent.variants)
            report.add(place, f"{quoted(parent.key)} has no variant {quoted(variant)}{near}")


def _check_chain(flag: Flag, environment: Environment, parents: frozenset[str], report: Report) -> None:
    allowed = flag.project.max_prerequisite_depth
    graph = prerequisites_in(environment) | {flag.key: parents}
    if chain := longest_chain_through(flag.key, graph, allowed):
        report.add("prerequisites", _complaint("prerequisites", chain, f"this project allows {_steps(allowed)}"))


def _steps(allowed: int) -> str:
    if allowed == 1:
        return "one step: what a flag depends on must not depend on anything itself"
    return f"at most {allowed} steps"


def _complaint(what: str, chain: list[str], allowed: str) -> str:
    line = " → ".join(chain)
    if chain[0] == chain[-1]:
        return f"{what} must not go in a circle: {line}"
    return f"{what} go {len(chain) - 1} steps deep: {line}; {allowed}"


def prerequisites_in(environment: Environment) -> dict[str, frozenset[str]]:
    """Which flags each flag asks for in an environment; archived ones too, since they can come back."""
    configs = FlagConfig.with_deleted.filter(
        environment=environment, prerequisites__isnull=False, flag__deleted_at__isnull=True
    )
    return {
        key: frozenset(each.key for each in references.in_condition(prerequisites, "") if each.kind == "flag")
        for key, prerequisites in configs.values_list("flag__key", "prerequisites")
    }


def longest_chain_through(key: str, graph: Graph, allowed: int) -> list[str]:
    """A circle through the key, or a chain through it of more than the allowed steps; [] when there is neither."""
    if circle := _circle(key, graph):
        return circle
    above = _longest_walk(key, _turned(graph), allowed)
    below = _longest_walk(key, graph, allowed)
    chain = above[:0:-1] + below
    return chain if len(chain) - 1 > allowed else []


def _circle(key: str, graph: Graph) -> list[str]:
    """The shortest way from the key back to itself."""
    level, seen = [[key]], {key}
    while level:
        walks = [[*walk, child] for walk in level for child in sorted(graph.get(walk[-1], ()))]
        for walk in walks:
            if walk[-1] == key:
                return walk
        level = list({walk[-1]: walk for walk in walks if walk[-1] not in seen}.values())
        seen |= {walk[-1] for walk in level}
    return []


def _longest_walk(key: str, graph: Graph, allowed: int) -> list[str]:
    """A longest walk from the key; beyond allowed + 1 steps nobody needs to know."""
    level, longest = {key: [key]}, [key]
    for _ in range(allowed + 1):
        level = {child: [*walk, child] for walk in level.values() for child in sorted(graph.get(walk[-1], ()))}
        if not level:
            break
        longest = next(iter(level.values()))
    return longest


def _turned(graph: Graph) -> dict[str, frozenset[str]]:
    turned: dict[str, set[str]] = {}
    for key, asked in graph.items():
        for each in asked:
            turned.setdefault(each, set()).add(key)
    return {key: frozenset(askers) for key, askers in turned.items()}


def deepest_chain(graph: Graph, allowed: int) -> list[str]:
    """A chain of more than the allowed steps, if the graph has one."""
    walks = (_longest_walk(key, graph, allowed) for key in sorted(graph))
    return next((walk for walk in walks if len(walk) - 1 > allowed), [])
