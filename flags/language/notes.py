"""What is noted while a tree is read: the place of every path, and what is wrong already."""

import json
from math import inf
from typing import Any

from lark import Token, Tree

from evaluation.core.values import Fault, InvalidDefinition, inside
from flags.language.places import Place

Node = Tree[Any]
Part = Any  # a Node or a Token, as the grammar has it there
# A longer number fits into no double, and Python refuses to read a very long one.
_MOST_DIGITS = 400


class Notes:
    """`places` has the paths that the core's parser names in its faults."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.faults: list[Fault] = []

    def mark(self, path: str, part: Part) -> None:
        """Note that the path begins here."""
        where: Any = part if isinstance(part, Token) else part.meta
        self.places[path] = Place(where.line, where.column)

    def blame(self, path: str, message: str) -> None:
        self.faults.append(Fault(path, message))

    def settle(self) -> None:
        """Raise InvalidDefinition if anything was wrong."""
        if self.faults:
            raise InvalidDefinition(tuple(self.faults))

    def value(self, token: Part, path: str) -> Any:
        """What the token spells, marked."""
        self.mark(path, token)
        return spelled(token)

    def values(self, tokens: list[Part], path: str) -> list[Any]:
        return [self.value(token, inside(path, index)) for index, token in enumerate(tokens)]


def spelled(token: Part) -> Any:
    """The name, or the JSON value."""
    return str(token) if token.type == "WORD" else json.loads(token, parse_int=_integer)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < _MOST_DIGITS else inf
