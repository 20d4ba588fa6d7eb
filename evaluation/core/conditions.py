"""The kinds of conditions, each a small object: as quick as a closure, half as large, and open to whoever looks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .context import Reader
from .deciding import serves
from .instants import instant
from .judges import Comparison, TimedComparison
from .limits import MAX_SEMVER_LENGTH
from .model import Condition, Scope
from .semver import Precedence, precedence


@dataclass(frozen=True, slots=True, eq=False)
class Judged(Condition):
    """An attribute is judged. What cannot be judged is neither what is wanted nor its opposite: false, negated or not."""

    read: Reader
    compare: Comparison
    operand: Any
    wanted: bool

    def holds(self, scope: Scope) -> bool:
        value = self.read(scope.attributes)
        verdict = self.compare(value, self.operand)
        if verdict is None and isinstance(value, (list, tuple)):
            verdict = any(self.compare(element, self.operand) is True for element in value)
        return verdict is self.wanted


@dataclass(frozen=True, slots=True, eq=False)
class Among(Judged):
    """The condition that most rules are made of: `in` about a member of the context, without the calls of the others."""

    attribute: str

    def holds(self, scope: Scope) -> bool:
        value = scope.attributes.get(self.attribute)
        if type(value) is str and value.isascii():
            return (value in self.operand) is self.wanted
        return Judged.holds(self, scope)


@dataclass(frozen=True, slots=True, eq=False)
class Versioned(Judged):
    """A semantic version is compared: `matches` is the comparison itself, for the usual case."""

    matches: Callable[[Precedence, Any], bool]

    def holds(self, scope: Scope) -> bool:
        value = self.read(scope.attributes)
        if type(value) is str and len(value) <= MAX_SEMVER_LENGTH:
            found = precedence(value)
            return found is not None and self.matches(found, self.operand) is self.wanted
        return Judged.holds(self, scope)


@dataclass(frozen=True, slots=True, eq=False)
class Timed(Condition):
    """An attribute that names a moment is compared."""

    read: Reader
    compare: TimedComparison
    operand: Any
    wanted: bool

    def holds(self, scope: Scope) -> bool:
        value = self.read(scope.attributes)
        if isinstance(value, list | tuple):
            moments = [moment for moment in map(instant, value) if moment is not None]
            return any(self.compare(moment, scope.instant(), self.operand) for moment in moments) is self.wanted
        moment = instant(value)
        return moment is not None and self.compare(moment, scope.instant(), self.operand) is self.wanted


@dataclass(frozen=True, slots=True, eq=False)
class Clocked(Condition):
    """The clock itself is compared."""

    compare: TimedComparison
    operand: Any
    wanted: bool

    def holds(self, scope: Scope) -> bool:
        return self.compare(scope.instant(), scope.instant(), self.operand) is self.wanted


@dataclass(frozen=True, slots=True, eq=False)
class InSegment(Condition):
    key: str
    wanted: bool

    def holds(self, scope: Scope) -> bool:
        known = scope.segments.get(self.key)
        if known is None:
            known = scope.segments[self.key] = _belongs(self.key, scope)
        return known is self.wanted


def _belongs(key: str, scope: Scope) -> bool:
    segment = scope.ruleset.segments[key]
    if scope.key in segment.excluded:
        return False
    return scope.key in segment.included or any(rule.holds(scope) for rule in segment.rules)


@dataclass(frozen=True, slots=True, eq=False)
class Serves(Condition):
    """Another flag is enabled and serves this asker one of the variants."""

    flag: str
    variants: frozenset[str]
    wanted: bool

    def holds(self, scope: Scope) -> bool:
        return serves(self.flag, self.variants, scope) is self.wanted

    def blamed(self, scope: Scope) -> str | None:
        return self.flag


@dataclass(frozen=True, slots=True, eq=False)
class Group(Condition):
    parts: tuple[Condition, ...]

    def blamed(self, scope: Scope) -> str | None:
        blamed = (part.blamed(scope) for part in self.parts if not part.holds(scope))
        return next((flag for flag in blamed if flag is not None), None)


class Every(Group):
    __slots__ = ()

    def holds(self, scope: Scope) -> bool:
        for part in self.parts:  # noqa: SIM110 - a generator costs as much as a condition
            if not part.holds(scope):
                return False
        return True


class Some(Group):
    __slots__ = ()

    def holds(self, scope: Scope) -> bool:
        for part in self.parts:  # noqa: SIM110 - a generator costs as much as a condition
            if part.holds(scope):
                return True
        return False
