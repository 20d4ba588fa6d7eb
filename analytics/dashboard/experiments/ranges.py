"""Who has which buckets of an exclusion group, environment by environment, as bars and in per cent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analytics.experiments import placing, selectors
from analytics.experiments.holdouts import first_held_out
from analytics.models import ExclusionGroup, Experiment
from evaluation.core.limits import BUCKETS
from tenants.models import Environment

COLORS = 5
Places = Mapping[tuple[str, str], list[Experiment]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring buckets, start and width in per cent. `color` is a class of rectangles."""

    name: str
    color: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Share:
    """What one experiment, the holdout or nobody has of an environment."""

    name: str
    color: str
    per_cent: float
    experiment: Experiment | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    environment: Environment
    pieces: list[Piece]
    shares: list[Share]


def places_of(groups: list[ExclusionGroup], environments: list[Environment]) -> Places:
    """Group and environment → the experiments that have places there, in the order in which they came; in one query."""
    rows = Experiment.with_deleted.filter(
        status__in=selectors.HAVE_PEOPLE, group__in=groups, environment__in=environments
    )
    found: dict[tuple[str, str], list[Experiment]] = {}
    for each in rows.order_by("started_at", "key"):
        found.setdefault((str(each.group_id), each.environment_id), []).append(each)
    return found


def bars_of(group: ExclusionGroup, environments: list[Environment], places: Places) -> Iterator[Bar]:
    """One for each environment in which experiments have places."""
    for environment in environments:
        if there := places.get((group.pk, environment.pk)):
            yield _bar(group, environment, there)


def free_in(group: ExclusionGroup, environment: Environment, places: Places) -> float:
    """In per cent of everybody."""
    there = places.get((group.pk, environment.pk), [])
    return _per_cent(placing.size(placing.free(selectors.taken_in(group, there))))


def _bar(group: ExclusionGroup, environment: Environment, experiments: list[Experiment]) -> Bar:
    pieces, shares = [], []
    for number, each in enumerate(experiments):
        color = f"v{1 + number % COLORS}"
        homes = [piece for home in each.homes.values() for piece in home]
        pieces += [_piece(each.name, color, first, past) for first, past in homes]
        shares.append(Share(each.name, color, _per_cent(placing.size(homes)), each))
    held_out = first_held_out(group.holdout)
    if held_out < BUCKETS:
        pieces.append(_piece("held out", "vf", held_out, BUCKETS))
        shares.append(Share("Held out", "vf", group.holdout))
    free = placing.free(selectors.taken_in(group, experiments))
    shares.append(Share("Free", "v0", _per_cent(placing.size(free))))
    return Bar(environment, sorted(pieces, key=lambda piece: piece.start), shares)


def _piece(name: str, color: str, first: int, past: int) -> Piece:
    return Piece(name, color, _per_cent(first), _per_cent(past - first))


def _per_cent(buckets: int) -> float:
    return buckets * 100 / BUCKETS
