"""Which keys were asked for that are no flags: how often, where, since when, by whom, and what was perhaps meant."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from analytics import stored
from analytics.folding import DAYS
from analytics.models import DayTally, HiddenKey
from analytics.tallies import ASKERS, total
from analytics.unknown.nearest import Nearest
from flags.models import Flag
from tenants.models import ApiKey, Environment, Project

DAYS_BACK = 30
# So many are told of, those that were asked for most; and so many different names are looked at, whoever made them up.
MOST_TOLD, MOST_NAMES = 200, 20_000
LONGEST_KEY = 200


@dataclass(slots=True)
class Asked:
    """A key: evaluations by environment's key, the days of the first and the last, kinds of API key, and SDKs.

    `state`: "archived" or "deleted" where there was such a flag, "hidden" where client keys may not ask for it, "used" where
    there is one by now, "" where there never was. `nearest` is an existing flag's key, or "".
    """

    key: str
    environments: dict[str, int] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    sdks: dict[str, int] = field(default_factory=dict)
    state: str = ""
    nearest: str = ""

    @property
    def count(self) -> int:
        return sum(self.environments.values())

    @property
    def may_be_made_up(self) -> bool:
        """Whether no server asked for it, as far as that is known: with a client key, which is public, anybody sends any name."""
        return ApiKey.Kind.SERVER not in self.kinds

    def take(self, day: date, environment: str, number: int, askers: Mapping[str, Mapping[str, int]]) -> None:
        self.environments[environment] = self.environments.get(environment, 0) + number
        self.first, self.last = min(day, self.first or day), max(day, self.last or day)
        for kind, sdks in askers.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + total(sdks)
            for sdk, count in sdks.items():
                self.sdks[sdk] = self.sdks.get(sdk, 0) + count


def unknown_in(project: Project, environments: Collection[Environment], *, now: datetime, hidden: bool) -> list[Asked]:
    """Of the last 30 days, the most asked for first, at most 200; the hidden ones, or all others. Three queries."""
    keys = set(HiddenKey.objects.filter(project=project).values_list("key", flat=True))
    found = [each for each in _asked(environments, now) if (each.key in keys) is hidden]
    told = sorted(found, key=lambda each: (-each.count, each.key))[:MOST_TOLD]
    _compare(told, project)
    return told


def _asked(environments: Collection[Environment], now: datetime) -> Sequence[Asked]:
    names = {environment.id: environment.key for environment in environments}
    since = DAYS.start_of(now) - timedelta(days=DAYS_BACK - 1)
    rows: Any = DayTally.objects.filter(environment__in=environments, start__gte=since).order_by("-start")
    found: dict[str, Asked] = {}
    for environment_id, start, *contents in rows.values_list("environment_id", "start", "own", "below").iterator():
        for key, number, askers in _unknown(contents):
            if key in found or len(found) < MOST_NAMES:
                found.setdefault(key, Asked(key)).take(start.date(), names[environment_id], number, askers)
    return list(found.values())


def _unknown(contents: Collection[bytes]) -> Iterator[tuple[str, int, Mapping[str, Mapping[str, int]]]]:
    for content in filter(None, contents):
        tally = stored.head_of(content)
        askers = tally.get(ASKERS, {})
        yield from ((key, number, askers.get(key, {})) for key, number in tally.get("unknown", {}).items())


def _compare(told: Sequence[Asked], project: Project) -> None:
    """With the flags that there are, and were."""
    rows = Flag.with_deleted.filter(project=project).values_list("key", "archived_at", "deleted_at", "client_visible")
    states = {key: _state(*what) for key, *what in rows}
    nearest = Nearest(key for key, state in states.items() if state in ("used", "hidden"))
    for each in told:
        each.state = states.get(each.key, "")
        each.nearest = "" if each.state else nearest.to(each.key)


def _state(archived_at: datetime | None, deleted_at: datetime | None, client_visible: bool) -> str:
    if deleted_at is not None:
        return "deleted"
    if archived_at is not None:
        return "archived"
    return "used" if client_visible else "hidden"
