"""Everything that is wrong with a document, collected while it is read."""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from ..limits import MAX_FAULTS, MAX_NAME_LENGTH
from ..values import Fault, InvalidDefinition, inside, quoted, stored_json_faults

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}")


class Faults:
    """Collects faults, up to 50, and raises them all at once."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, path: str, message: str) -> None:
        if len(self._found) < MAX_FAULTS:
            self._found.append(Fault(path, message))

    def settle(self) -> None:
        """Raise InvalidDefinition if anything was wrong."""
        if self._found:
            raise InvalidDefinition(tuple(self._found))

    def members_of(
        self, value: object, path: str, members: Collection[str], required: Iterable[str] = ()
    ) -> dict[str, Any]:
        """The object at the path without the members that nobody knows; {} if it is none."""
        if not isinstance(value, dict):
            self.add(path, f"{quoted(value)} is not an object with {listed(members)}")
            return {}
        for name in value:
            if name not in members:
                hint = suggestion(name, members) or f"; allowed are {listed(members)}"
                self.add(inside(path, name), f"unknown member {quoted(name)}{hint}")
        for name in required:
            if name not in value:
                self.add(path, f"the member {quoted(name)} is missing")
        return {name: value[name] for name in value if name in members}

    def elements_of(self, value: object, path: str, limit: int, of: str) -> list[Any]:
        """The list at the path; [] if it is none, or longer than the limit."""
        if not isinstance(value, list):
            self.add(path, f"{quoted(value)} is not a list of {of}")
        elif len(value) > limit:
            self.add(path, f"at most {limit:,} {of} are allowed, these are {len(value):,}")
        else:
            return value
        return []

    def boolean(self, value: object, path: str) -> bool:
        if not isinstance(value, bool):
            self.add(path, f"{quoted(value)} is not true or false")
        return value is True

    def key(self, value: object, path: str, what: str) -> str:
        """The key of a flag, a segment, a rule or a variant."""
        if isinstance(value, str) and KEY.fullmatch(value):
            return value
        self.add(
            path,
            f"{quoted(value)} is no {what}: a key starts with a letter or a digit, goes on with letters, digits "
            "and . _ ~ : - and has at most 200 characters",
        )
        return ""

    def name(self, value: object, path: str) -> str:
        """A short text for people."""
        if not isinstance(value, str) or len(value) > MAX_NAME_LENGTH:
            self.add(path, f"{quoted(value)} is not a text of at most {MAX_NAME_LENGTH} characters")
            return ""
        return value

    def variant(self, value: object, path: str, variants: Collection[str]) -> str | None:
        """One of the flag's variants."""
        if isinstance(value, str) and value in variants:
            return value
        self.add(path, f"there is no variant {quoted(value)}{suggestion(value, variants) or known(variants)}")
        return None


def refuse_unstorable(body: object) -> None:
    """Raise InvalidDefinition for whatever no store could hold, before anything else looks at it."""
    faults = stored_json_faults(body)
    if faults:
        raise InvalidDefinition(tuple(faults))


def suggestion(name: object, choices: Iterable[str]) -> str:
    """`; did you mean "…"?` for a near miss, else nothing."""
    folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(str(name)[:MAX_NAME_LENGTH].casefold(), folded, n=1)
    return f'; did you mean "{folded[near[0]]}"?' if near else ""


def known(choices: Collection[str]) -> str:
    return f"; allowed are {listed(choices)}" if choices else ""


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)
