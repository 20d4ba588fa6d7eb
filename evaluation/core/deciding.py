"""The order in which a flag decides, line by line as it is documented."""

from bisect import bisect_right
from collections.abc import Mapping

from .bucketing import bucketing_bytes, hash32
from .model import Answer, Condition, Flag, Scope, Split


def decide(flag: Flag, scope: Scope) -> Answer:
    """Prerequisites, then targets, then rules from top to bottom, then the fallthrough; not for a settled flag.

    `compile.shapes` writes the same for flags that are asked for themselves, and tests hold the two against each other.
    """
    if flag.prerequisites is not None and not flag.prerequisites.holds(scope):
        return unmet(flag.prerequisites, flag.unmet, scope)
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


def unmet(prerequisites: Condition, answers: Mapping[str | None, Answer], scope: Scope) -> Answer:
    """The answer for prerequisites that do not hold, among those of a flag."""
    return answers[_to_name(prerequisites.blamed(scope), scope)]


def _to_name(flag: str | None, scope: Scope) -> str | None:
    """A client key is not told the key of a flag that it may not see."""
    if flag is None or not scope.client:
        return flag
    blamed = scope.ruleset.flags.get(flag)
    return flag if blamed is not None and blamed.client_visible else None
