"""Conditions and groups, from documents to objects."""

from collections.abc import Callable
from typing import Any

from ..conditions import Among, Clocked, Every, InSegment, Judged, Serves, Some, Timed, Versioned
from ..context import NOW, reader
from ..judges import Bounds, TimedComparison, among
from ..limits import MAX_GROUP_DEPTH
from ..model import NO_REFERENCES, Condition, References
from ..operators import OPERATORS, Operator
from ..values import quoted
from .unreadable import Unreadable


class Conditions:
    """Reads the conditions of one flag or segment, and remembers what they refer to.

    `rule` is the id of the rule that is read just now.
    """

    def __init__(self) -> None:
        self.rule = ""
        self._segments: dict[str, str] = {}
        self._reads_clock = False

    def references(self, flags: frozenset[str] = frozenset()) -> References:
        """What the conditions read so far refer to, beside these flags."""
        if not (flags or self._segments or self._reads_clock):
            return NO_REFERENCES
        return References(flags, self._segments, self._reads_clock)

    def read(self, node: object, *, negate: bool = False, flags: bool = False, depth: int = 0) -> Condition:
        """The condition or group; `flags` says whether it may ask for flags, as only prerequisites do."""
        if not isinstance(node, dict):
            raise Unreadable(f"{quoted(node)} is not a condition")
        if "all" in node or "any" in node or "not" in node:
            if depth == MAX_GROUP_DEPTH:
                raise Unreadable(f"groups are nested deeper than {MAX_GROUP_DEPTH}")
            return self._group(node, negate, flags, depth + 1)
        if "segment" in node:
            return self._segment(node["segment"], not negate)
        if flags and "flag" in node:
            return _prerequisite(node, not negate)
        return self._condition(node, negate)

    def _group(self, node: dict[str, Any], negate: bool, flags: bool, depth: int) -> Condition:
        if "not" in node:
            return self.read(node["not"], negate=not negate, flags=flags, depth=depth)
        every = "all" in node
        children = node["all"] if every else node["any"]
        if not isinstance(children, list) or not (children or every):
            raise Unreadable(f"{quoted(children)} is not a list of conditions")
        parts = tuple(self.read(child, negate=negate, flags=flags, depth=depth) for child in children)
        if len(parts) == 1:
            return parts[0]
        # De Morgan: what is negated already asks for any of the parts where "all" stood.
        return Some(parts) if every is negate else Every(parts)

    def _segment(self, key: object, wanted: bool) -> Condition:
        if not isinstance(key, str):
            raise Unreadable(f"{quoted(key)} is not the key of a segment")
        self._segments.setdefault(key, self.rule)
        return InSegment(key, wanted)

    def _condition(self, node: dict[str, Any], negate: bool) -> Condition:
        attribute, row = node.get("attribute"), OPERATORS.get(str(node.get("op")))
        if row is None:
            raise Unreadable(f"the operator {quoted(node.get('op'))} is not known here")
        if not isinstance(attribute, str):
            raise Unreadable(f"{quoted(attribute)} is not the name of an attribute")
        if attribute == NOW and not row.timed:
            raise Unreadable(f"now is the clock, which {node['op']} cannot compare")
        compare, operand = _prepared(node, row)
        wanted = _flag(node, "negate") is negate
        if row.timed:
            return self._timed(attribute, compare, operand, wanted)
        if compare is among and "." not in attribute:
            return Among(reader(attribute), compare, operand, wanted, attribute)
        if row.of_versions is not None:
            return Versioned(reader(attribute), compare, operand, wanted, row.of_versions)
        return Judged(reader(attribute), compare, operand, wanted)

    def _timed(self, attribute: str, compare: TimedComparison, bounds: Bounds, wanted: bool) -> Condition:
        self._reads_clock |= attribute == NOW or bounds.from_now is not None
        return (
            Clocked(compare, bounds, wanted) if attribute == NOW else Timed(reader(attribute), compare, bounds, wanted)
        )


def _prepared(node: dict[str, Any], row: Operator) -> tuple[Callable[..., Any], Any]:
    written = node.get("values", [])
    if not isinstance(written, list) or not (written or row.may_be_empty):
        raise Unreadable(f"{quoted(written)} are no values for {node['op']}")
    try:
        return row.prepared([row.read(value) for value in written], ignore_case=_flag(node, "ignore_case"))
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _flag(node: dict[str, Any], member: str) -> bool:
    value = node.get(member, False)
    if not isinstance(value, bool):
        raise Unreadable(f"{quoted(value)} is not true or false, as {member} must be")
    return value


def _prerequisite(node: dict[str, Any], wanted: bool) -> Condition:
    key, variants = node["flag"], node.get("variants")
    if not isinstance(key, str) or not isinstance(variants, list):
        raise Unreadable("a prerequisite is not written as flag and variants")
    return Serves(key, frozenset(variant for variant in variants if isinstance(variant, str) and variant), wanted)
