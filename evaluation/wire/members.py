"""Checking a document member by member: each check gives the value as it is kept, or says what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..core.instants import instant
from ..core.limits import MAX_INTEGER
from ..core.values import Fault, inside, quoted, stored_json_faults, well_formed

Check = Callable[[Any], Any]


class Wrong(ValueError):
    """The message says what is allowed; `path` leads there from the value that was checked."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path

    def at(self, place: str) -> Fault:
        """The fault, in a document that has the value at this place."""
        between = "." if place and self.path and not self.path.startswith("[") else ""
        return Fault(f"{place}{between}{self.path}", str(self))


def text(longest: int, *, shortest: int = 1, form: str = "") -> Check:
    """Of so many characters; `form` is a pattern of the whole."""
    pattern = re.compile(form) if form else None

    def check(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise Wrong(f"must be a text of {shortest} to {longest:,} characters")
        if "\0" in value or not well_formed(value):
            raise Wrong("holds a NUL character or a lone surrogate, which cannot be stored")
        if pattern and not pattern.fullmatch(value):
            raise Wrong(f"must match {form}")
        return value

    return check


def integer(*, at_least: int = 0) -> Check:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= MAX_INTEGER:
            raise Wrong(f"must be a whole number from {at_least} to {MAX_INTEGER}")
        return value

    return check


def number(value: Any) -> int | float:
    if isinstance(value, float):
        return value  # strict reading lets no NaN and no infinity come so far
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_INTEGER:
        raise Wrong("must be a number")
    return value


def moment(value: Any) -> str:
    if not isinstance(value, str) or instant(value) is None:
        raise Wrong("must be a moment with an offset, as 2026-11-21T10:00:00Z is")
    return value


def one_of(*words: str) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Wrong(f"must be one of {', '.join(words)}; {quoted(value)} came")
        return value

    return check


def members(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these members; null stands for one that is missing, and unknown ones are not kept."""
    checks = {**required, **(optional or {})}

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong("must be an object")
        kept = {}
        for name, checked in checks.items():
            given = value.get(name)
            if given is None:
                if name in required:
                    raise Wrong("is missing", name)
                continue
            try:
                kept[name] = checked(given)
            except Wrong as wrong:
                raise Wrong(str(wrong), wrong.at(name).path) from None
        return kept

    return check


def small_object(longest: int) -> Check:
    """Any object that can be stored, of about so many characters."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong("must be an object")
        if faults := stored_json_faults(value):
            raise Wrong(faults[0].message, faults[0].path)
        if len(str(value)) > longest:
            raise Wrong(f"must be at most {longest:,} characters long")
        return value

    return check


def mapping(most: int, name: Check, value: Check) -> Check:
    """An object of at most so many members, whose names and values are checked alike."""

    def check(given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or len(given) > most:
            raise Wrong(f"must be an object of at most {most:,} members")
        kept = {}
        for key, each in given.items():
            try:
                kept[name(key)] = value(each)
            except Wrong as wrong:
                raise Wrong(str(wrong), wrong.at(inside("", key)).path) from None
        return kept

    return check
