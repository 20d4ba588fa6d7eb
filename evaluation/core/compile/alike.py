"""Flags for which the same attributes come to the same: decided once for all who say them, but for what is drawn by key.

Most rules look at a country, a plan or a version, of which there are few, and not at the targeting key, of which everybody
has an own one. So for each combination of what people say it is kept which answers are settled by it, and what is left to
draw for the other flags.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from ..bucketing import hash32
from ..conditions import Among, Every, Judged, Some, Versioned
from ..context import Reader
from ..model import Answer, Condition, Flag, Form, Scope, Split

# Of so many combinations at most; whoever says another one is decided for as if nothing were kept.
MOST_KEPT = 256
# And of flags in all of them together.
MOST_PLACES = 100_000
# Hardly two people say the same longer text.
LONGEST_TEXT = 100

Looks = frozenset[Reader]
Outcome = Answer | Split
Said = tuple[str | None, ...]


def looks_of(flag: Flag) -> Looks | None:
    """What the flag looks at, beside the targeting key that it draws by; None where it asks for anything but attributes."""
    outcomes = (*(rule.outcome for rule in flag.rules), flag.fallthrough)
    if flag.prerequisites is not None or flag.targets or not all(map(_is_by_key, outcomes)):
        return None
    looks: set[Reader] = set()
    is_plain = all(rule.condition is None or _collect(rule.condition, looks) for rule in flag.rules)
    return frozenset(looks) if is_plain else None


def _is_by_key(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) or (outcome.read is None and None not in outcome.answers)


def _collect(condition: Condition, looks: set[Reader]) -> bool:
    """Whether the condition is about attributes alone; they are added."""
    if isinstance(condition, Every | Some):
        return all(_collect(part, looks) for part in condition.parts)
    if type(condition) not in (Judged, Among, Versioned):
        return False
    looks.add(condition.read)  # type: ignore[attr-defined]  # mypy does not follow `type`
    return True


# What is drawn: where the answer stands, what is hashed before the key, where the second of two ranges begins, and both answers.
Half = tuple[int, bytes, int, Any, Any]


class Left:
    """What one combination leaves open: `answers` with a gap for each draw, `halves` for splits of two ranges, as most are."""

    __slots__ = ("answers", "halves", "splits")

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.halves: list[Half] = []
        self.splits: list[tuple[int, Split, tuple[Any, ...]]] = []

    def drawn(self, key: bytes) -> list[Any]:
        found = self.answers.copy()
        for place, prefix, end, first, second in self.halves:
            found[place] = second if hash32(prefix + key) >= end else first
        for place, split, answers in self.splits:
            found[place] = answers[bisect_right(split.ends, hash32(split.prefix + key))]
        return found


class Alike:
    """Flags that look at the same attributes; their answers are written in a form, or as they are for None."""

    __slots__ = ("_flags", "_halves", "_kept", "_looks", "_most", "_write")

    def __init__(self, looks: Looks, flags: Sequence[Flag], form: Form | None) -> None:
        self._write: Callable[[Answer | None], Any] = form.write if form else _as_it_is  # type: ignore[assignment]
        self._looks, self._flags = tuple(looks), flags
        self._kept: dict[Said, Left] = {}
        self._halves: dict[Split, Half] = {}
        self._most = min(MOST_KEPT, MOST_PLACES // len(flags))

    def answers(self, scope: Scope) -> list[Any] | None:
        """In the order of the flags; None where nothing is kept for what the asker says."""
        key, said = scope.key_bytes, tuple([read(scope.attributes) for read in self._looks])
        if key is None:
            return None
        for text in said:
            if text is not None and (type(text) is not str or len(text) > LONGEST_TEXT):
                return None
        left = self._kept.get(said) or self._keep(said, scope)  # type: ignore[arg-type]  # texts, as was seen
        return None if left is None else left.drawn(key)

    def _keep(self, said: Said, scope: Scope) -> Left | None:
        """Whichever of two threads comes last, both make the same."""
        if len(self._kept) >= self._most:
            return None
        left = Left()
        for place, flag in enumerate(self._flags):
            self._settle(left, place, _outcome(flag, scope))
        self._kept[said] = left
        return left

    def _settle(self, left: Left, place: int, outcome: Outcome) -> None:
        if isinstance(outcome, Answer):
            left.answers.append(self._write(outcome))
            return
        left.answers.append(None)
        answers = tuple(map(self._write, outcome.answers))
        if len(answers) == 2:
            left.halves.append(self._halves.setdefault(outcome, (place, outcome.prefix, outcome.ends[0], *answers)))
        else:
            left.splits.append((place, outcome, answers))


def _as_it_is(answer: Answer | None) -> Answer | None:
    return answer


def _outcome(flag: Flag, scope: Scope) -> Outcome:
    met = (rule.outcome for rule in flag.rules if rule.condition is None or rule.condition.holds(scope))
    return next(met, flag.fallthrough)
