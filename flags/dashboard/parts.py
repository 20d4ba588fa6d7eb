"""A part of a flag's state in people's words, as it stands in one environment."""

from collections.abc import Callable, Iterable
from typing import Any

from flags.dashboard import words
from flags.parts import RULE, Body, held

TITLES = {
    "enabled": "Switch",
    "prerequisites": "Only if",
    "targets": "Individual targets",
    "order": "Order of the rules",
    "fallthrough": "Everyone else",
    "off": "When off",
}


def title_of(part: str, *bodies: Body) -> str:
    """A rule has the number and the name that it has in the first body that has it."""
    if not part.startswith(RULE):
        return TITLES[part]
    numbered = ((number, rule) for body in bodies for number, rule in enumerate(body["rules"], 1))
    wanted = part.removeprefix(RULE)
    return next(words.title(rule, number) for number, rule in numbered if rule["id"] == wanted)


def lines_of(part: str, body: Body, beside: Body) -> tuple[str, ...]:
    """A rule is named only where the body beside it has it under another name."""
    if part == "order":
        return (" → ".join(words.title(rule, number) for number, rule in enumerate(body["rules"], 1)),)
    value = held(part, body)
    if not part.startswith(RULE):
        return tuple(SAID[part](value)) or ("nobody",)
    return tuple(_rule(value, held(part, beside))) if value is not None else ("no such rule",)


def _rule(rule: Any, other: Any) -> Iterable[str]:
    if other is not None and rule.get("name", "") != other.get("name", ""):
        yield f"named “{rule.get('name', '')}”"
    yield from words.rule_lines(rule)


SAID: dict[str, Callable[[Any], Iterable[str]]] = {
    "enabled": lambda value: [words.on_or_off(value)],
    "prerequisites": lambda value: [words.prerequisites(value)],
    "targets": words.target_lines,
    "fallthrough": lambda value: [words.serve(value)],
    "off": lambda value: [words.off(value)],
}
