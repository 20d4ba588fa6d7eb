"""From the tree of a condition or a group to the body that it stands for."""

from typing import Any

from lark import Token

from evaluation.core.limits import MAX_GROUP_DEPTH
from evaluation.core.operators import ALIASES, OPERATORS
from evaluation.core.values import inside
from flags.language.notes import Node, Notes

Body = dict[str, Any]
# Signs of other languages whose nearest sign of ours would mean something else.
_MISTAKEN = {"=": "==", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<="}


def read_condition(tree: Node, path: str, notes: Notes, depth: int = 0) -> Body:
    notes.mark(path, tree)
    if tree.data == "comparison":
        return _comparison(tree, path, notes)
    if tree.data == "negated":
        return _turned(read_condition(tree.children[0], path, notes))
    if tree.data == "segment":
        return {"segment": notes.value(tree.children[0], f"{path}.segment")}
    if tree.data == "flag":
        return _prerequisite(tree, path, notes)
    return _group(tree, path, notes, depth)


def _group(tree: Node, path: str, notes: Notes, depth: int) -> Body:
    shape, inner = str(tree.data), f"{path}.{tree.data}"
    notes.mark(inner, tree)
    if depth > MAX_GROUP_DEPTH:
        return {shape: []}  # the core refuses the group around it, however deep it goes on from here
    if shape == "not":
        return {"not": read_condition(tree.children[0], inner, notes, depth + 1)}
    parts = enumerate(tree.children)
    return {shape: [read_condition(part, inside(inner, index), notes, depth + 1) for index, part in parts]}


def _prerequisite(tree: Node, path: str, notes: Notes) -> Body:
    key, variants = tree.children
    notes.mark(f"{path}.variants", variants)
    return {
        "flag": notes.value(key, f"{path}.flag"),
        "variants": notes.values(variants.children, f"{path}.variants"),
    }


def _comparison(tree: Node, path: str, notes: Notes) -> Body:
    attribute, operator = (part for part in tree.children if isinstance(part, Token))
    details = {part.data: part for part in tree.children if not isinstance(part, Token)}
    notes.mark(f"{path}.op", operator)
    if operator in _MISTAKEN:
        notes.blame(f"{path}.op", f'unknown operator "{operator}"; did you mean "{_MISTAKEN[operator]}"?')
    op, turned = ALIASES.get(operator, (str(operator), False))
    found: Body = {"attribute": notes.value(attribute, f"{path}.attribute"), "op": op}
    if "values" in details:
        notes.mark(f"{path}.values", details["values"])
        found["values"] = notes.values(details["values"].children, f"{path}.values")
    elif op in OPERATORS and op != "exists":
        notes.blame(f"{path}.op", f"{op} needs something to compare with")
    if "folded" in details:
        notes.mark(f"{path}.ignore_case", details["folded"])
        found["ignore_case"] = True
    return _turned(found) if turned is not ("turned" in details) else found


def _turned(found: Body) -> Body:
    """The condition turned around; turned twice it is as it was."""
    kept = {name: value for name, value in found.items() if name != "negate"}
    return kept if "negate" in found else kept | {"negate": True}
