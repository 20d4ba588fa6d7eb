"""Conditions and groups as people write them."""

from typing import Any

from ..context import NOW
from ..limits import MAX_CONDITION_VALUES, MAX_GROUP_DEPTH, MAX_NAME_LENGTH, MAX_VARIANTS
from ..operators import ALIASES, OPERATORS, Operator
from ..values import inside, quoted
from .faults import Faults, listed, suggestion

_CONDITION = ("attribute", "op", "values", "negate", "ignore_case")
_SHAPES = ("all", "any", "not", "segment", "flag", "attribute")


def parse_node(node: object, path: str, faults: Faults, *, flags: bool = False, depth: int = 0) -> dict[str, Any]:
    """The condition or group with its operators' own names; `flags` says whether it may ask for flags."""
    shapes = [shape for shape in _SHAPES if isinstance(node, dict) and shape in node]
    if len(shapes) != 1:
        found = f"{listed(shapes)} together" if shapes else _found(node)
        faults.add(path, f"a condition has exactly one of {listed(_SHAPES)}, not {found}")
        return {}
    shape = shapes[0]
    if shape == "attribute":
        return _condition(node, path, faults)
    if shape == "segment":
        reference = faults.members_of(node, path, ("segment",))
        return {"segment": faults.key(reference["segment"], f"{path}.segment", "key of a segment")}
    if shape == "flag":
        return _prerequisite(node, path, faults, flags)
    if depth == MAX_GROUP_DEPTH:
        faults.add(path, f"groups are nested at most {MAX_GROUP_DEPTH} deep")
        return {}
    return _group(shape, faults.members_of(node, path, (shape,))[shape], f"{path}.{shape}", faults, flags, depth + 1)


def _found(node: object) -> str:
    return f"an object with {listed(map(quoted, node)) or 'nothing'}" if isinstance(node, dict) else quoted(node)


def _group(shape: str, parts: object, path: str, faults: Faults, flags: bool, depth: int) -> dict[str, Any]:
    if shape == "not":
        return {"not": parse_node(parts, path, faults, flags=flags, depth=depth)}
    if shape == "any" and parts == []:
        faults.add(path, "an empty any matches nobody; leave it out, or write all for everybody")
    children = faults.elements_of(parts, path, MAX_CONDITION_VALUES, "conditions")
    return {
        shape: [
            parse_node(child, inside(path, index), faults, flags=flags, depth=depth)
            for index, child in enumerate(children)
        ]
    }


def _prerequisite(node: object, path: str, faults: Faults, allowed: bool) -> dict[str, Any]:
    if not allowed:
        faults.add(f"{path}.flag", "only prerequisites can ask for another flag")
    written = faults.members_of(node, path, ("flag", "variants"), required=("variants",))
    variants = faults.elements_of(written.get("variants", []), f"{path}.variants", MAX_VARIANTS, "variants")
    if written.get("variants") == []:
        faults.add(f"{path}.variants", "at least one variant must be named")
    return {
        "flag": faults.key(written["flag"], f"{path}.flag", "key of a flag"),
        "variants": [
            faults.key(variant, inside(f"{path}.variants", index), "name of a variant")
            for index, variant in enumerate(variants)
        ],
    }


def _condition(node: object, path: str, faults: Faults) -> dict[str, Any]:
    written = faults.members_of(node, path, _CONDITION, required=("op",))
    attribute = _attribute(written["attribute"], f"{path}.attribute", faults)
    op, turned = _operator(written.get("op"), f"{path}.op", faults) if "op" in written else ("", False)
    found: dict[str, Any] = {"attribute": attribute, "op": op, "values": written.get("values", [])}
    if "negate" in written or turned:
        found["negate"] = faults.boolean(written.get("negate", False), f"{path}.negate") is not turned
    if "ignore_case" in written:
        found["ignore_case"] = faults.boolean(written["ignore_case"], f"{path}.ignore_case")
    if op:
        _check_values(found, "values" in written, path, faults)
    return found


def _attribute(value: object, path: str, faults: Faults) -> str:
    if isinstance(value, str) and 0 < len(value) <= MAX_NAME_LENGTH:
        return value
    faults.add(path, f"{quoted(value)} is not the name of an attribute: a text of 1 to {MAX_NAME_LENGTH} characters")
    return ""


def _operator(value: object, path: str, faults: Faults) -> tuple[str, bool]:
    """The operator's own name, and whether the name that was written turns it around; "" if there is none."""
    if isinstance(value, str) and value in ALIASES:
        return ALIASES[value]
    if isinstance(value, str) and value in OPERATORS:
        return value, False
    faults.add(path, f"unknown operator {quoted(value)}{_meant(value) or f'; the operators are {listed(OPERATORS)}'}")
    return "", False


def _meant(value: object) -> str:
    hint = suggestion(value, [*OPERATORS, *ALIASES])
    name = hint.partition('"')[2].rpartition('"')[0]
    return hint.replace(f'"{name}"', f'"{ALIASES[name][0]}" ({name})') if name in ALIASES else hint


def _check_values(found: dict[str, Any], given: bool, path: str, faults: Faults) -> None:
    op, row = found["op"], OPERATORS[found["op"]]
    if found["attribute"] == NOW and not row.timed:
        faults.add(f"{path}.op", "now is the clock; it can only be compared by before and after")
    if found.get("ignore_case") and not row.folds:
        faults.add(f"{path}.ignore_case", f"{op} does not compare letters, so it has no case to ignore")
    if not given and op != "exists":
        faults.add(path, 'the member "values" is missing')
        return
    values = faults.elements_of(found["values"], f"{path}.values", MAX_CONDITION_VALUES, "values")
    if found["values"] == [] and not row.may_be_empty:
        faults.add(f"{path}.values", f"{op} needs at least one value")
    elif found["values"] and values:
        _read(values, row, found.get("ignore_case", False), f"{path}.values", faults)


def _read(values: list[object], row: Operator, fold: bool, path: str, faults: Faults) -> None:
    operands = []
    for index, value in enumerate(values):
        try:
            operands.append(row.read(value))
        except ValueError as error:
            faults.add(inside(path, index), str(error))
    if len(operands) == len(values):
        try:
            row.prepared(operands, fold)
        except ValueError as error:
            faults.add(path, str(error))
