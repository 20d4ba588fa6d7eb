"""Conditions, the segments that they name and the flags that prerequisites name, each explained for one asker."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..bucketing import bucketing_key
from ..context import Context
from .comparisons import compare
from .trace import Belonging, Group, Membership, Requirement, Trace, Verdict


class Asking:
    """One asker at one moment, in a manifest whose definitions can be read.

    Whatever is asked for on the way is kept in `flags` and `segments`, so that each is explained once. Every part of a
    group is judged, also where the first ones decide.
    """

    def __init__(
        self, segments: Mapping[str, Any], trace: Callable[[str], Trace], context: Context, now: datetime
    ) -> None:
        self.context = context
        self.now = now
        self.flags: dict[str, Trace] = {}
        self.segments: dict[str, Membership] = {}
        self._documents = segments
        self._trace = trace

    def judge(self, node: dict[str, Any], path: str, *, negate: bool = False, flags: bool = False) -> Verdict:
        """The condition or group at the path; `flags` says whether it may ask for flags, as only prerequisites do."""
        if "not" in node:
            return self.judge(node["not"], f"{path}.not", negate=not negate, flags=flags)
        if "all" in node or "any" in node:
            return self._group(node, path, negate, flags)
        if "segment" in node:
            belongs = self._membership(node["segment"]).belongs
            return Belonging(path, belongs is not negate, node["segment"], negate)
        if flags and "flag" in node:
            return self._requirement(node, path, negate)
        return compare(node, path, negate, self.context, self.now)

    def _group(self, node: dict[str, Any], path: str, negate: bool, flags: bool) -> Group:
        written = "all" if "all" in node else "any"
        parts = tuple(
            self.judge(part, f"{path}.{written}[{index}]", negate=negate, flags=flags)
            for index, part in enumerate(node[written])
        )
        if (written == "all") is not negate:
            return Group(path, all(part.holds for part in parts), "all", parts)
        return Group(path, any(part.holds for part in parts), "any", parts)

    def _membership(self, key: str) -> Membership:
        if key not in self.segments:
            self.segments[key] = self._looked_up(self._documents[key])
        return self.segments[key]

    def _looked_up(self, segment: dict[str, Any]) -> Membership:
        if self.is_named(segment.get("excluded", ())):
            return Membership(False, "excluded")
        if self.is_named(segment.get("included", ())):
            return Membership(True, "included")
        rules = tuple(self.judge(rule, f"rules[{index}]") for index, rule in enumerate(segment.get("rules", ())))
        belongs = any(rule.holds for rule in rules)
        return Membership(belongs, "rule" if belongs else "nothing", rules)

    def is_named(self, keys: list[object]) -> bool:
        """Whether the asker's targeting key is among these."""
        return self.context.key is not None and self.context.key in map(bucketing_key, keys)

    def _requirement(self, node: dict[str, Any], path: str, negate: bool) -> Requirement:
        flag, variants = node["flag"], tuple(each for each in node["variants"] if isinstance(each, str) and each)
        if flag not in self.flags:
            self.flags[flag] = self._trace(flag)
        found = self.flags[flag]
        met = found.steps[0].result == "passed" and found.answer.variant in variants
        return Requirement(path, met is not negate, flag, variants, negate)
