"""What a client tells its server: counted in memory, bounded, sent in the background, and never in the way."""

import json
import logging
import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from ...wire.observed import CLASSES, Classes
from ...wire.sampling import Sample
from ..about import NAME, VERSION
from ..hearing.circuit import State as CircuitState
from .exposed import Exposed
from .ledger import Ledger
from .outcomes import Outcomes

# What a batch may hold, and how many batches wait for a server that is away; meanwhile everything is summed up further.
MOST_COUNTS, MOST_UNKNOWN, MOST_ITEMS, MOST_BREAKER, MOST_UNSENT = 5_000, 1_000, 5_000, 1_000, 8
MOST_BYTES = 900_000
MOST_CHARACTERS = 200
# Who met a variant waits here, so many; others are told when they come again. So many are remembered, in 4 MB.
MOST_WAITING, MOST_EXPOSED = 20_000, 2**20
# How the server calls the ways.
MODES = {
    "streaming": "streaming",
    "long_poll": "long-polling",
    "polling": "polling",
    "remote": "streaming",
    "offline": "offline",
}
Item = dict[str, Any]

log = logging.getLogger(__name__)


class Telemetry:
    """Every method may be called from any thread, and none waits for anybody but the others."""

    def __init__(
        self,
        ledger: Ledger,
        mode: str,
        outcomes: Outcomes | None = None,
        *,
        application: str = "",
        instance: str = "",
        attributes: Classes | None = None,
    ) -> None:
        self._ledger, self._outcomes = ledger, outcomes or Outcomes()
        named = {"name": NAME, "version": VERSION, "application": application, "instance": instance}
        self._sample = Sample(checked(attributes or {}))
        self._sdk = {name: said for name, said in (named | {"mode": MODES[mode]}).items() if said}
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing: what a parent has not told yet, it tells itself."""
        self._lock = threading.Lock()
        self._from = _now()
        self._items: dict[str, list[Item]] = {"events": [], "exposures": [], "breaker": []}
        self._exposed = Exposed(MOST_EXPOSED)
        self._unsent: list[bytes] = []
        self._told: Counter[str] = Counter(self._ledger.by_state)
        self._circuit: CircuitState = "closed"
        self._sample.after_fork()

    def observe(self, context: Mapping[str, object]) -> None:
        """A context that somebody was evaluated with."""
        try:
            self._sample.offer(context)
        except Exception:  # a mapping of the application's own may do anything
            log.debug("a context was not observed", exc_info=True)

    def track(self, event: str, subject: str, value: float | None) -> None:
        told = {"event": event[:MOST_CHARACTERS], "subject": subject, "at": _now()}
        self._keep("events", told if value is None else {**told, "value": value})

    def expose(self, flag: str, variant: str, subject: str, rule: str = "") -> bool:
        """Somebody met a variant of the rule's split, or of what all get whom no rule names; told once an hour, however often it
        happens. Whether that is noted: if not, say it again."""
        met, now = (flag, variant, subject, rule), monotonic()
        with self._lock:
            if self._exposed.has(met, now):
                return True
            if len(self._items["exposures"]) >= MOST_WAITING:
                return False
            self._exposed.add(met, now)
            told = {"flag": flag, "variant": variant, "subject": subject, "at": _now()}
            self._items["exposures"].append(told | ({"rule": rule} if rule else {}))
        return True

    @property
    def is_full(self) -> bool:
        """Whether there is a whole batch of who met what, which should wait no longer."""
        return not self._unsent and len(self._items["exposures"]) >= MOST_ITEMS

    @property
    def has_outcomes(self) -> bool:
        """Whether requests have ended since the last batch, however they did."""
        return self._outcomes.has_some

    def see(self, circuit: CircuitState) -> None:
        """The circuit's state at this moment."""
        if circuit != self._circuit:
            self._circuit = circuit
            self._keep("breaker", {"at": _now(), "to": circuit}, MOST_BREAKER)

    def _keep(self, name: str, told: Item, most: int = MOST_ITEMS) -> None:
        with self._lock:
            if len(self._items[name]) < most:
                self._items[name].append(told)

    def batches(self, version: int | None) -> list[bytes]:
        """All that is to be sent, the oldest first; it is offered again until it is `settled`, always as the same bytes."""
        self._ledger.read()
        with self._lock:
            while len(self._unsent) < MOST_UNSENT and (items := self._taken()):
                begun, self._from = self._from, _now()
                used = {} if version is None else {"manifest": version}
                around = {"sdk": self._sdk, "from": begun, "to": self._from, **used}
                self._unsent.extend(_bodies(around, items))
            return list(self._unsent)

    def settled(self, batch: bytes) -> None:
        """It was taken, or never will be."""
        with self._lock:
            if batch in self._unsent:
                self._unsent.remove(batch)

    def _taken(self) -> dict[str, Any]:
        """What happened since it was taken last, as much as goes into a batch: nothing is told twice."""
        given, unknown, latency = self._ledger.take(MOST_COUNTS, MOST_UNKNOWN)
        taken = {name: told[:MOST_ITEMS] for name, told in self._items.items()}
        self._items = {name: told[MOST_ITEMS:] for name, told in self._items.items()}
        cache = {state: count - self._told[state] for state, count in self._ledger.by_state.items()}
        self._told = Counter(self._ledger.by_state)
        items = {
            "counts": [{**each._asdict(), "n": count} for each, count in given.items()],
            "unknown_flags": {key: count for key, count in unknown.items() if 0 < len(key) <= MOST_CHARACTERS},
            "latency": {"unit": "ns", "sketch": latency.as_text()} if latency.buckets else None,
            "cache": {state: count for state, count in {**cache, "miss": unknown.total()}.items() if count},
            "errors": self._outcomes.take(),
            "contexts": self._sample.take(),
            **taken,
        }
        return {name: told for name, told in items.items() if told}


def _bodies(around: Item, items: Item) -> Iterator[bytes]:
    """One batch, or several where one would be longer than a server takes."""
    body = json.dumps({"batch": secrets.token_hex(16), **around, **items}, separators=(",", ":")).encode()
    lists = {name: told for name, told in items.items() if isinstance(told, list)}
    if len(body) <= MOST_BYTES or max(map(len, lists.values()), default=0) < 2:
        yield body
        return
    yield from _bodies(around, items | {name: told[: len(told) // 2] for name, told in lists.items()})
    yield from _bodies(around, {name: told[len(told) // 2 :] for name, told in lists.items()})


def checked(classes: Classes) -> Classes:
    """Raises ValueError where one of them is no privacy class: it would hide nothing."""
    for name, each in classes.items():
        if each not in CLASSES:
            raise ValueError(f"the privacy class of {name} is one of {', '.join(CLASSES)}, not {each!r}")
    return classes


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
