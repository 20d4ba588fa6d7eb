"""The rulesets that benches decide over, as manifest documents."""

import json
from typing import Any

COUNTRY = {"attribute": "country", "op": "in", "values": ["IN", "LK"], "negate": False, "ignore_case": False}
VERSION = {"attribute": "app.version", "op": "semver_gte", "values": ["2.4.0"], "negate": False, "ignore_case": False}
MATCHES = {"attribute": "plan", "op": "matches", "values": ["^(pro|team)$"], "negate": False, "ignore_case": False}
SPLIT = {"split": {"by": "targetingKey", "salt": "b1f0", "ranges": [["on", 0, 25_000], ["off", 25_000, 100_000]]}}
CONTEXT: dict[str, Any] = {"targetingKey": "user-42", "country": "IN", "app": {"version": "2.5.1"}, "plan": "pro"}
BODY = json.dumps({"context": CONTEXT}).encode()

VALUES: dict[str, dict[str, Any]] = {
    "boolean": {"on": True, "off": False},
    "string": {"on": "Welcome back", "off": "Welcome"},
    "integer": {"on": 20, "off": 10},
    "double": {"on": 12.5, "off": 10.0},
    "json": {"on": {"theme": "dark", "size": 2}, "off": {"theme": "light", "size": 1}},
}


def a_flag(value_type: str = "boolean", rules: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "type": value_type,
        "variants": VALUES[value_type],
        "salt": "b1f0",
        "bucketing": 1,
        "client_visible": True,
        "metadata": {},
        "version": 1,
        "enabled": True,
        "off": "off",
        "prerequisites": None,
        "targets": [],
        "rules": rules or [],
        "fallthrough": {"variant": "on"},
    }


def three_rules() -> list[dict[str, Any]]:
    """Two rules that look at both conditions and miss, and a third that matches and splits."""
    last = {"id": "r3", "if": {"all": [COUNTRY, VERSION]}, "serve": SPLIT}
    missed = {**VERSION, "values": ["9.0.0"]}
    return [{"id": f"r{n}", "if": {"all": [COUNTRY, missed]}, "serve": SPLIT} for n in (1, 2)] + [last]


def mixed_flags(count: int) -> dict[str, dict[str, Any]]:
    """Flags of all five types, each with one condition and a split by a salt of its own."""
    types = list(VALUES)
    return {f"flag-{n:04}": a_flag(types[n % len(types)], [_split_rule(f"s{n}")]) for n in range(count)}


def _split_rule(salt: str) -> dict[str, Any]:
    return {"id": "r1", "if": COUNTRY, "serve": {"split": {**SPLIT["split"], "salt": salt}}}


def many_flags(count: int) -> dict[str, dict[str, Any]]:
    """Flags of three rules, each with conditions and a salt of its own, so that nothing can be shared."""
    return {
        f"flag-{n:05}": {**a_flag(rules=[_own_rule(n, rule) for rule in range(3)]), "salt": f"s{n}"}
        for n in range(count)
    }


def _own_rule(flag: int, rule: int) -> dict[str, Any]:
    country = {**COUNTRY, "values": [f"C{flag}", f"D{flag}-{rule}"]}
    version = {**VERSION, "values": [f"{rule}.{flag}.0"]}
    split = {"split": {**SPLIT["split"], "salt": f"s{flag}-{rule}"}}
    return {"id": f"r{rule}", "if": {"all": [country, version]}, "serve": split}


def manifest(flags: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": 1,
        "environment": "bench",
        "version": 1,
        "issued": "2026-11-21T10:00:00Z",
        "flags": flags,
        "segments": {},
    }
