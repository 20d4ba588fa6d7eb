"""Flags of every kind and type with rules, targets and splits, and the segments that their rules ask for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simple_history.utils import bulk_create_with_history

from analytics.large.sizes import Ground
from flags import documents
from flags.models import Flag, FlagConfig, Segment
from tenants.models import User

AT_ONCE = 500
AREAS = ("checkout", "search", "cart", "account", "delivery", "prices", "mail", "app")
WHAT = ("button", "banner", "ranking", "layout", "limit", "model", "page", "form", "cache", "reminder")
COUNTRIES = ("DE", "FR", "IN", "IT", "JP", "LV", "PL", "US")
VARIANTS: dict[str, dict[str, Any]] = {
    "boolean": {"on": True, "off": False},
    "string": {"classic": "a", "plain": "b", "bold": "c"},
    "integer": {"few": 10, "many": 50},
    "double": {"none": 0.0, "some": 2.5},
    "json": {"light": {"dark": False}, "dark": {"dark": True}},
}
TYPES = ("boolean",) * 6 + ("string", "integer", "double", "json")


def make_segments(ground: Ground) -> list[str]:
    chance = ground.chance("segments")
    rows = []
    for number in range(ground.sizes.segments):
        body: dict[str, Any] = {
            "key": f"segment-{number:03}",
            "name": f"People of {chance.choice(AREAS)} {number}",
            "included": [f"user-{chance.randrange(10_000)}" for _ in range(chance.randrange(30))],
            "rules": [_condition(chance)],
        }
        rows.append(Segment(**_in(ground), **documents.parse_segment(body)))
    bulk_create_with_history(rows, Segment, batch_size=AT_ONCE)
    return [row.key for row in rows]


def make_flags(ground: Ground, people: Sequence[User], segments: Sequence[str], now: datetime) -> list[Flag]:
    chance = ground.chance("flags")
    flags = [_flag(ground, number, chance, people) for number in range(ground.sizes.flags)]
    bulk_create_with_history(flags, Flag, batch_size=AT_ONCE)
    states = [
        _state(ground, flag, environment, chance, segments)
        for flag in flags
        for environment in ground.environments
        if chance.random() < 0.95
    ]
    bulk_create_with_history(states, FlagConfig, batch_size=AT_ONCE)
    _let_them_be_old(flags, chance, now)
    return flags


def _flag(ground: Ground, number: int, chance: Random, people: Sequence[User]) -> Flag:
    area, value_type = chance.choice(AREAS), chance.choice(TYPES)
    fields = documents.parse_flag(
        {
            "key": f"{area}-{chance.choice(WHAT)}-{number:04}",
            "name": f"{area.capitalize()}: {chance.choice(WHAT)} {number}",
            "description": f"Made by the seed, as number {number}.",
            "type": value_type,
            "variants": VARIANTS[value_type],
            "kind": chance.choice(Flag.Kind.values),
            "tags": sorted({area, chance.choice(WHAT)}),
        }
    ).fields
    owner = chance.choice(people) if people and chance.random() < 0.8 else None
    return Flag(**_in(ground), **fields, owner=owner, salt=f"{chance.getrandbits(64):016x}")


def _state(ground: Ground, flag: Flag, environment: Any, chance: Random, segments: Sequence[str]) -> FlagConfig:
    names = list(flag.variants)
    rules = [
        {"id": f"r{place}", "name": f"Rule {place}", "if": _asked(chance, segments), "serve": _serve(chance, names)}
        for place in range(chance.choice((0, 0, 1, 1, 2, 3)))
    ]
    body = {
        "enabled": chance.random() < 0.7,
        "targets": [{"variant": names[0], "values": [f"user-{chance.randrange(10_000)}"]}]
        if chance.random() < 0.2
        else [],
        "rules": rules,
        "fallthrough": _serve(chance, names),
    }
    fields = documents.parse_state(flag, body, {}).fields
    return FlagConfig(organization=flag.organization, flag=flag, environment=environment, **fields)


def _asked(chance: Random, segments: Sequence[str]) -> dict[str, Any]:
    if segments and chance.random() < 0.4:
        return {"all": [{"segment": chance.choice(segments)}, _condition(chance)]}
    return _condition(chance)


def _condition(chance: Random) -> dict[str, Any]:
    return {"attribute": "country", "op": "in", "values": sorted(set(chance.choices(COUNTRIES, k=3)))}


def _serve(chance: Random, names: Sequence[str]) -> dict[str, Any]:
    if chance.random() < 0.3:
        share = chance.choice((5, 10, 25, 50))
        return {"split": {"weights": {names[0]: share, names[1]: 100 - share}}}
    return {"variant": chance.choice(names)}


def _let_them_be_old(flags: Sequence[Flag], chance: Random, now: datetime) -> None:
    """From today to more than a year, as flags are."""
    for flag in flags:
        flag.created_at = now - timedelta(days=chance.randrange(400))
    Flag.objects.bulk_update(flags, ["created_at"], batch_size=AT_ONCE)


def _in(ground: Ground) -> dict[str, Any]:
    return {"organization": ground.project.organization, "project": ground.project}
