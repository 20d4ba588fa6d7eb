"""What a client answers from: one ruleset at one moment, never changed but for its counts, and replaced in one assignment."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from time import perf_counter_ns

from ..core.context import TARGETING_KEY, Context, context_from
from ..core.evaluate import decided, evaluate_all
from ..core.model import MISSING, Answer, Flag, Ruleset, Scope
from .lifetime import State

# What an application may give: its own attributes, a context made once for many evaluations, or nobody.
Asker = Mapping[str, object] | Context | None
# Of a flag's key, a variant, a subject, and the rule that split ("" for the fallthrough): whether it is noted.
Expose = Callable[[str, str, str, str], bool]
Observe = Callable[[Mapping[str, object]], object]  # of the attributes of a context

NOBODY = Context({})
# Rules that read no clock need none.
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
MOST_UNKNOWN = 1_000
# One in 64 is timed: where these bits of its number are 0, which is quicker to see than a remainder.
UNTIMED, MOST_LATENCIES = 63, 4_096
MOST_MET = 50_000


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

    `known` holds the flags that were asked for before; those that answer everybody alike with that answer and its counter.
    `latencies` are nanoseconds of the last evaluations that were timed, one in 64 for each answer. `expose` is told who met
    the answer of a split; `met` remembers whom it was told of, by answer, so many at most. `observe` is shown the contexts of
    those evaluations that are timed, and of each answer's first.
    """

    __slots__ = (
        "__weakref__",
        "expose",
        "flags",
        "known",
        "latencies",
        "met",
        "observe",
        "reads_clock",
        "room",
        "ruleset",
        "state",
        "tallies",
        "unknown",
    )

    def __init__(
        self, ruleset: Ruleset, state: State, expose: Expose, observe: Observe = lambda attributes: None
    ) -> None:
        self.ruleset = ruleset
        self.flags = ruleset.flags
        self.reads_clock = ruleset.reads_clock
        self.state = state
        self.tallies: dict[Answer, Iterator[int]] = {}
        self.known: dict[str, tuple[Flag, Answer | None, Iterator[int]]] = {}
        self.unknown: dict[str, Iterator[int]] = {}
        self.latencies: deque[int] = deque(maxlen=MOST_LATENCIES)
        self.expose, self.observe = expose, observe
        self.met: dict[Answer, set[str | None]] = {}
        self.room = MOST_MET

    @property
    def version(self) -> int:
        return self.ruleset.version

    def answer(self, key: str, asker: Asker) -> Answer:
        """Never raises, whatever it is given."""
        try:
            flag, answer, tally = self.known[key]
            if answer is None:
                now = datetime.now(UTC) if self.reads_clock else ANY_TIME
                context = context_of(asker)
                answer = decided(flag, Scope(self.ruleset, context, now, False))
                if answer.reason == "SPLIT" and context.key not in self.met[answer]:
                    self._meet(answer, context.key)
                tally = self.tallies[answer]
            if not next(tally) & UNTIMED:
                self._time(flag, asker)
        except Exception:
            answer = self._seldom(key, asker)
        return answer

    def _seldom(self, key: str, asker: Asker) -> Answer:
        """Whatever `answer` does not do every day: an answer given for the first time, and everything that fails."""
        try:
            if key not in self.flags:
                return self._not_found(key)
            flag = self.flags[key]
            context = context_of(asker) if flag.settled is None else NOBODY
            answer = flag.settled or decided(flag, self._scope(context))
            tally = self.tallies.setdefault(answer, count())
            next(tally)
            self.known[key] = flag, flag.settled, tally
            if answer.reason == "SPLIT":
                self._meet(answer, context.key)
            self._look(asker)
            return answer
        except InvalidContext as error:
            return refused(key, "INVALID_CONTEXT", str(error))
        except Exception as error:
            return refused(str(key), "GENERAL", f"{type(error).__name__}: {error}")

    def _meet(self, answer: Answer, subject: str | None) -> None:
        if self.room == 0:
            self.met, self.room = {}, MOST_MET
        met = self.met.setdefault(answer, set())
        rule = str(answer.metadata.get("rule", ""))
        if subject is None or self.expose(answer.key, answer.variant, subject, rule):
            self.room -= 1
            met.add(subject)

    def _not_found(self, key: str) -> Answer:
        if key in self.unknown or (type(key) is str and len(self.unknown) < MOST_UNKNOWN):
            next(self.unknown.setdefault(key, count()))
        return refused(str(key), "FLAG_NOT_FOUND", "there is no such flag here")

    def _time(self, flag: Flag, asker: Asker) -> None:
        """Decide once more, with a watch: so the others need not look at one."""
        begun = perf_counter_ns()
        if flag.settled is None:
            decided(flag, self._scope(context_of(asker)))
        self.latencies.append(perf_counter_ns() - begun)
        self._look(asker)

    def _look(self, asker: Asker) -> None:
        """A flag that asks nothing answers whoever asks, also with what is no context."""
        with contextlib.suppress(Exception):  # a mapping of the application's own may do anything
            self.observe(context_of(asker).attributes)

    def _scope(self, context: Context) -> Scope:
        return Scope(self.ruleset, context, datetime.now(UTC), False)

    def all(self, asker: Asker) -> list[Answer]:
        """Every flag, sorted by key; not counted. Raises InvalidContext."""
        return evaluate_all(self.ruleset, context_of(asker), datetime.now(UTC))
