"""One input of the form: named by the path of what it holds in the document, so that a fault finds it by its path."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class Input:
    """What the input shows, and how the document changes when something else is typed there."""

    name: str
    text: str
    write: Callable[[str], None] = field(repr=False)
    faults: list[str] = field(default_factory=list)


class Fault(Protocol):
    @property
    def path(self) -> str: ...
    @property
    def message(self) -> str: ...


def member(node: dict[str, Any], name: str, path: str, *, may_go: bool = False) -> Input:
    """A text that is a member of the node; one that may go is left out when it is empty."""

    def write(text: str) -> None:
        if text or not may_go:
            node[name] = text
        else:
            node.pop(name, None)

    return Input(f"{path}.{name}", node.get(name, ""), write)


def type_into(inputs: Iterable[Input], typed: Mapping[str, str]) -> None:
    """Write what differs from what was shown: a document that nobody touched stays as it is, to the last member."""
    for each in inputs:
        text = typed.get(each.name, each.text).replace("\r\n", "\n")
        if text != each.text:
            each.write(text)


def place(faults: Iterable[Fault], inputs: Iterable[Input]) -> list[Fault]:
    """Put each fault at the input that holds its path, or the nearest part around it; returns those without a place."""
    named = {each.name: each for each in inputs}
    homeless = []
    for fault in faults:
        path = fault.path
        while path and path not in named:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        if path:
            named[path].faults.append(fault.message)
        else:
            homeless.append(fault)
    return homeless
