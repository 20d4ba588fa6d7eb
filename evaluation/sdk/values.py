"""Values that a server has evaluated, by the context that they were evaluated for: for keys that may not see rules."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any, get_args

from ..core.context import Context
from ..core.model import MISSING, Answer
from ..wire.etags import context_text
from .lifetime import Lifetime, State
from .serving import MOST_UNKNOWN, Asker, InvalidContext, context_of, refused

# The least recently used go first.
MOST_CONTEXTS = 1_000
MOST_WANTED = 1_000


@dataclass(slots=True)
class Held:
    """What one context gets. `at` and `used_at` are on the monotonic clock."""

    context: Context
    answers: Mapping[str, Answer]
    version: int
    etag: str
    checksum: str
    at: float
    used_at: float


@dataclass(slots=True, weakref_slot=True)
class Counted:
    """How often answers were given in one state."""

    state: State
    tallies: dict[Answer, Iterator[int]] = field(default_factory=dict)
    unknown: dict[str, Iterator[int]] = field(default_factory=dict)
    latencies: deque[int] = field(default_factory=lambda: deque(maxlen=0))


class Values:
    """`wake` is called when something is wanted that is not here, or stale. `is_failing`: the server does not answer just now."""

    def __init__(self, default: Context, lifetime: Lifetime, wake: Callable[[], object]) -> None:
        self.default, self.lifetime, self._wake = default, lifetime, wake
        self.is_failing = False
        self.version: int | None = None
        self.counted = {state: Counted(state) for state in get_args(State)}
        self._held: dict[str, Held] = {}
        self._default_name = context_text(default)
        self._wanted: dict[str, Context] = {self._default_name: default}
        self._answers: dict[str, Answer] = {}
        self._arrived = threading.Condition()

    def after_fork(self) -> None:
        self._arrived = threading.Condition()

    @property
    def state(self) -> State:
        """That of the default context."""
        held = self._held.get(self._default_name)
        return "expired" if held is None else self.lifetime.state(monotonic() - held.at)

    def answer(self, key: str, asker: Asker) -> Answer:
        """Never raises, whatever it is given."""
        try:
            held, state = self._for(context_of(asker))
            if held is None:
                return refused(key, "PROVIDER_NOT_READY", "the values for this context are on their way")
            return self._counted(held, key, self.counted[state])
        except InvalidContext as error:
            return refused(str(key), "INVALID_CONTEXT", str(error))
        except Exception as error:
            return refused(str(key), "GENERAL", f"{type(error).__name__}: {error}")

    def all(self, asker: Asker) -> list[Answer]:
        held, _ = self._for(context_of(asker))
        return [] if held is None else [held.answers[key] for key in sorted(held.answers)]

    def _for(self, context: Context) -> tuple[Held | None, State]:
        name = context_text(context)
        held = self._held.get(name)
        if held is None:
            self.want(context)
            return None, "expired"
        held.used_at = monotonic()
        age = held.used_at - held.at
        state = self.lifetime.state(age)
        if state != "fresh":
            self.want(context)
        return (held if self.lifetime.may_be_used(age, is_failing=self.is_failing) else None), state

    def _counted(self, held: Held, key: str, counted: Counted) -> Answer:
        answer = held.answers.get(key)
        if answer is not None:
            next(counted.tallies.get(answer) or counted.tallies.setdefault(answer, count()))
            return answer
        if key in counted.unknown or (type(key) is str and len(counted.unknown) < MOST_UNKNOWN):
            next(counted.unknown.setdefault(key, count()))
        return refused(str(key), "FLAG_NOT_FOUND", "there is no such flag here, or this key may not see it")

    def want(self, context: Context) -> None:
        """Have the server asked for this context, soon and by somebody else."""
        name = context_text(context)
        if name not in self._wanted and len(self._wanted) < MOST_WANTED:
            # The application may change what it gave, and it is only read later.
            self._wanted[name] = Context(json.loads(json.dumps(context.attributes, default=str)))
            self._wake()

    def due(self) -> list[Context]:
        """Whom to ask for: who is wanted, and whoever was asked about since they went stale."""
        wanted, self._wanted = self._wanted, {}
        now = monotonic()
        for name, held in list(self._held.items()):
            is_stale = self.lifetime.state(now - held.at) != "fresh"
            if is_stale and (held.used_at > held.at or name == self._default_name):
                wanted[name] = held.context
        return list(wanted.values())

    def held_for(self, context: Context) -> Held | None:
        return self._held.get(context_text(context))

    def take(self, context: Context, document: Mapping[str, Any], etag: str, checksum: str) -> frozenset[str]:
        """What the server says; returns the keys of the flags whose answer is another than before."""
        answers = {key: self._shared(key, entry) for key, entry in document["flags"].items()}
        return self._hold(context, answers, int(document["version"]), etag, checksum)

    def change(self, context: Context, delta: Mapping[str, Any]) -> frozenset[str]:
        """The same for what changed since a version; raises ValueError unless that is the one that is here."""
        before, (begun, end) = self.held_for(context), (int(delta["from"]), int(delta["to"]))
        if before is not None and begun < end <= before.version:  # somebody asked meanwhile
            return frozenset()
        if before is None or begun != before.version:
            raise ValueError(f"a delta from {begun} came, and {before and before.version} is held")
        answers = dict(before.answers) | {key: self._shared(key, entry) for key, entry in delta["flags"].items()}
        for key in delta["removed"]:
            answers.pop(key, None)
        return self._hold(context, answers, end, "", "")

    def confirm(self) -> None:
        """What is here for the default context is what the server would say now."""
        if (held := self._held.get(self._default_name)) is not None:
            held.at = monotonic()

    def _hold(
        self, context: Context, answers: Mapping[str, Answer], version: int, etag: str, checksum: str
    ) -> frozenset[str]:
        before, now = self.held_for(context), monotonic()
        self._held[context_text(context)] = Held(
            context, answers, version, etag, checksum, now, before.used_at if before else now
        )
        self.version = version
        self._evict()
        with self._arrived:
            self._arrived.notify_all()
        if before is None:
            return frozenset()
        keys = before.answers.keys() | answers.keys()
        return frozenset(key for key in keys if before.answers.get(key) is not answers.get(key))

    def wait_for(self, context: Context, seconds: float) -> bool:
        """Whether there are values for the context, at the latest after so many seconds."""
        self._for(context)
        with self._arrived:
            return self._arrived.wait_for(lambda: self.held_for(context) is not None, seconds)

    def _shared(self, key: str, entry: Mapping[str, Any]) -> Answer:
        """One object for equal answers, however many contexts get it."""
        text = json.dumps([key, entry], sort_keys=True)
        answer = self._answers.get(text)
        if answer is None:
            answer = self._answers[text] = _answer(key, entry)
        return answer

    def _evict(self) -> None:
        while len(self._held) > MOST_CONTEXTS:
            oldest = min(self._held, key=lambda name: self._held[name].used_at)
            del self._held[oldest]
        if len(self._answers) > 10 * MOST_CONTEXTS:
            used = {id(answer) for held in self._held.values() for answer in held.answers.values()}
            self._answers = {text: answer for text, answer in self._answers.items() if id(answer) in used}


def _answer(key: str, entry: Mapping[str, Any]) -> Answer:
    return Answer(
        key=key,
        value=entry.get("value", MISSING),
        variant=str(entry.get("variant", "")),
        reason=entry.get("reason"),
        error_code=entry.get("errorCode"),
        error_details=entry.get("errorDetails"),
        version=int(entry.get("version", 0)),
        metadata=dict(entry.get("metadata", {})),
        value_type="",
    )
