"""What a client answers from: one ruleset at one moment, never changed but for its counts, and replaced in one assignment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count

from ..core.context import TARGETING_KEY, Context, context_from
from ..core.evaluate import decide, evaluate_all
from ..core.model import MISSING, Answer, Flag, Ruleset, Scope
from .lifetime import State

# What an application may give: its own attributes, a context made once for many evaluations, or nobody.
Asker = Mapping[str, object] | Context | None

NOBODY = Context({})
# Rules that read no clock need none.
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
MOST_UNKNOWN = 1_000


class InvalidContext(TypeError):
    """What was given as a context is none."""


def context_of(asker: Asker) -> Context:
    """Prepared for evaluation; raises InvalidContext. A dict is not copied: nobody keeps it."""
    kind = type(asker)
    if kind is dict:
        return Context(asker) if asker.get(TARGETING_KEY) is not None else context_from(asker)  # type: ignore[union-attr, arg-type]  # mypy does not follow `kind`
    if kind is Context:
        return asker  # type: ignore[return-value]  # the same
    if asker is None:
        return NOBODY
    if isinstance(asker, Mapping):
        return context_from(asker)
    raise InvalidContext(f"a context is a mapping of attributes, not {kind.__name__}")


def refused(key: str, code: str, why: str) -> Answer:
    """An answer without a value, for a reason that no ruleset knows."""
    return Answer(key, MISSING, "", None, code, why, 0, {}, "")  # type: ignore[arg-type]  # one of OpenFeature's other codes


class Serving:
    """`tallies` holds, per answer that was given, a counter that threads may share: `next` on it is one step.

    `flags` may hold others than the ruleset, where somebody has overridden them.
    """

    __slots__ = ("flags", "reads_clock", "ruleset", "state", "tallies", "unknown")

    def __init__(self, ruleset: Ruleset, state: State, overridden: Mapping[str, Flag] | None = None) -> None:
        self.ruleset = ruleset
        self.flags = {**ruleset.flags, **overridden} if overridden else ruleset.flags
        self.reads_clock = ruleset.reads_clock
        self.state = state
        self.tallies: dict[Answer, Iterator[int]] = {}
        self.unknown: dict[str, Iterator[int]] = {}

    def answer(self, key: str, asker: Asker) -> Answer:
        """Never raises, whatever it is given."""
        try:
            flag = self.flags[key]
            answer = flag.settled
            if answer is None:
                now = datetime.now(UTC) if self.reads_clock else ANY_TIME
                answer = decide(flag, Scope(self.ruleset, context_of(asker), now, False))
            next(self.tallies[answer])
        except Exception as error:
            answer = self._seldom(key, asker, error)
        return answer

    def _seldom(self, key: str, asker: Asker, error: Exception) -> Answer:
        """Whatever `answer` does not do every day: an answer given for the first time, and everything that fails."""
        try:
            if isinstance(error, InvalidContext):
                return refused(key, "INVALID_CONTEXT", str(error))
            if key not in self.flags:
                return self._not_found(key)
            answer = self._counted(self.flags[key].settled or decide(self.flags[key], self._scope(asker)))
        except Exception as raised:
            return refused(str(key), "GENERAL", f"{type(raised).__name__}: {raised}")
        return answer

    def _scope(self, asker: Asker) -> Scope:
        return Scope(self.ruleset, context_of(asker), datetime.now(UTC), False)

    def _counted(self, answer: Answer) -> Answer:
        next(self.tallies.setdefault(answer, count()))
        return answer

    def _not_found(self, key: str) -> Answer:
        if key in self.unknown or len(self.unknown) < MOST_UNKNOWN:
            next(self.unknown.setdefault(key, count()))
        return refused(key, "FLAG_NOT_FOUND", "there is no such flag here")

    def all(self, asker: Asker) -> list[Answer]:
        """Every flag, sorted by key; not counted. Raises InvalidContext."""
        scope = self._scope(asker)
        if self.flags is self.ruleset.flags:
            return evaluate_all(self.ruleset, context_of(asker), scope.now)
        return [self.flags[key].settled or decide(self.flags[key], scope) for key in sorted(self.flags)]
