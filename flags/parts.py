"""The parts of a flag's state, each of which can be taken from one environment into another by itself. Pure.

A part is named like the member of the body that holds it, a rule by its id: `rule r1`; `order` is that of the rules.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from evaluation.core.canonical import canonical

Body = Mapping[str, Any]
BEFORE_RULES = ("enabled", "prerequisites", "targets")
AFTER_RULES = ("order", "fallthrough", "off")
RULE = "rule "


def parts_of(*bodies: Body) -> list[str]:
    """Every part that one of the bodies has, in the order of evaluation."""
    ids = dict.fromkeys(rule["id"] for body in bodies for rule in body["rules"])
    return [*BEFORE_RULES, *(f"{RULE}{rule_id}" for rule_id in ids), *AFTER_RULES]


def differing(one: Body, other: Body) -> list[str]:
    return [part for part in parts_of(one, other) if not agree(part, one, other)]


def agree(part: str, one: Body, other: Body) -> bool:
    """Whether both hold the same there; the order is compared among the rules that both have."""
    if part == "order":
        return _order(one, other) == _order(other, one)
    return canonical(held(part, one)) == canonical(held(part, other))


def held(part: str, body: Body) -> Any:
    """What a body has there; None where it has no such rule."""
    if part.startswith(RULE):
        return _by_id(body).get(part.removeprefix(RULE))
    return body[part]


def taken(source: Body, target: Body, parts: Collection[str]) -> dict[str, Any]:
    """The target with these parts as the source has them. A rule that it had not stands below the same rule as there."""
    members = {name: source[name] for name in (*BEFORE_RULES, *AFTER_RULES) if name in parts and name != "order"}
    rules = list(_rules(source, target, {part.removeprefix(RULE) for part in parts if part.startswith(RULE)}))
    return {**target, **members, "rules": _sorted(rules, source) if "order" in parts else rules}


def _rules(source: Body, target: Body, ids: Collection[str]) -> Iterator[Any]:
    theirs, ours = _by_id(source), _by_id(target)
    new = [rule_id for rule_id in theirs if rule_id in ids and rule_id not in ours]
    yield from (theirs[rule_id] for rule_id in _below(None, new, theirs, ours))
    for rule_id, rule in ours.items():
        if rule_id not in ids:
            yield rule
        elif rule_id in theirs:
            yield theirs[rule_id]
        yield from (theirs[each] for each in _below(rule_id, new, theirs, ours))


def _below(above: str | None, new: Collection[str], theirs: Body, ours: Body) -> Iterator[str]:
    """The new rules whose nearest rule above, of those that the target has too, is this one."""
    nearest = None
    for rule_id in theirs:
        if rule_id in ours:
            nearest = rule_id
        elif rule_id in new and nearest == above:
            yield rule_id


def _sorted(rules: list[Any], source: Body) -> list[Any]:
    """The rules that the source has in its order; the others stay where they are."""
    place = {rule["id"]: number for number, rule in enumerate(source["rules"])}
    shared = iter(sorted((rule for rule in rules if rule["id"] in place), key=lambda rule: place[rule["id"]]))
    return [next(shared) if rule["id"] in place else rule for rule in rules]


def _order(one: Body, other: Body) -> list[str]:
    known = _by_id(other)
    return [rule["id"] for rule in one["rules"] if rule["id"] in known]


def _by_id(body: Body) -> dict[str, Any]:
    return {rule["id"]: rule for rule in body["rules"]}
