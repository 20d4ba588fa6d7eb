"""Conditions that wait for their values: sound, but nobody matches them."""

from collections.abc import Iterator
from typing import Any


def worries(body: dict[str, Any]) -> Iterator[str]:
    """A sentence for each in a parsed state; below a `not` an empty list is everybody, which reads as it is meant."""
    yield from _in_condition(body["prerequisites"], "prerequisites")
    for index, rule in enumerate(body["rules"]):
        yield from _in_condition(rule.get("if"), f"rules[{index}].if")


def _in_condition(condition: Any, path: str) -> Iterator[str]:
    if not isinstance(condition, dict):
        return
    if condition.get("op") == "in" and not condition.get("values") and not condition.get("negate"):
        yield f"{path}: {condition['attribute']} is any of nothing: nobody matches this until it has values."
    for name in ("all", "any"):
        for index, part in enumerate(condition.get(name, ())):
            yield from _in_condition(part, f"{path}.{name}[{index}]")
