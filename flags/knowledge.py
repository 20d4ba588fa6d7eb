"""What is known of the attributes that people have, told by whichever app above has seen them: who writes rules goes by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.models import Environment

# Stands for the contexts themselves: how many were looked at, and when the last one was.
EVERY_CONTEXT = ""


def nobody_knows(value: object) -> bool | None:
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """An attribute as contexts have it: `times` in how many that were looked at, `types` in how many of them as what.

    `values` are the most frequent ones, of those that may be known. `was_seen` says of any value whether a context had it,
    or None where that cannot be said.
    """

    times: int
    types: Mapping[str, int]
    last_seen: datetime
    values: Sequence[object] = ()
    was_seen: Callable[[object], bool | None] = nobody_knows


Knowledge = Mapping[str, Known]
Source = Callable[[Environment], Knowledge]
_sources: list[Source] = []


def learn_from(source: Source) -> None:
    """For an app that is above this one, when it is ready."""
    _sources.append(source)


def known_in(environment: Environment) -> Knowledge:
    """By the attribute's name; nothing where no app knows anything."""
    found: dict[str, Known] = {}
    for source in _sources:
        found |= source(environment)
    return found
