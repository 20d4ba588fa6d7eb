"""Conditions and groups as predicates."""

from collections.abc import Callable, Iterable
from typing import Any

from ..context import NOW, Reader, reader
from ..evaluate import serves
from ..instants import instant
from ..judges import Judge, TimedJudge
from ..limits import MAX_GROUP_DEPTH
from ..model import Check, Predicate, Scope, Segment
from ..operators import OPERATORS, Operator
from ..values import quoted
from .unreadable import Unreadable


class Conditions:
    """Reads the conditions of one manifest.

    `segment` finds a compiled segment, or raises Unreadable. `reads_clock` turns true with the first condition that
    compares with now.
    """

    def __init__(self, segment: Callable[[str], Segment]) -> None:
        self.reads_clock = False
        self._segment = segment

    def check(self, node: object, *, negate: bool = False, flags: bool = False, depth: int = 0) -> Check:
        """The condition or group; `flags` says whether it may ask for flags, as only prerequisites do."""
        if not isinstance(node, dict):
            raise Unreadable(f"{quoted(node)} is not a condition")
        if "all" in node or "any" in node or "not" in node:
            if depth == MAX_GROUP_DEPTH:
                raise Unreadable(f"groups are nested deeper than {MAX_GROUP_DEPTH}")
            return self._group(node, negate, flags, depth + 1)
        if "segment" in node:
            return Check(_asked(_belonging(self._segment(node["segment"])), negate))
        if flags and "flag" in node:
            return Check(_asked(_prerequisite(node), negate), flag=node["flag"])
        return Check(self._condition(node, negate))

    def _group(self, node: dict[str, Any], negate: bool, flags: bool, depth: int) -> Check:
        if "not" in node:
            return self.check(node["not"], negate=not negate, flags=flags, depth=depth)
        every = "all" in node
        children = node["all"] if every else node["any"]
        if not isinstance(children, list) or not (children or every):
            raise Unreadable(f"{quoted(children)} is not a list of conditions")
        checks = tuple(self.check(child, negate=negate, flags=flags, depth=depth) for child in children)
        # De Morgan: what is negated already asks for any of the parts where "all" stood.
        together = _every if every is not negate else _some
        return Check(together([check.holds for check in checks]), children=checks)

    def _condition(self, node: dict[str, Any], negate: bool) -> Predicate:
        attribute, row = node.get("attribute"), OPERATORS.get(str(node.get("op")))
        if row is None:
            raise Unreadable(f"the operator {quoted(node.get('op'))} is not known here")
        if not isinstance(attribute, str):
            raise Unreadable(f"{quoted(attribute)} is not the name of an attribute")
        if attribute == NOW and not row.timed:
            raise Unreadable(f"now is the clock, which {node['op']} cannot compare")
        values, judge = _judge(node, row)
        wanted = _flag(node, "negate") is negate
        if not row.timed:
            return _judged(attribute, judge, wanted)
        self.reads_clock |= attribute == NOW or any(value.from_now for value in values)
        return _clocked(judge, wanted) if attribute == NOW else _timed(reader(attribute), judge, wanted)


def _judge(node: dict[str, Any], row: Operator) -> tuple[list[Any], Any]:
    written = node.get("values", [])
    if not isinstance(written, list) or not (written or row.may_be_empty):
        raise Unreadable(f"{quoted(written)} are no values for {node['op']}")
    try:
        values = [row.read(value) for value in written]
        return values, row.judge(values, _flag(node, "ignore_case"))
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _flag(node: dict[str, Any], member: str) -> bool:
    value = node.get(member, False)
    if not isinstance(value, bool):
        raise Unreadable(f"{quoted(value)} is not true or false, as {member} must be")
    return value


def _prerequisite(node: dict[str, Any]) -> Predicate:
    key, variants = node["flag"], node.get("variants")
    if not isinstance(key, str) or not isinstance(variants, list):
        raise Unreadable("a prerequisite is not written as flag and variants")
    wanted = frozenset(variant for variant in variants if isinstance(variant, str) and variant)
    return lambda scope: serves(key, wanted, scope)


def _belonging(segment: Segment) -> Predicate:
    def holds(scope: Scope) -> bool:
        known = scope.segments.get(segment.key)
        if known is None:
            known = scope.segments[segment.key] = _belongs(segment, scope)
        return known

    return holds


def _belongs(segment: Segment, scope: Scope) -> bool:
    if scope.key in segment.excluded:
        return False
    return scope.key in segment.included or any(rule(scope) for rule in segment.rules)


def _asked(holds: Predicate, negate: bool) -> Predicate:
    return (lambda scope: not holds(scope)) if negate else holds


def _every(parts: list[Predicate]) -> Predicate:
    def holds(scope: Scope) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs as much as a condition
            if not part(scope):
                return False
        return True

    return parts[0] if len(parts) == 1 else holds


def _some(parts: list[Predicate]) -> Predicate:
    def holds(scope: Scope) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs as much as a condition
            if part(scope):
                return True
        return False

    return parts[0] if len(parts) == 1 else holds


# A judge that cannot judge says None, which is neither True nor False: so such a condition is false, negated or not.


def _judged(attribute: str, judge: Judge, wanted: bool) -> Predicate:
    read = reader(attribute)

    def holds(scope: Scope) -> bool:
        value = read(scope.attributes)
        verdict = judge(value)
        if verdict is None and isinstance(value, list | tuple):
            verdict = _any_element(value, judge)
        return verdict is wanted

    return holds


def _any_element(elements: Iterable[object], judge: Judge) -> bool:
    return any(judge(element) is True for element in elements)


def _timed(read: Reader, judge: TimedJudge, wanted: bool) -> Predicate:
    def holds(scope: Scope) -> bool:
        value = read(scope.attributes)
        if isinstance(value, list | tuple):
            moments = [moment for moment in map(instant, value) if moment is not None]
            return any(judge(moment, scope.instant()) for moment in moments) is wanted
        moment = instant(value)
        return moment is not None and judge(moment, scope.instant()) is wanted

    return holds


def _clocked(judge: TimedJudge, wanted: bool) -> Predicate:
    return lambda scope: judge(scope.instant(), scope.instant()) is wanted
