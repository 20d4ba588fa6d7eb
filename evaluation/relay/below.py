"""What a relay tells the relays behind it: what it was told itself, as far as their keys reach."""

from collections.abc import Mapping
from typing import Any

from ..delivery.below import Below, Origin
from ..delivery.feeds import RulesFeed
from ..delivery.held import Held, HeldKey
from ..delivery.replay import Replay
from ..wire.frames import Message, freshness_of_manifest
from .holdings import RELAYS, Holdings


def origin(holdings: Holdings, heartbeat_seconds: float) -> Origin:
    """For one stream: what was seen is kept for it, and looked at again when something was told."""
    seen: Below | None = None
    edition = 0

    async def look(key: HeldKey) -> Below | None:
        nonlocal seen, edition
        if holdings.knows_keys and (seen is None or edition != holdings.edition):
            seen, edition = below(key, holdings), holdings.edition
        return seen

    async def rules(environment_id: str) -> Held | None:
        return holdings.rules.get(environment_id)

    return Origin(holdings.hub, look, rules, heartbeat_seconds, (RELAYS,), RelayedFeed)


def below(key: HeldKey, holdings: Holdings) -> Below:
    """From memory alone."""
    environments = {
        each: {**told, "version": _version(holdings, each, told)}
        for each, told in holdings.told_environments.items()
        if _reaches(key, told, each)
    }
    keys = {sha256: told for sha256, told in holdings.told_keys.items() if _is_below(key, told, holdings)}
    return Below(environments, keys, holdings.log_level)


def find_key_below(key: HeldKey, sha256: str, holdings: Holdings) -> Mapping[str, Any] | None:
    """A key that works, by its hash; None also for one beside the relay key's scope."""
    told = holdings.find_told(sha256)
    return told if told is not None and _is_below(key, told, holdings) else None


def has_below(key: HeldKey, environment_id: str, holdings: Holdings) -> bool:
    """Whether an environment lies below a relay key."""
    told = holdings.told_environments.get(environment_id)
    return told is not None and _reaches(key, told, environment_id)


def knows_below(key: HeldKey, sha256: str, holdings: Holdings) -> bool:
    """Whether a key, by its hash, is held here and lies below a relay key."""
    told = holdings.told_keys.get(sha256)
    return told is not None and _is_below(key, told, holdings)


def _is_below(key: HeldKey, told: Mapping[str, Any], holdings: Holdings) -> bool:
    if told["kind"] == "relay":
        return _reaches(key, told, told["environment"])
    return has_below(key, told["environment"], holdings)


def _reaches(key: HeldKey, told: Mapping[str, Any], environment_id: str | None) -> bool:
    """Whether what names its organization, project and environment so lies in the scope of a relay key."""
    return all(
        not wanted or wanted == named
        for wanted, named in (
            (key.organization_id, told["organization"]),
            (key.project_id, told["project"]),
            (key.environment_id, environment_id),
        )
    )


def _version(holdings: Holdings, environment_id: str, told: Mapping[str, Any]) -> int | None:
    held = holdings.rules.get(environment_id)
    version: int | None = held.version if held else told["version"]
    return version


class RelayedFeed(RulesFeed):
    """Passes a statement of freshness on as soon as it came: one that waits at every relay of a chain is old at its end."""

    _told = ""

    def next(self, held: Held, replay: Replay) -> Message | None:
        message = super().next(held, replay)
        if message is not None:
            self._told = replay.prove(held).freshness
        return message

    def tick(self, held: Held, replay: Replay) -> Message | None:
        freshness = replay.prove(held).freshness
        if freshness == self._told or self.version != held.version:
            return None
        self._told = freshness
        return freshness_of_manifest(held.version, freshness)
