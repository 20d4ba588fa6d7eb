"""flagd's evaluator for Python: targeting as JsonLogic."""

import json
from typing import Any

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from script.benches._peers.question import ATTRIBUTES, COUNTRIES, KEY, NAMES, VERSIONS, Peer, asker
from script.benches._rulesets import BODY

SPLIT = {"fractional": [["on", 25], ["off", 75]]}
COUNTRY = {"in": [{"var": "country"}, COUNTRIES]}


def flag(*targeting: Any) -> dict[str, Any]:
    usual = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    return {**usual, "targeting": {"if": [*targeting, "on"]}} if targeting else usual


def steps() -> list[Any]:
    return [
        part
        for version in VERSIONS
        for part in ({"and": [COUNTRY, {"sem_ver": [{"var": "app.version"}, ">=", version]}]}, SPLIT)
    ]


def make() -> Peer:
    core = FlagdCore()
    core.set_flags(
        {"flags": {"plain": flag(), "rules": flag(*steps())} | {name: flag(COUNTRY, SPLIT) for name in NAMES}}
    )
    usual = EvaluationContext(KEY, ATTRIBUTES)

    def ask(key: str, country: str) -> object:
        context = EvaluationContext(key, {**ATTRIBUTES, "country": country})
        return core.resolve_boolean_value("rules", False, context).value

    def bulk() -> bytes:
        context = EvaluationContext(*asker(BODY))
        found = {name: core.resolve_boolean_value(name, False, context) for name in NAMES}
        entries = {
            name: {"value": each.value, "variant": each.variant, "reason": each.reason} for name, each in found.items()
        }
        return json.dumps(entries).encode()

    return Peer(
        lambda: core.resolve_boolean_value("plain", False, usual).value,
        lambda: core.resolve_boolean_value("rules", False, usual).value,
        bulk,
        ask,
        elsewhere=True,
    )
