"""How often flags are asked for, and which of them nobody seems to need: told by whichever app above counts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.models import Environment, Project

HOURS = 24
# Evaluations in each of the last 24 whole hours, the oldest first, and behind them those of the hour that runs.
ByHour = Sequence[int]


@dataclass(frozen=True, slots=True)
class Source:
    """`by_hour` says it by the flag's key, added up over the environments; `stale_keys` names the flags that are stale now."""

    by_hour: Callable[[Sequence[Environment], Collection[str], datetime], Mapping[str, ByHour]]
    stale_keys: Callable[[Project, datetime], Collection[str]]


_sources: list[Source] = []


def learn_from(source: Source) -> None:
    """For an app that is above this one, when it is ready."""
    _sources.append(source)


def by_hour(environments: Sequence[Environment], keys: Collection[str], now: datetime) -> Mapping[str, ByHour]:
    """Of those flags of which anything is known."""
    found: dict[str, ByHour] = {}
    for source in _sources:
        found |= source.by_hour(environments, keys, now)
    return found


def stale_keys(project: Project, now: datetime) -> set[str]:
    return {key for source in _sources for key in source.stale_keys(project, now)}
