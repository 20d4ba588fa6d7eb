"""A flag's state in one environment."""

from collections.abc import Collection, Iterator
from itertools import count
from typing import Any

from ..limits import MAX_RULES
from ..values import inside, quoted
from .conditions import parse_node
from .faults import Faults, refuse_unstorable
from .serves import parse_serve
from .targets import parse_targets

_MEMBERS = ("enabled", "off", "prerequisites", "targets", "rules", "fallthrough")
_RULE = ("id", "name", "if", "serve")


def parse_config(body: object, *, variants: Collection[str], taken_ids: Collection[str] = ()) -> dict[str, Any]:
    """The state as it is stored, with all six members; raises InvalidDefinition with every fault.

    Missing members mean: not enabled, no off variant, no prerequisites, no targets, no rules, and the fallthrough
    null (the application's own default). Operators get their own names (`EQUALS` becomes `in`), targeting keys the
    form that bucketing uses, and a rule without an id the first of r1, r2, … that is neither used here nor among
    `taken_ids`. Splits keep the weights or ranges that were written.
    """
    refuse_unstorable(body)
    faults = Faults()
    written = faults.members_of(body, "", _MEMBERS)
    document = {
        "enabled": faults.boolean(written.get("enabled", False), "enabled"),
        "off": _off(written.get("off"), faults, variants),
        "prerequisites": _prerequisites(written.get("prerequisites"), faults),
        "targets": parse_targets(written.get("targets", []), "targets", faults, variants),
        "rules": _rules(written.get("rules", []), faults, variants, taken_ids),
        "fallthrough": _fallthrough(written.get("fallthrough"), faults, variants),
    }
    faults.settle()
    return document


def _off(value: object, faults: Faults, variants: Collection[str]) -> str | None:
    return None if value is None else faults.variant(value, "off", variants)


def _prerequisites(node: object, faults: Faults) -> dict[str, Any] | None:
    return None if node is None else parse_node(node, "prerequisites", faults, flags=True)


def _fallthrough(serve: object, faults: Faults, variants: Collection[str]) -> dict[str, Any] | None:
    if serve is None:
        return None
    return parse_serve(serve, "fallthrough", faults, variants=variants, may_go_on=False)


def _rules(
    value: object, faults: Faults, variants: Collection[str], taken_ids: Collection[str]
) -> list[dict[str, Any]]:
    rules = faults.elements_of(value, "rules", MAX_RULES, "rules")
    found = [_rule(rule, inside("rules", index), faults, variants) for index, rule in enumerate(rules)]
    _refuse_twins(found, faults)
    free = _free_ids({rule["id"] for rule in found if "id" in rule} | set(taken_ids))
    return [rule if "id" in rule else {"id": next(free), **rule} for rule in found]


def _rule(value: object, path: str, faults: Faults, variants: Collection[str]) -> dict[str, Any]:
    written = faults.members_of(value, path, _RULE, required=("serve",))
    rule: dict[str, Any] = {}
    if "id" in written:
        rule["id"] = faults.key(written["id"], f"{path}.id", "id of a rule")
    if "name" in written:
        rule["name"] = faults.name(written["name"], f"{path}.name")
    if "if" in written:
        rule["if"] = parse_node(written["if"], f"{path}.if", faults)
    if "serve" in written:
        rule["serve"] = parse_serve(written["serve"], f"{path}.serve", faults, variants=variants, may_go_on=True)
    return rule


def _refuse_twins(rules: list[dict[str, Any]], faults: Faults) -> None:
    first: dict[str, int] = {}
    for index, rule in enumerate(rules):
        if rule.get("id") and first.setdefault(rule["id"], index) != index:
            faults.add(f"rules[{index}].id", f"{quoted(rule['id'])} is the id of rules[{first[rule['id']]}] already")


def _free_ids(taken: set[str]) -> Iterator[str]:
    return (name for name in map("r{}".format, count(1)) if name not in taken)
