"""Reading flat bodies: which members there are, and of what type. What a value may be is the services' to say."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tenants.moments import moment_named
from tenants.problems import Fault, Invalid

NAMES = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


def read_members(
    body: Mapping[str, Any], members: Mapping[str, type], *, required: Iterable[str] = ()
) -> dict[str, Any]:
    """The body, once every member is known and of its type; raises `Invalid` with every fault."""
    faults = [*_faults(body, members), *(Fault(name, "is missing") for name in required if name not in body)]
    if faults:
        raise Invalid(faults)
    return dict(body)


def read_moment(path: str, text: str) -> datetime:
    """In UTC; raises `Invalid` where the text names none."""
    moment = moment_named(text)
    if moment is None:
        raise Invalid([Fault(path, "must be a moment with its offset, as 2026-11-27T10:00:00Z")])
    return moment


def _faults(body: Mapping[str, Any], members: Mapping[str, type]) -> Iterator[Fault]:
    for name, value in body.items():
        if name not in members:
            allowed = ", ".join(members) or "the comment alone"
            yield Fault(name[:100] if name.isprintable() else "", f"unknown member; allowed are {allowed}")
        elif type(value) is not members[name]:
            yield Fault(name, f"must be {NAMES[members[name]]}")
