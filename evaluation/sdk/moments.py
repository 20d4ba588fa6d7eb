"""The rules of one moment: within a request no flag changes its value, whatever changes come meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..core.model import Answer
from .evaluations import Source
from .overrides import MARK
from .serving import Asker
from .telemetry.outcomes import Outcomes, Served


class Moment:
    """`given`: the answers with a variant. Set `has_failed` where what they led to did not work.

    `source` is None once it is over, for a task that goes on longer than the request that began it.
    """

    __slots__ = ("given", "has_failed", "source")

    def __init__(self, source: Source) -> None:
        self.source: Source | None = source
        self.given: set[Answer] = set()
        self.has_failed = False

    def served(self) -> set[Served]:
        """The variants that were given by the rules."""
        return {Served(answer.key, answer.variant) for answer in self.given if MARK not in answer.metadata}


class Moments:
    """A source that answers within a moment as at its beginning, and elsewhere from `now`.

    A moment belongs to the thread or task that began it, and to the tasks that were made there.
    """

    def __init__(self, now: Source, outcomes: Outcomes) -> None:
        self.now, self._outcomes = now, outcomes
        self._current: ContextVar[Moment | None] = ContextVar("flagforge_moment", default=None)

    def answer(self, key: str, asker: Asker) -> Answer:
        """Never raises, whatever it is given."""
        moment = self._current.get()
        if moment is None or (source := moment.source) is None:
            return self.now.answer(key, asker)
        answer = source.answer(key, asker)
        if answer.variant:
            moment.given.add(answer)
        return answer

    def all(self, asker: Asker) -> list[Answer]:
        moment = self._current.get()
        return ((moment and moment.source) or self.now).all(asker)

    @contextmanager
    def begin(self) -> Iterator[Moment]:
        """A moment, or the one that this is within."""
        around = self._current.get()
        if around is not None and around.source is not None:
            yield around
            return
        moment = Moment(self.now)
        token = self._current.set(moment)
        try:
            yield moment
        except Exception:
            moment.has_failed = True
            raise
        finally:
            self._current.reset(token)
            moment.source = None
            self._outcomes.count(moment.served(), has_failed=moment.has_failed)
