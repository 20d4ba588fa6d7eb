"""Where in a text each part of a body was written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """Line and column, both from 1; columns are counted in characters."""

    line: int
    column: int


class PathFault(Protocol):
    """A fault of a body: the core's own, or a service's."""

    @property
    def path(self) -> str: ...
    @property
    def message(self) -> str: ...


@dataclass(frozen=True, slots=True)
class TextFault:
    """One thing wrong with a text: what is allowed there, and where, from line 1 and column 1."""

    message: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


# A path inside a message, unless it is a word of the author's own, which is quoted.
_PATH = re.compile(r'(?<!")\b(?:rules|targets)\[\d+\][\w.\[\]]*')


def located(faults: Iterable[PathFault], places: Mapping[str, Place]) -> tuple[TextFault, ...]:
    """Faults of a body at the places of the text that its parts came from, in the order of the text."""
    found = [TextFault(with_lines(fault.message, places), *place_of(fault.path, places)) for fault in faults]
    return tuple(sorted(found, key=lambda fault: (fault.line, fault.column)))


def place_of(path: str, places: Mapping[str, Place]) -> Place:
    """Where the path was written, or the innermost part around it that was; the beginning for the whole."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(1, 1))


def with_lines(message: str, places: Mapping[str, Place]) -> str:
    """The message with lines in the place of the paths of rules and targets."""
    return _PATH.sub(lambda path: f"line {place_of(path[0], places).line}", message)
