"""What can be wrong with a change, apart from not being allowed. Doors turn these into answers: 422 or 400, 409, 403."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a body is wrong (`rules[1].if.op`; "" is the whole of it) and what is allowed there.

    Where the member at the path is a text of many lines: also the line and the column, from 1.
    """

    path: str
    message: str
    line: int | None = None
    column: int | None = None


class Invalid(Exception):
    """What was given cannot be stored. Holds every fault that was found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{fault.path}: {fault.message}" for fault in self.faults))


class Conflict(Exception):
    """The change was right by itself but meets what is there already."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class VersionConflict(Conflict):
    """Somebody saved first: the version that was edited is not the newest."""


class TooMany(Exception):
    """A limit of the organization is reached; the detail names the limit."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)
