"""From facts about a flag to evidence that it is stale. Pure: nothing is asked here, and the day is an argument.

A flag of a kind that is not expected to end, as a kill switch, is stale only when nobody asks for it: to serve one variant
for years is what it is for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.stale.uses import BEFORE, RECENT, Heard, Use

# How much each says, in per cent: added up, they are how sure one may be that nobody needs the flag.
WEIGHTS = {"unused": 50, "unvarying": 40, "settled": 30, "expired": 20}
# Where an environment that matters tells nothing, silence of the others says half as much.
HALF_HEARD = 25


@dataclass(frozen=True, slots=True)
class Place:
    """A flag in one environment. `serves`: what everybody gets there, "" for the code's own default, None where it depends.

    `unchanged` is for how many days nobody saved anything there. Protected environments matter; without any, all do.
    """

    environment: str
    matters: bool
    heard: Heard
    use: Use
    is_on: bool
    serves: str | None
    unchanged: int


@dataclass(frozen=True, slots=True)
class Witness:
    """What one environment has to say: evaluations and the variant where there are any, and the day of the last one."""

    environment: str
    evaluations: int
    variant: str | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`days` is for how long it has been so, at least; `silent` are environments of which nothing is known."""

    kind: str
    weight: int
    days: int
    limit: int
    since: date
    says: str
    witnesses: tuple[Witness, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a flag; `age` in days."""

    kind: str
    age: int
    places: Sequence[Place]
    today: date

    @property
    def mattering(self) -> list[Place]:
        return [place for place in self.places if place.matters]

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)


def evidence_of(facts: Facts, after: Mapping[str, int]) -> list[Evidence]:
    """The strongest first; `after` as in `flags.lifetimes`."""
    found = list(_evidence(facts, after))
    return sorted(found, key=lambda each: -each.weight)


def _evidence(facts: Facts, after: Mapping[str, int]) -> Iterator[Evidence]:
    for name, look in LOOKS.items():
        is_asked = name == "unused" or after[facts.kind]
        limit = after[facts.kind] if name == "expired" else after[name]
        if is_asked and limit and facts.age >= limit and (found := look(facts, limit)) is not None:
            yield found


def sureness(evidence: Sequence[Evidence]) -> int:
    """In per cent, at most 100."""
    return min(100, sum(each.weight for each in evidence))


def _unused(facts: Facts, limit: int) -> Evidence | None:
    telling = [place for place in facts.places if place.heard.speaks(limit)]
    lasts = [place.use.last for place in facts.places if place.use.last is not None]
    if not telling or min(lasts, default=limit) < limit:
        return None
    silent = [place for place in facts.places if place not in telling]
    weight = HALF_HEARD if any(place.matters for place in silent) else WEIGHTS["unused"]
    days = min(lasts, default=min(facts.age, limit))
    where = "the environment that tells" if len(telling) == 1 else f"any of the {len(telling)} environments that tell"
    says = f"Not evaluated for {_days(days)} in {where} of evaluations."
    return _told("unused", weight, days, limit, facts, says, telling, silent)


def _unvarying(facts: Facts, limit: int) -> Evidence | None:
    asked = [place for place in facts.mattering if place.use.is_recent]
    soles = [sole for place in asked if (sole := place.use.sole) is not None]
    if not soles or len({variant for variant, _ in soles}) > 1:
        return None
    days = min(days for _, days in soles)
    if days < limit:
        return None
    count = sum(place.use.evaluations for place in asked)
    says = (
        f"Always {_named(soles[0][0])} for {_days(days)}, in all of {count:,} evaluations of the last {_days(limit)}."
    )
    silent = [place for place in facts.mattering if not place.heard.speaks(limit)]
    return _told("unvarying", WEIGHTS["unvarying"], days, limit, facts, says, asked, silent)


def _settled(facts: Facts, limit: int) -> Evidence | None:
    if facts.places and not any(place.is_on for place in facts.places):
        places, says = facts.places, "Off everywhere"
    else:
        places = facts.mattering
        served = {place.serves for place in places}
        if not all(place.is_on for place in places) or len(served) != 1 or None in served:
            return None
        says = f"Everybody gets {_named(next(iter(served)) or '')} wherever it matters"
    days = min((place.unchanged for place in places), default=0)
    if days < limit:
        return None
    return _told("settled", WEIGHTS["settled"], days, limit, facts, f"{says}, unchanged for {_days(days)}.", places, ())


def _expired(facts: Facts, limit: int) -> Evidence | None:
    says = f"Made {_days(facts.age)} ago; a flag of the kind {facts.kind} is expected to live for {limit}."
    return Evidence("expired", WEIGHTS["expired"], facts.age, limit, facts.day(facts.age), says)


LOOKS: Mapping[str, Callable[[Facts, int], Evidence | None]] = {
    "unused": _unused,
    "unvarying": _unvarying,
    "settled": _settled,
    "expired": _expired,
}


def _told(
    kind: str,
    weight: int,
    days: int,
    limit: int,
    facts: Facts,
    says: str,
    places: Sequence[Place],
    silent: Sequence[Place],
) -> Evidence:
    witnesses = tuple(_witness(place, facts) for place in places)
    return Evidence(
        kind, weight, days, limit, facts.day(days), says, witnesses, tuple(place.environment for place in silent)
    )


def _witness(place: Place, facts: Facts) -> Witness:
    sole, last = place.use.sole, place.use.last
    variant = place.serves if sole is None else sole[0]
    return Witness(place.environment, place.use.evaluations, variant, None if last is None else facts.day(last))


def _named(variant: str) -> str:
    return variant or "the default written in the code"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def window(after: Mapping[str, int]) -> tuple[int, int]:
    """How many days back must be read, and over how many evaluations are counted."""
    return max(after["unused"], after["unvarying"], RECENT) + BEFORE, max(after["unvarying"], RECENT)
