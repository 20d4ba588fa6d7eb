"""Conditions and groups as parts of the form, nested as deep as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluation.core.operators import OPERATORS
from flags.dashboard.drafts.inputs import Input, member
from flags.dashboard.drafts.values import as_lines, read_lines
from flags.operators import TEXT_OPERATORS

Node = dict[str, Any]
# How the parts of a group are joined → the shape of the group.
JOINED = {"all": ("all",), "any": ("any",), "none": ("not", "any"), "not_all": ("not", "all")}


@dataclass(slots=True)
class Condition:
    """An attribute, compared."""

    path: str
    attribute: Input
    op: Input
    values: Input | None
    ignore_case: Input | None
    kind = "condition"

    @property
    def takes_text_alone(self) -> bool:
        return self.op.text.removeprefix("not ") in TEXT_OPERATORS

    def inputs(self) -> Iterator[Input]:
        yield from (each for each in (self.attribute, self.op, self.values, self.ignore_case) if each is not None)


@dataclass(slots=True)
class Membership:
    """Whether somebody is in a segment."""

    path: str
    op: Input
    segment: Input
    kind = "segment"

    def inputs(self) -> Iterator[Input]:
        yield from (self.segment, self.op)


@dataclass(slots=True)
class Prerequisite:
    """What another flag must serve."""

    path: str
    flag: Input
    variants: Input
    kind = "flag"

    def inputs(self) -> Iterator[Input]:
        yield from (self.flag, self.variants)


@dataclass(slots=True)
class Group:
    """Parts that are joined; `at` is the path of their list. A bare `not` is a group that cannot be joined otherwise."""

    path: str
    at: str
    joined: Input | None
    parts: list["Part"]
    kind = "group"

    def inputs(self) -> Iterator[Input]:
        if self.joined is not None:
            yield self.joined
        for part in self.parts:
            yield from part.inputs()


Part = Condition | Membership | Prerequisite | Group


def all_parts(part: Part) -> Iterator[Part]:
    """The part, and every part within it."""
    yield part
    for each in part.parts if isinstance(part, Group) else ():
        yield from all_parts(each)


def part_of(node: Node, path: str) -> Part:
    inner = node.get("not", {})
    if "attribute" in node:
        return _condition(node, path)
    if "segment" in node or inner.keys() == {"segment"}:
        return _membership(node, path)
    if "flag" in node:
        return _prerequisite(node, path)
    if "not" in node and not inner.keys() & {"all", "any"}:
        return Group(path, "", None, [part_of(inner, f"{path}.not")])
    return _group(node, path)


def _condition(node: Node, path: str) -> Condition:
    op = node["op"]
    takes_values, folds = op != "exists", op in OPERATORS and OPERATORS[op].folds
    return Condition(
        path,
        member(node, "attribute", path),
        Input(f"{path}.op", f"not {op}" if node.get("negate") else op, lambda text: _compare(node, text)),
        _values(node, path) if takes_values else None,
        _ignore_case(node, path) if folds else None,
    )


def _compare(node: Node, text: str) -> None:
    """Give the condition another operator, and drop what that one cannot use."""
    node["op"] = op = text.removeprefix("not ")
    if text != op:
        node["negate"] = True
    else:
        node.pop("negate", None)
    if op == "exists":
        node["values"] = []
    if op in OPERATORS and not OPERATORS[op].folds:
        node.pop("ignore_case", None)


def _values(node: Node, path: str, name: str = "values") -> Input:
    def is_text() -> bool:
        return name == "variants" or node["op"] in TEXT_OPERATORS

    def write(text: str) -> None:
        node[name] = read_lines(text, only_text=is_text())

    return Input(f"{path}.{name}", as_lines(node.get(name, []), only_text=is_text()), write)


def _ignore_case(node: Node, path: str) -> Input:
    def write(text: str) -> None:
        if text:
            node["ignore_case"] = True
        else:
            node.pop("ignore_case", None)

    return Input(f"{path}.ignore_case", "yes" if node.get("ignore_case") else "", write)


def _membership(node: Node, path: str) -> Membership:
    is_negated = "not" in node
    reference, inner = (node["not"], f"{path}.not") if is_negated else (node, path)

    def turn(text: str) -> None:
        plain = node.pop("not", None) or {"segment": node.pop("segment")}
        node.update({"not": plain} if text == "not in" else plain)

    return Membership(
        path,
        Input(f"{path}.membership", "not in" if is_negated else "in", turn),
        member(reference, "segment", inner),
    )


def _prerequisite(node: Node, path: str) -> Prerequisite:
    return Prerequisite(path, member(node, "flag", path), _values(node, path, "variants"))


def _group(node: Node, path: str) -> Group:
    joined = next(name for name, shape in JOINED.items() if _has_shape(node, shape))
    at = ".".join((path, *JOINED[joined]))
    parts: list[Node] = _parts(node)

    def join(text: str) -> None:
        if text in JOINED:
            node.clear()
            node.update(_shaped(JOINED[text], parts))

    children = [part_of(part, f"{at}[{index}]") for index, part in enumerate(parts)]
    return Group(path, at, Input(f"{path}.joined", joined, join), children)


def _has_shape(node: Node, shape: tuple[str, ...]) -> bool:
    for name in shape:
        if name not in node:
            return False
        node = node[name]
    return True


def _parts(node: Node) -> list[Node]:
    node = node.get("not", node)
    parts: list[Node] = next(node[name] for name in ("all", "any") if name in node)
    return parts


def _shaped(shape: tuple[str, ...], parts: list[Node]) -> Node:
    inner: Node = {shape[-1]: parts}
    return {"not": inner} if len(shape) > 1 else inner
