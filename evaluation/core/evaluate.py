"""The decision itself: a ruleset, a context and a moment in, an answer out."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from .bucketing import bucketing_bytes, hash32
from .context import Context
from .model import MISSING, Answer, Flag, Ruleset, Scope, Split


def evaluate(ruleset: Ruleset, key: str, context: Context, now: datetime, *, client: bool = False) -> Answer:
    """What this context gets for one flag; never raises for any context.

    `now` is timezone-aware. With `client`, a flag that is not client_visible is FLAG_NOT_FOUND, exactly as an unknown
    one; as somebody's prerequisite it still counts.
    """
    flag = ruleset.flags.get(key)
    if flag is None or (client and not flag.client_visible):
        return _not_found(key)
    return flag.settled or decide(flag, Scope(ruleset, context, now, client))


def evaluate_all(ruleset: Ruleset, context: Context, now: datetime, *, client: bool = False) -> list[Answer]:
    """What this context gets for every flag (with `client`, for every client_visible one), sorted by the flags' keys."""
    scope = Scope(ruleset, context, now, client)
    flags = ruleset.client_visible if client else ruleset.ordered
    return [flag.settled or decide(flag, scope) for flag in flags]


def evaluate_some(
    ruleset: Ruleset, keys: Iterable[str], context: Context, now: datetime, *, client: bool = False
) -> list[Answer]:
    """The same for some of the flags, in the order of the keys; without those that are not there or may not be seen."""
    scope = Scope(ruleset, context, now, client)
    found = (ruleset.flags.get(key) for key in keys)
    seen = [flag for flag in found if flag is not None and (flag.client_visible or not client)]
    return [flag.settled or decide(flag, scope) for flag in seen]


def decide(flag: Flag, scope: Scope) -> Answer:
    """Prerequisites, then targets, then rules from top to bottom, then the fallthrough; not for a settled flag."""
    if flag.prerequisites is not None and not flag.prerequisites.holds(scope):
        return flag.unmet[_to_name(flag.prerequisites.blamed(scope), scope)]
    if flag.targets and scope.key in flag.targets:
        return flag.targets[scope.key]
    for rule in flag.rules:
        condition = rule.condition
        if condition is None or condition.holds(scope):
            outcome = rule.outcome
            answer = outcome if type(outcome) is Answer else drawn(outcome, scope)
            if answer is not None:
                return answer
    outcome = flag.fallthrough
    answer = outcome if type(outcome) is Answer else drawn(outcome, scope)
    assert answer is not None  # noqa: S101 - a fallthrough with a null range is not readable
    return answer


def serves(key: str, variants: frozenset[str], scope: Scope) -> bool:
    """Whether a prerequisite is met: the flag is enabled and serves this asker one of the variants."""
    flag = scope.ruleset.flags.get(key)
    if flag is None or not flag.enabled:
        return False
    answer = flag.settled or scope.answers.get(key)
    if answer is None:
        answer = scope.answers[key] = decide(flag, scope)
    return answer.variant in variants


def drawn(split: Split, scope: Scope) -> Answer | None:
    """The answer of the range that the asker's hash falls into; None goes on to the next rule."""
    key = scope.key_bytes if split.read is None else bucketing_bytes(split.read(scope.attributes))
    if key is None:
        return split.keyless
    return split.answers[bisect_right(split.ends, hash32(split.prefix + key))]


def _to_name(flag: str | None, scope: Scope) -> str | None:
    """A client key is not told the key of a flag that it may not see."""
    if flag is None or not scope.client:
        return flag
    blamed = scope.ruleset.flags.get(flag)
    return flag if blamed is not None and blamed.client_visible else None


def _not_found(key: str) -> Answer:
    return Answer(
        key=key,
        value=MISSING,
        variant="",
        reason=None,
        error_code="FLAG_NOT_FOUND",
        error_details="there is no such flag here, or this key may not see it",
        version=0,
        metadata={},
        value_type="",
    )
