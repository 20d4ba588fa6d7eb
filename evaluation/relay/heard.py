"""What a relay makes of what it hears: verified, then in memory at once and on disk soon."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..sdk.events import Event
from ..sdk.mirror import Copy, Mirror
from ..sdk.refusals import REFUSED, Refusals
from ..wire import spans
from ..wire.trust import Strangers
from . import logs
from .anchor import Anchor
from .holdings import Holdings
from .keeper import Keeper
from .store import Store

log = logging.getLogger(__name__)

Document = dict[str, Any]


class Doubt(Exception):
    """Something that came cannot be used; it is asked for again."""


class Heard:
    """`refused` says in words what was refused last, as long as nothing better came; else it is "".

    `jwks` are the public keys, as upstream wrote them; None before any came.
    """

    def __init__(self, holdings: Holdings, store: Store | None, anchor: Anchor | None = None) -> None:
        self.holdings, self.store, self.anchor = holdings, store, anchor or Anchor()
        self.keeper = Keeper() if store else None
        self.mirror = Mirror({})
        self.refusals = Refusals()
        self.refused = ""
        self.jwks: bytes | None = None

    async def stop(self) -> None:
        """When what must be kept is kept."""
        if self.keeper:
            await self.keeper.stop()

    def hear(self, event: Event) -> None:
        """Take one event of the stream; raises Doubt for what is none of ours."""
        try:
            if event.name in HEARS:
                HEARS[event.name](self, json.loads(event.data))
            elif event.name in TAKES:
                self._hear_rules(event.name, json.loads(event.data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Doubt(f'"{event.name}" cannot be read: {named(error)}') from None

    def hear_public_keys(self, jwks: bytes) -> None:
        """Raises ValueError for what is no JWKS, and for keys that are not to be believed (Strangers)."""
        try:
            believed, self.mirror.keys = self.anchor.believed(jwks, self.mirror.keys)
        except Strangers as error:
            self.refusals.count(error)
            raise
        self.jwks = believed
        self._keep("jwks", lambda store: store.keep_jwks(believed))

    def hear_environments(self, told: list[Document]) -> None:
        self.holdings.set_places(told)
        for environment_id in self.mirror.copies.keys() - self.holdings.places.keys():
            self.mirror.forget(environment_id)
            self._keep(environment_id, partial(Store.forget, environment_id=environment_id))
        self._keep_scope()

    def hear_keys(self, told: Any) -> None:
        if isinstance(told, list):
            self.holdings.set_keys(told)
        else:
            self.holdings.change_keys(told["added"], told["removed"])
        self._keep_scope()

    def hear_settings(self, told: Document) -> None:
        self.holdings.set_log_level(logs.follow(told.get("log_level")))

    def _hear_rules(self, kind: str, document: Document) -> None:
        environment_id = document["environment"]
        is_waiting_for_whole = environment_id in self.mirror.doubted and kind != "put"
        if environment_id not in self.holdings.places or is_waiting_for_whole:
            return
        try:
            with spans.continued("flagforge.relay.apply", *spans.told(environment_id, document)) as here:
                copy = TAKES[kind](self.mirror, environment_id, document, datetime.now(UTC))
                self.holdings.swap(copy, here)
        except REFUSED as error:
            self._refuse(environment_id, error)
        else:
            self.refused = self.refused if self.mirror.doubted else ""
            self._keep(environment_id, partial(Store.keep, copy=copy))

    def _refuse(self, environment_id: str, error: Exception) -> None:
        """What is held goes on being served; the whole is asked for when the stream is opened again."""
        self.refusals.count(error)
        self.mirror.doubt(environment_id)
        self.refused = f"environment {environment_id} is refused: {named(error)}"
        log.warning("%s", self.refused)

    # What is on disk

    def recall(self) -> None:
        """Begin with what is on disk; what cannot be read or verified is left there unused."""
        if self.store is None or not (jwks := self.store.jwks()):
            return
        try:
            self.jwks, self.mirror.keys = self.anchor.believed(jwks, {})
            self._recall_scope(self.store.scope())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("what is kept in %s cannot be used: %s", self.store.folder, named(error))
        for environment_id, put in self.store.manifests().items():
            if environment_id in self.holdings.places:
                self._recall(environment_id, put)

    def _recall_scope(self, scope: Document) -> None:
        if scope:
            self.holdings.set_places(scope["environments"])
            self.holdings.set_keys(scope["keys"])

    def _recall(self, environment_id: str, put: Mapping[str, Any]) -> None:
        try:
            self.holdings.swap(self.mirror.recall(environment_id, put))
        except REFUSED as error:
            self.mirror.forget(environment_id)
            self.refusals.count(error)
            log.warning("what is kept of environment %s is refused: %s", environment_id, named(error))

    def _keep_scope(self) -> None:
        environments, keys = list(self.holdings.told_environments.values()), list(self.holdings.told_keys.values())
        self._keep("scope", partial(Store.keep_scope, environments=environments, keys=keys))

    def _keep(self, name: str, write: Callable[[Store], None]) -> None:
        if self.keeper and self.store:
            self.keeper.keep(name, partial(write, self.store))


HEARS: dict[str, Callable[[Heard, Any], None]] = {
    "environments": Heard.hear_environments,
    "keys": Heard.hear_keys,
    "settings": Heard.hear_settings,
}
TAKES: dict[str, Callable[[Mirror, str, Document, datetime], Copy]] = {
    "put": lambda mirror, environment_id, document, now: mirror.replace(environment_id, document, now=now),
    "delta": lambda mirror, environment_id, document, now: mirror.change(environment_id, document, now=now),
    "freshness": lambda mirror, environment_id, document, now: mirror.renew(environment_id, document),
}


def named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
