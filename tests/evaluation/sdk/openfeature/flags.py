"""The flags of OpenFeature's test data, as a manifest of FlagForge has them."""

import json
from pathlib import Path
from typing import Any

from tests.evaluation.sdk.edge import a_flag

FEATURES = Path(__file__).parent / "features"
TYPES = {bool: "boolean", str: "string", int: "integer", float: "double", dict: "json"}


def _is(attribute: str, op: str, value: object, **members: bool) -> dict[str, Any]:
    return {"attribute": attribute, "op": op, "values": [value], **members}


BALLMER = _is("email", "in", "ballmer@macrosoft.com")
# What their expressions say, by what they are there.
RULES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "email == 'ballmer@macrosoft.com' ? 'zero' : ''": ("zero", [BALLMER]),
    "!customer && email == 'ballmer@macrosoft.com' && age > 10 ? 'internal' : ''": (
        "internal",
        [_is("customer", "in", False), BALLMER, _is("age", "gt", 10)],
    ),
}
# The older scenarios ask for one flag that the data do not have.
CONTEXT_AWARE = {
    "variants": {"internal": "INTERNAL", "external": "EXTERNAL"},
    "defaultVariant": "external",
    "contextEvaluator": "older",
}
PEOPLE = [
    _is("fn", "in", "Sulisław"),
    _is("ln", "in", "Świętopełk"),
    _is("age", "in", 29),
    _is("customer", "in", False),
]
RULES["older"] = ("internal", PEOPLE)


def all_flags() -> dict[str, Any]:
    theirs = json.loads((FEATURES / "test-flags.json").read_text())
    return {key: _translated(flag) for key, flag in {**theirs, "context-aware": CONTEXT_AWARE}.items()}


def _translated(flag: dict[str, Any]) -> dict[str, Any]:
    default, variants = flag.get("defaultVariant"), flag["variants"]
    return a_flag(
        value_type=TYPES[type(next(iter(variants.values())))],
        variants=variants,
        enabled=not flag.get("disabled", False),
        off=None,
        metadata=flag.get("flagMetadata") or {},
        rules=_rules(flag.get("contextEvaluator")),
        fallthrough=None if default is None else {"variant": default},
    )


def _rules(expression: str | None) -> list[dict[str, Any]]:
    if expression is None:
        return []
    variant, conditions = RULES[expression]
    return [{"id": "r1", "if": {"all": conditions}, "serve": {"variant": variant}}]
