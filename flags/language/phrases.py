"""Conditions, groups and what is served, each as one phrase."""

from collections.abc import Sequence
from typing import Any

from flags.language.words import name, quoted, value

Body = dict[str, Any]
_JOINED_BY = {"all": "and", "any": "or"}
# These ask about a list by nature, so that one value stands in brackets too.
_OF_LISTS = ("in", "has_all", "mod")
_WIDEST_LIST = 80  # columns; the words before it fill up a line


def condition(node: Body) -> str:
    return " ".join(parts_of(node))


def parts_of(node: Body) -> list[str]:
    """The phrase in the pieces between which a line may be broken."""
    for shape, joint in _JOINED_BY.items():
        if len(node.get(shape, ())) > 1:
            first, *others = map(_part, node[shape])
            return [first, *(f"{joint} {other}" for other in others)]
    return [_part(node)]


def _part(node: Body) -> str:
    """The phrase such that "and", "or" and "not" beside it leave it whole."""
    for shape in _JOINED_BY:
        if shape in node:
            return _group(shape, node)
    if "not" in node:
        return _not(node["not"])
    if "segment" in node:
        return f"segment {quoted(node['segment'])}"
    if "flag" in node:
        return f"flag {quoted(node['flag'])} serves {_variants(node['variants'])}"
    return _comparison(node)


def _group(shape: str, node: Body) -> str:
    """Of several parts in brackets; of one or none, which no word joins, by the shape's own word."""
    if len(node[shape]) > 1:
        return f"({condition(node)})"
    return f"{shape} ({''.join(map(condition, node[shape]))})"


def _not(node: Body) -> str:
    """`not` before a condition alone would be its `negate`, and `not not` is no phrase."""
    part = _part(node)
    return f"not ({part})" if {"attribute", "not"} & node.keys() else f"not {part}"


def _variants(variants: Sequence[str]) -> str:
    return name(variants[0]) if len(variants) == 1 else _listed([*map(name, variants)])


def _comparison(node: Body) -> str:
    words = ["not"] if node.get("negate") else []
    words += [name(node["attribute"]), node["op"]]
    if node["op"] != "exists":
        words.append(_values(node["op"], node["values"]))
    return " ".join([*words, "ignoring case"] if node.get("ignore_case") else words)


def _values(op: str, values: Sequence[Any]) -> str:
    return value(values[0]) if len(values) == 1 and op not in _OF_LISTS else _listed([*map(value, values)])


def _listed(words: Sequence[str]) -> str:
    line = f"[{', '.join(words)}]"
    return line if len(line) <= _WIDEST_LIST else "[" + ",".join(f"\n    {word}" for word in words) + "\n  ]"


def serve(body: Body) -> str:
    """What stands after the word `serve`."""
    if "variant" in body:
        return name(body["variant"])
    split = body["split"]
    words = ["split"]
    words += [f"by {name(split['by'])}"] if "by" in split else []
    words += [f"salt {quoted(split['salt'])}"] if "salt" in split else []
    return " ".join([*words, f"{{ {', '.join(_shares(split))} }}"])


def _shares(split: Body) -> list[str]:
    if "weights" in split:
        return [f"{_served(of)}: {value(split['weights'][of])}%" for of in sorted(split["weights"], key=_plain_order)]
    return [f"{_served(of)}: {first}..{past}" for of, first, past in split["ranges"]]


def _served(of: str | None) -> str:
    return "next rule" if of in (None, "null") else name(str(of))


def _plain_order(of: str) -> tuple[bool, int, str]:
    """That of jsonb, so that no database changes the text; people who go on come last."""
    return of == "null", len(of), of
