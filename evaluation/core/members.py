"""Walking through a JSON object's text one member at a time, so that a big document never stands in memory as a whole."""

from collections.abc import Callable
from typing import TypeVar

from .values import InvalidJson, loads_at, not_json, past_blanks, quoted

Value = TypeVar("Value")
ReadValue = Callable[[str, str, int], tuple[Value, int]]  # of the member's name, the text, and where its value begins


def members(text: str, at: int, read_value: ReadValue[Value]) -> tuple[dict[str, Value], int]:
    """The members of the object at `at`, and where it ends; raises InvalidJson.

    `read_value` reads each value and says where that ends.
    """
    found: dict[str, Value] = {}
    at = _after("{", text, at)
    if text.startswith("}", at):
        return found, at + 1
    while True:
        name, at = _name(text, at)
        if name in found:
            raise InvalidJson(f"the member {quoted(name)} is given twice")
        found[name], at = read_value(name, text, _after(":", text, at))
        at = past_blanks(text, at)
        if text.startswith("}", at):
            return found, at + 1
        at = _after(",", text, at)


def _name(text: str, at: int) -> tuple[str, int]:
    name, end = loads_at(text, at)
    if not isinstance(name, str):
        raise not_json("Expecting the name of a member", text, at)
    return name, end


def _after(sign: str, text: str, at: int) -> int:
    """Where the next thing begins behind this sign, with blanks around it."""
    at = past_blanks(text, at)
    if not text.startswith(sign, at):
        raise not_json(f'Expecting "{sign}"', text, at)
    return past_blanks(text, at + 1)
