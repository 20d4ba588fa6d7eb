"""Unleash's Python client over a bootstrapped state; strategies are rules, off where none matches."""

import json
from typing import Any

from UnleashClient import UnleashClient
from UnleashClient.cache import BaseCache

from script.benches._peers.question import ATTRIBUTES, COUNTRIES, KEY, NAMES, Peer, asker
from script.benches._rulesets import BODY

COUNTRY = {"contextName": "country", "operator": "IN", "values": COUNTRIES}
# There is no "at least" for versions: newer than the one before.
OLDER = {"9.0.0": "8.9.9", "2.4.0": "2.3.9"}


class Memory(BaseCache):  # type: ignore[misc]  # the package is not installed where types are checked
    """A cache that is no file."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.bootstrapped = True
        self.held: dict[str, Any] = {"/client/features": json.dumps(state)}

    def get(self, key: str, default: Any = None) -> Any:
        return self.held.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self.held[key] = value

    def mset(self, data: dict[str, Any]) -> None:
        self.held.update(data)

    def exists(self, key: str) -> bool:
        return key in self.held

    def destroy(self) -> None:
        self.held.clear()


def feature(name: str, *rules: list[dict[str, Any]], share: str = "25") -> dict[str, Any]:
    rollout = {"rollout": share, "stickiness": "default", "groupId": name}
    strategies = [
        {"name": "flexibleRollout", "parameters": rollout, "constraints": constraints} for constraints in rules
    ]
    return {"name": name, "type": "release", "enabled": True, "strategies": strategies, "variants": []}


def newer(version: str) -> dict[str, Any]:
    return {"contextName": "app.version", "operator": "SEMVER_GT", "value": OLDER[version]}


def context(key: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Properties are texts, and are not looked up inside objects."""
    properties = {
        "country": attributes["country"],
        "app.version": attributes["app"]["version"],
        "plan": attributes["plan"],
    }
    return {"userId": key, "properties": properties}


def make() -> Peer:
    ruled = feature("rules", *[[COUNTRY, newer(version)] for version in ("9.0.0", "9.0.0", "2.4.0")])
    features = [feature("plain", [], share="100"), ruled, *(feature(name, [COUNTRY]) for name in NAMES)]
    client = UnleashClient(
        "http://127.0.0.1:1",
        "bench",
        cache=Memory({"version": 2, "features": features}),
        disable_metrics=True,
        disable_registration=True,
    )
    client.initialize_client(fetch_toggles=False)
    usual = context(KEY, ATTRIBUTES)

    def bulk() -> bytes:
        asked = context(*asker(BODY))
        return json.dumps({name: {"enabled": client.is_enabled(name, asked)} for name in NAMES}).encode()

    return Peer(
        lambda: client.is_enabled("plain", usual),
        lambda: client.is_enabled("rules", usual),
        bulk,
        lambda key, country: client.is_enabled("rules", context(key, {**ATTRIBUTES, "country": country})),
        elsewhere=False,
    )
