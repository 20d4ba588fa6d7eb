"""From the tree of what is served to the body that it stands for."""

from typing import Any

from lark import Token

from evaluation.core.values import inside, quoted
from flags.language.notes import Node, Notes, Part

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
        name = "null" if _goes_on(served) else notes.value(served, path)
        here = inside(path, name)
        if name in weights:
            notes.blame(here, f"{quoted(name)} has its share already")
        weights[name] = notes.value(per_cent, here)
        notes.mark(here, weight)
    return weights


def _range(tree: Node, path: str, notes: Notes) -> list[Any]:
    notes.mark(path, tree)
    served, *bounds = tree.children
    variant = None if _goes_on(served) else notes.value(served, inside(path, 0))
    return [variant, *(notes.value(bound, path) for bound in bounds)]


def _goes_on(served: Part) -> bool:
    """Whether `next rule` stands here."""
    return not isinstance(served, Token)
