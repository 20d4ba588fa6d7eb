"""The client: what an application holds, from its first second to its last."""

import asyncio
import atexit
import logging
import threading
import weakref
from collections.abc import Coroutine, Mapping
from math import isfinite
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self, get_args

from ..core.model import Ruleset
from ..wire.jws import PublicKeys
from ..wire.observed import Classes
from .background import Background
from .bootstrap import bootstrap_of, public_keys_of
from .hearing.asking import Asking
from .hearing.circuit import Circuit
from .hearing.circuit import State as CircuitState
from .hearing.connection import Connection
from .hearing.followed import LONGEST_QUERY, Followed, FollowedRules, FollowedValues
from .hearing.following import POLLING_SECONDS, Following
from .hearing.ladder import WAYS, Ladder, Way
from .hearing.status import Status
from .layers import Given, Layered
from .lifetime import Lifetime, State
from .listeners import changed_flags
from .rules import Rules
from .serving import Asker, Serving, context_of
from .shelf import Shelf
from .telemetry.batches import Telemetry
from .telemetry.ledger import Ledger
from .telemetry.metrics import prometheus
from .telemetry.reporting import Reporting
from .trusting import trusted
from .unready import Unready
from .values import Values

Bootstrap = bytes | str | Path | Ruleset
Mode = Literal["streaming", "long_poll", "polling", "remote", "offline"]

# A quiet stream says something every 15 seconds, polling asks every 30; the control plane being away for a day is an outage.
LIFETIME = Lifetime(fresh_seconds=90.0, expires_seconds=86_400.0)
# Values that a server evaluated are fresh for the time between two polls, and expire after so many of them.
EXPIRES_AFTER = 10
LOOK_SECONDS = 1.0
STOP_SECONDS = 3.0

log = logging.getLogger(__name__)


