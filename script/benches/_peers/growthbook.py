"""GrowthBook: an experiment rule per rule; attributes are set for each asker."""

import json
from typing import Any

from growthbook import GrowthBook

from script.benches._peers.question import ATTRIBUTES, COUNTRIES, KEY, NAMES, VERSIONS, Peer, asker
from script.benches._rulesets import BODY


def rule(name: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {"key": name, "condition": condition, "variations": [True, False], "weights": [0.25, 0.75], "seed": name}


COUNTRY = {"country": {"$in": COUNTRIES}}
FEATURES = {
    "plain": {"defaultValue": True},
    "rules": {
        "defaultValue": True,
        "rules": [rule("rules", {**COUNTRY, "app.version": {"$vgte": version}}) for version in VERSIONS],
    },
} | {name: {"defaultValue": True, "rules": [rule(name, COUNTRY)]} for name in NAMES}


def make() -> Peer:
    engine = GrowthBook(features=FEATURES)

    def asks(key: str, attributes: dict[str, Any]) -> None:
        engine.set_attributes({"id": key, **attributes})

    def ask(key: str, country: str) -> object:
        asks(key, {**ATTRIBUTES, "country": country})
        value = engine.eval_feature("rules").value
        asks(KEY, ATTRIBUTES)
        return value

    def bulk() -> bytes:
        asks(*asker(BODY))
        found = {name: engine.eval_feature(name) for name in NAMES}
        return json.dumps({name: {"value": each.value, "reason": each.source} for name, each in found.items()}).encode()

    asks(KEY, ATTRIBUTES)
    return Peer(
        lambda: engine.eval_feature("plain").value,
        lambda: engine.eval_feature("rules").value,
        bulk,
        ask,
        elsewhere=True,
    )
