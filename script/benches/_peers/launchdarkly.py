"""LaunchDarkly's server SDK over a store in memory, without events and without a connection."""

from typing import Any

from ldclient import Context, LDClient
from ldclient.config import Config
from ldclient.feature_store import InMemoryFeatureStore
from ldclient.versioned_data_kind import FEATURES

from script.benches._peers.question import ATTRIBUTES, COUNTRIES, KEY, NAMES, VERSIONS, Peer, asker
from script.benches._rulesets import BODY

COUNTRY = {"contextKind": "user", "attribute": "country", "op": "in", "values": COUNTRIES}
SPLIT = {"variations": [{"variation": 0, "weight": 25_000}, {"variation": 1, "weight": 75_000}]}


def flag(key: str, *rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": key,
        "version": 1,
        "on": True,
        "variations": [True, False],
        "fallthrough": {"variation": 0},
        "salt": key,
        "rules": [{"id": f"r{n}", "clauses": clauses, "rollout": SPLIT} for n, clauses in enumerate(rules)],
    }


def at_least(version: str) -> dict[str, Any]:
    # There is no "at least" for versions: neither older.
    return {
        "contextKind": "user",
        "attribute": "/app/version",
        "op": "semVerLessThan",
        "values": [version],
        "negate": True,
    }


def context(key: str, attributes: dict[str, Any]) -> Context:
    builder = Context.builder(key)
    for name, value in attributes.items():
        builder.set(name, value)
    return builder.build()


def make() -> Peer:
    store = InMemoryFeatureStore()
    ruled = flag("rules", *[[COUNTRY, at_least(version)] for version in VERSIONS])
    # What is asked alone has a client of its own, so that all flags are the hundred.
    store.init({FEATURES: {name: flag(name, [COUNTRY]) for name in NAMES}})
    few = InMemoryFeatureStore()
    few.init({FEATURES: {"plain": flag("plain"), "rules": ruled}})
    hundred, single = (
        LDClient(Config("bench", feature_store=each, use_ldd=True, send_events=False), start_wait=0)
        for each in (store, few)
    )
    usual = context(KEY, ATTRIBUTES)

    def bulk() -> bytes:
        state = hundred.all_flags_state(context(*asker(BODY)))
        return str(state.to_json_string()).encode()

    return Peer(
        lambda: single.variation("plain", usual, False),
        lambda: single.variation("rules", usual, False),
        bulk,
        lambda key, country: single.variation("rules", context(key, {**ATTRIBUTES, "country": country}), False),
        elsewhere=True,
    )
