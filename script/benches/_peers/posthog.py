"""PostHog's local evaluation: groups of conditions with a rollout percentage; off where none matches."""

import json
from typing import Any

from posthog import Posthog

from script.benches._peers.question import ATTRIBUTES, COUNTRIES, KEY, NAMES, VERSIONS, Peer, asker
from script.benches._rulesets import BODY

COUNTRY = {"key": "country", "operator": "exact", "value": COUNTRIES, "type": "person"}


def flag(number: int, key: str, groups: list[list[dict[str, Any]]], share: int = 25) -> dict[str, Any]:
    filters = {"groups": [{"properties": properties, "rollout_percentage": share} for properties in groups]}
    return {"id": number, "key": key, "active": True, "filters": filters}


def at_least(version: str) -> dict[str, Any]:
    return {"key": "app.version", "operator": "semver_gte", "value": version, "type": "person"}


def flat(attributes: dict[str, Any]) -> dict[str, Any]:
    """Properties are not looked up inside objects."""
    return {**attributes, "app.version": attributes["app"]["version"]}


def client(flags: list[dict[str, Any]]) -> Posthog:
    made = Posthog("bench", host="http://127.0.0.1:1", send=False, enable_local_evaluation=False)
    made.feature_flags = flags
    return made


def make() -> Peer:
    ruled = flag(1, "rules", [[COUNTRY, at_least(version)] for version in VERSIONS])
    single = client([flag(0, "plain", [[]], share=100), ruled])
    hundred = client([flag(number, name, [[COUNTRY]]) for number, name in enumerate(NAMES)])
    usual = flat(ATTRIBUTES)

    def enabled(name: str, key: str, properties: dict[str, Any]) -> object:
        return single.feature_enabled(
            name, key, person_properties=properties, only_evaluate_locally=True, send_feature_flag_events=False
        )

    def bulk() -> bytes:
        key, attributes = asker(BODY)
        found = hundred.get_all_flags(key, person_properties=flat(attributes), only_evaluate_locally=True)
        return json.dumps(found).encode()

    return Peer(
        lambda: enabled("plain", KEY, usual),
        lambda: enabled("rules", KEY, usual),
        bulk,
        lambda key, country: enabled("rules", key, {**usual, "country": country}),
        elsewhere=False,
    )
