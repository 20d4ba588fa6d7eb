"""Flagsmith's engine: a rule is a segment that overrides a feature, a split a list of weighted values."""

import json
from typing import Any

from flag_engine.engine import get_evaluation_result

from script.benches._peers.question import ATTRIBUTES, COUNTRIES, KEY, NAMES, VERSIONS, Peer, asker
from script.benches._rulesets import BODY

COUNTRY = {"property": "country", "operator": "IN", "value": COUNTRIES}
SPLIT = [{"value": True, "weight": 25.0, "priority": 1}, {"value": False, "weight": 75.0, "priority": 2}]


def feature(name: str, **members: Any) -> dict[str, Any]:
    return {"key": name, "name": name, "enabled": True, "value": True, **members}


def segment(key: str, name: str, conditions: list[dict[str, Any]], priority: int) -> dict[str, Any]:
    override = feature(name, variants=SPLIT, priority=priority)
    return {"key": key, "name": key, "rules": [{"type": "ALL", "conditions": conditions}], "overrides": [override]}


def at_least(version: str) -> dict[str, Any]:
    return {"property": "app.version", "operator": "GREATER_THAN_INCLUSIVE", "value": f"{version}:semver"}


def environment(names: list[str], segments: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "environment": {"key": "bench", "name": "bench"},
        "features": {name: feature(name) for name in names},
        "segments": {each["key"]: each for each in segments},
    }


def identity(key: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Traits are not looked up inside objects."""
    traits = {**attributes, "app.version": attributes["app"]["version"]}
    return {"identifier": key, "key": f"bench_{key}", "traits": traits}


def make() -> Peer:
    plain = environment(["plain"], [])
    rules = [
        segment(f"s{number}", "rules", [COUNTRY, at_least(version)], number) for number, version in enumerate(VERSIONS)
    ]
    ruled = environment(["rules"], rules)
    hundred = environment(NAMES, [segment(f"s-{name}", name, [COUNTRY], 0) for name in NAMES])
    usual = identity(KEY, ATTRIBUTES)

    def value(document: dict[str, Any], name: str, who: dict[str, Any]) -> object:
        return get_evaluation_result({**document, "identity": who})["flags"][name]["value"]

    def bulk() -> bytes:
        result = get_evaluation_result({**hundred, "identity": identity(*asker(BODY))})
        return json.dumps(dict(result["flags"])).encode()

    return Peer(
        lambda: value(plain, "plain", usual),
        lambda: value(ruled, "rules", usual),
        bulk,
        lambda key, country: value(ruled, "rules", identity(key, {**ATTRIBUTES, "country": country})),
        elsewhere=True,
    )
