"""From the tree of a text to the state, or the membership, that it stands for."""

from collections.abc import Callable
from typing import Any

from lark import Token

from evaluation.core.values import inside
from flags.language.conditions import read_condition
from flags.language.notes import Node, Notes, Part
from flags.language.serves import read_serve

Body = dict[str, Any]


def read_state(tree: Node, notes: Notes) -> Body:
    """What the text says; `off` and `fallthrough` only if it speaks of them, the rest empty if it does not."""
    body: Body = {"prerequisites": None, "targets": [], "rules": []}
    for clause in tree.children:
        first = clause.children[0]
        if clause.data == "off":
            body["off"] = _unless_code_default(first) and notes.value(first, "off")
        elif clause.data == "only_if":
            body["prerequisites"] = read_condition(first, "prerequisites", notes)
        elif clause.data == "otherwise":
            body["fallthrough"] = _unless_code_default(first) and read_serve(first, "fallthrough", notes)
        elif clause.data == "target":
            _add(body, "targets", clause, _target, notes)
        else:
            _add(body, "rules", clause, _rule, notes)
    return body


def read_membership(tree: Node, notes: Notes) -> Body:
    body: Body = {"included": [], "excluded": [], "rules": []}
    for clause in tree.children:
        if clause.data == "match":
            _add(body, "rules", clause.children[0], read_condition, notes)
        else:
            member = f"{clause.data}d"
            notes.mark(member, clause)
            body[member] = notes.values(clause.children, member)
    return body


def _add(body: Body, member: str, part: Node, read: Callable[[Node, str, Notes], Body], notes: Notes) -> None:
    """Read the next element of a list, which begins where its first element does."""
    if not body[member]:
        notes.mark(member, part)
    body[member].append(read(part, inside(member, len(body[member])), notes))


def _unless_code_default(part: Part) -> Part | None:
    return None if not isinstance(part, Token) and part.data == "code_default" else part


def _target(tree: Node, path: str, notes: Notes) -> Body:
    notes.mark(path, tree)
    variant, *keys = tree.children
    return {
        "variant": notes.value(variant, f"{path}.variant"),
        "values": notes.values(keys, f"{path}.values"),
    }


def _rule(tree: Node, path: str, notes: Notes) -> Body:
    notes.mark(path, tree)
    *head, served = tree.children
    rule: Body = {}
    for part in head:
        if part.data == "id":
            rule["id"] = notes.value(part.children[0], f"{path}.id")
        elif part.data == "title":
            rule["name"] = notes.value(part.children[0], f"{path}.name")
        else:
            rule["if"] = read_condition(part, f"{path}.if", notes)
    return rule | {"serve": read_serve(served, f"{path}.serve", notes)}
