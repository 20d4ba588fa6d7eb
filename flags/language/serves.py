"""From the tree of what is served to the body that it stands for."""

from typing import Any

from lark import Token

from evaluation.core.values import inside, quoted
from flags.language.notes import Node, Notes, Part, spelled

Body = dict[str, Any]


def read_serve(part: Part, path: str, notes: Notes) -> Body:
    notes.mark(path, part)
    if isinstance(part, Token):
        return {"variant": notes.value(part, f"{path}.variant")}
    return {"split": _split(part, f"{path}.split", notes)}


def _split(tree: Node, path: str, notes: Notes) -> Body:
    split: Body = {}
    for part in tree.children:
        member, inner = str(part.data), f"{path}.{part.data}"
        notes.mark(inner, part)
        if member == "weights":
            split[member] = _weights(part, inner, notes)
        elif member == "ranges":
            split[member] = [_range(each, inside(inner, index), notes) for index, each in enumerate(part.children)]
        else:
            split[member] = notes.value(part.children[0], inner)
    return split


def _weights(tree: Node, path: str, notes: Notes) -> Body:
    weights: Body = {}
    for weight in tree.children:
        served, per_cent = weight.children
        name = _name(served) or "null"
        notes.mark(inside(path, name), weight)
        if name in weights:
            notes.blame(inside(path, name), f"{quoted(name)} has its share already")
        weights[name] = spelled(per_cent)
    return weights


def _range(tree: Node, path: str, notes: Notes) -> list[Any]:
    notes.mark(path, tree)
    served, first, past = tree.children
    return [_name(served), spelled(first), spelled(past)]


def _name(served: Part) -> str | None:
    """The variant; None for `next rule`."""
    return str(spelled(served)) if isinstance(served, Token) else None