class Client(Layered):
    """Make one per process and key, and keep it. It may be made before a fork, and used from any thread.

    `sdk_key` is a server key and `base_url` a control plane or a relay; the mode `offline` needs neither, but a `bootstrap`
    (the signed state that a poll with a server key answers: its bytes, or the file's path) and `public_keys`; or rules that
    were read in this program.
    The mode `remote` is for a client key: the server evaluates, for the `context` given here from the beginning (and a stream
    tells of changes), for others from the first time that they are asked about or `prepare`d.
    With a folder as `store` the last good state outlives the process. With `public_keys` (a JWKS: its bytes, the file's
    path, or the parsed object) no other signatures are believed than those. `overrides` are values for a developer's own
    machine, by flag: a mapping, or the path of a JSON file that may be missing. With `telemetry`, counts go to the server,
    where `application` and `instance` tell one from another; `attributes` says how far values in contexts may be told, by
    their names (`plain`, `hashed`, `never`; `*` for all others, which are hashed without). With a `ca_file` (or the variable
    `FLAGFORGE_CA_FILE`) no other authorities are believed than those whose certificates it holds. Raises ValueError for what
    cannot be right.
    """

    def __init__(
        self,
        sdk_key: str = "",
        base_url: str = "",
        *,
        mode: Mode = "streaming",
        store: str | Path | None = None,
        bootstrap: Bootstrap | None = None,
        public_keys: bytes | str | Path | Mapping[str, Any] | None = None,
        polling_seconds: float = POLLING_SECONDS,
        context: Asker = None,
        overrides: Given | None = None,
        telemetry: bool = True,
        application: str = "",
        instance: str = "",
        attributes: Classes | None = None,
        ca_file: str | Path | None = None,
    ) -> None:
        _check(mode, sdk_key, base_url, bootstrap, public_keys)
        self.mode = mode
        self._verify = trusted(ca_file) if mode != "offline" else True
        self._sdk_key, self._base_url, self._polling_seconds = sdk_key, base_url, polling_seconds
        super().__init__(Unready("no rules have come yet"), overrides)
        self._is_ready, self._closed, self._is_beginning = False, False, True
        self._decided = threading.Event()
        self._ledger = Ledger()
        self._circuit, self._status = Circuit(), Status(None)
        named = {"application": application, "instance": instance}
        self._telemetry = Telemetry(self._ledger, mode, self._outcomes, attributes=attributes, **named)
        self._reporting = Reporting(self._telemetry, self._circuit, lambda: self.version) if telemetry else None
        pinned: PublicKeys | None = None if public_keys is None else public_keys_of(public_keys)
        self._rules = Rules(self._use, Shelf(Path(store), sdk_key) if store is not None else None, pinned)
        self._background = Background(self._work, name="flagforge", before_restart=self._after_fork)
        self._woken: asyncio.Event | None = None
        self._said: State = "expired"
        self._values = self._begin_remote(context) if mode == "remote" else None
        if self._values is None:
            self._begin(bootstrap)
        self._is_beginning = False
        if mode != "offline":
            self._background.start()
        atexit.register(_close, weakref.ref(self))

    def _begin(self, bootstrap: Bootstrap | None) -> None:
        """With what is here already: the newer of what was kept and what came along."""
        self._rules.recall()
        if isinstance(bootstrap, Ruleset):
            self._use(bootstrap)
            return
        if bootstrap is None or (put := bootstrap_of(bootstrap)) is None:
            return
        held = self._rules.ruleset
        if held is None or put["manifest"].get("version", 0) > held.version:
            self._rules.begin_with(put)

    def _begin_remote(self, context: Asker) -> Values:
        lifetime = Lifetime(self._polling_seconds, EXPIRES_AFTER * self._polling_seconds)
        values = Values(context_of(context), lifetime, lambda: self._background.call(self._wake))
        for counted in values.counted.values():
            self._ledger.open(counted)
        self._answer_from(values)
        return values

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        """Whether there are rules to answer from, at the latest after so many seconds or when it is closed; never raises."""
        self._decided.wait(timeout)
        return self._is_ready

    async def until_ready(self, timeout: float | None = None) -> bool:
        """The same for asyncio, whose loop goes on meanwhile."""
        return await asyncio.to_thread(self.wait_until_ready, timeout)

    def prepare(self, context: Asker, timeout: float = 5.0) -> bool:
        """Have the answers for this context here, so that the next question about it is answered from memory.

        Whether they are, at the latest after so many seconds. Only the mode `remote` has anything to wait for but the rules.
        """
        if self._values is None:
            return self.wait_until_ready(timeout)
        try:
            return self._values.wait_for(context_of(context), timeout)
        except Exception:
            log.debug("this context cannot be prepared", exc_info=True)
            return False

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    def _become_ready(self) -> None:
        self._is_ready = True
        self._decided.set()

    @property
    def version(self) -> int | None:
        """The version of the rules that are in use."""
        source = self._live
        return source.version if isinstance(source, Serving | Values) else None

    @property
    def state(self) -> State:
        """How sure it is that these rules are the newest: `fresh`, `stale`, or `expired` (which are used all the same)."""
        source = self._live
        return source.state if isinstance(source, Serving | Values) else "expired"

    @property
    def circuit_state(self) -> CircuitState:
        """`closed` while the server answers, `open` after five failures in a row, `half-open` when one may try again."""
        return self._circuit.state(monotonic())

    @property
    def trouble(self) -> str:
        """What is wrong with the connection, in words; "" for nothing."""
        return "" if self.mode == "offline" else self._status.trouble

    @property
    def way(self) -> Way | None:
        """By which way changes are heard of just now."""
        return self._status.way

    def cache_stats(self) -> dict[str, Any]:
        """`fresh`, `stale`, `expired`: evaluations answered in that state; `miss`: asked for unknown flags; `hit_rate`: 0 … 1."""
        self._ledger.read()
        hits = {state: self._ledger.by_state[state] for state in get_args(State)}
        miss, asked = self._ledger.unknown.total(), sum(hits.values()) + self._ledger.unknown.total()
        rate = (asked - miss) / asked if asked else 0.0
        return {"state": self.state, "version": self.version, **hits, "miss": miss, "hit_rate": rate}

    def prometheus_metrics(self, prefix: str = "flagforge_sdk") -> str:
        """The client's metrics in Prometheus' text format, for a page of your own."""
        return prometheus(prefix, self.cache_stats(), self._ledger, self.circuit_state, self._rules.refusals.by_kind)

    def track(self, event: str, context: Asker, *, value: float | None = None) -> None:
        """Tell the server what somebody did, later and in the background. Without a targetingKey nobody did anything."""
        try:
            subject = context_of(context).key
            if subject is not None and (value is None or isfinite(value)):
                self._telemetry.track(event, subject, value)
        except Exception:
            log.debug("an event was not told", exc_info=True)

    def close(self) -> None:
        """Hear of no changes any more, and tell what is left to tell. Evaluation goes on with what is here."""
        if not self._closed:
            self._closed = True
            self._decided.set()
            self._background.stop(STOP_SECONDS)
            if self._reporting is not None and self.mode != "offline":
                self._reporting.report_last(self._base_url, self._sdk_key, verify=self._verify)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _use(self, ruleset: Ruleset) -> None:
        """Answer from this ruleset from now on: one assignment, so that nobody sees half of a change."""
        before = self._live
        self._swap(ruleset, "stale" if self._is_beginning and self.mode != "offline" else "fresh")
        self._become_ready()
        if isinstance(before, Serving) and self._listeners and (changed := changed_flags(before.ruleset, ruleset)):
            self._listeners.call(changed)

    def _swap(self, ruleset: Ruleset, state: State) -> None:
        before = self.state
        with self._lock:
            serving = Serving(ruleset, state, self._telemetry.expose, self._telemetry.observe)
            self._ledger.open(serving)
            self._answer_from(serving)
        if before != state:
            self._state_listeners.call(state)

    def _after_fork(self) -> None:
        super()._after_fork()
        self._ledger.after_fork()
        self._telemetry.after_fork()
        if self._values is not None:
            self._values.after_fork()

    async def _work(self) -> None:
        connection = Connection(self._base_url, self._sdk_key, verify=self._verify)
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._values is not None:
                    tasks.create_task(self._asking(connection, self._values))
                tasks.create_task(self._following(connection))
                tasks.create_task(self._look())
                if self._reporting is not None:
                    tasks.create_task(self._reporting.run(connection))
        finally:
            await connection.close()

    def _following(self, connection: Connection) -> Coroutine[Any, Any, None]:
        followed = FollowedRules(self._rules) if self._values is None else FollowedValues(self._values, self._heard)
        ladder = Ladder(self._best_way(followed))
        return Following(connection, followed, self._circuit, self._status, ladder, self._polling_seconds).run()

    def _best_way(self, followed: Followed) -> Way:
        if self.mode == "remote":
            return "streaming" if len(followed.query) <= LONGEST_QUERY else "polling"
        return next(way for way in WAYS if way == self.mode)

    def _asking(self, connection: Connection, values: Values) -> Coroutine[Any, Any, None]:
        self._woken = asyncio.Event()
        return Asking(connection, values, self._circuit, self._status, self._woken, self._heard).run()

    def _heard(self, changed: frozenset[str]) -> None:
        self._become_ready()
        if changed:
            self._listeners.call(changed)
        self._tell_state_of_values()

    def _tell_state_of_values(self) -> None:
        if self._values is not None and (state := self._values.state) != self._said:
            self._said = state
            self._state_listeners.call(state)

    async def _look(self) -> None:
        """Say so when what is here was confirmed too long ago, or again; and how the circuit is."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._telemetry.see(self.circuit_state)
            self._tell_state_of_values()
            age, source = self._status.silent_seconds, self._live
            if age is not None and isinstance(source, Serving) and LIFETIME.state(age) != source.state:
                self._swap(source.ruleset, LIFETIME.state(age))


def _check(mode: str, sdk_key: str, base_url: str, bootstrap: object, public_keys: object) -> None:
    if mode not in get_args(Mode):
        raise ValueError(f"mode is one of {', '.join(get_args(Mode))}, not {mode!r}")
    if isinstance(bootstrap, Ruleset) and mode != "offline":
        raise ValueError("rules that nobody signed are for a client that is offline")
    if mode == "offline" and not isinstance(bootstrap, Ruleset) and (bootstrap is None or public_keys is None):
        raise ValueError("offline, a client needs a bootstrap and the public_keys to verify it with")
    if mode != "offline" and not (sdk_key and base_url):
        raise ValueError("a client needs an sdk_key and the base_url of a control plane or a relay")


def _close(client: "weakref.ref[Client]") -> None:
    if (found := client()) is not None:
        found.close()
