"""Which flags may answer differently: because they changed, because what they ask for did, or because time goes by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from .model import Flag, Ruleset, Segment

# A flag or a segment, by its part of the manifest and its key.
Node = tuple[str, str]


def affected(before: Ruleset, after: Ruleset) -> frozenset[str]:
    """The flags that may answer the same asker differently at the same moment; all others answer alike in both rulesets."""
    changed = {("flag", key) for key in _changed(before.flags, after.flags)}
    changed |= {("segment", key) for key in _changed(before.segments, after.segments)}
    return _with_askers(changed, (before, after)) if changed else frozenset()


def clocked(ruleset: Ruleset) -> frozenset[str]:
    """The flags that may answer the same asker differently at another moment."""
    if not ruleset.reads_clock:
        return frozenset()
    read = {("flag", key) for key, flag in ruleset.flags.items() if flag.references.reads_clock}
    read |= {("segment", key) for key, segment in ruleset.segments.items() if segment.references.reads_clock}
    return _with_askers(read, (ruleset,))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {key for key in before.keys() | after.keys() if not _is_same(before.get(key), after.get(key))}


def _is_same(before: Flag | Segment | None, after: Flag | Segment | None) -> bool:
    if before is after:
        return True
    if before is None or after is None or before.fault or after.fault:
        return False
    return before.source is not None and before.source == after.source


def _with_askers(nodes: set[Node], rulesets: Iterable[Ruleset]) -> frozenset[str]:
    """The flags among the nodes, and those that ask for any of them, directly or through others."""
    askers = _askers(rulesets)
    seen, ahead = set(nodes), list(nodes)
    while ahead:
        for asker in askers.get(ahead.pop(), ()):
            if asker not in seen:
                seen.add(asker)
                ahead.append(asker)
    return frozenset(key for part, key in seen if part == "flag")


def _askers(rulesets: Iterable[Ruleset]) -> Mapping[Node, list[Node]]:
    found: defaultdict[Node, list[Node]] = defaultdict(list)
    for ruleset in rulesets:
        for part, definitions in (("flag", ruleset.flags), ("segment", ruleset.segments)):
            for key, definition in definitions.items():
                for flag in definition.references.flags:
                    found["flag", flag].append((part, key))
                for segment in definition.references.segments:
                    found["segment", segment].append((part, key))
    return found
