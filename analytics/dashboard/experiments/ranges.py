"""Who has which buckets of an exclusion group, environment by environment, as bars and in per cent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analytics.experiments import placing
from analytics.experiments.holdouts import first_held_out
from analytics.experiments.places import Places, free, pieces_of
from analytics.experiments.places import places_of as places_of
from analytics.models import ExclusionGroup, Experiment
from evaluation.core.limits import BUCKETS
from tenants.models import Environment

COLORS = 5
Placed = Mapping[tuple[str, str], Places]


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


def bars_of(group: ExclusionGroup, environments: list[Environment], places: Placed) -> Iterator[Bar]:
    """One for each environment in which experiments have places."""
    for environment in environments:
        if there := places.get((group.pk, environment.pk)):
            yield _bar(group, environment, there)


def free_in(group: ExclusionGroup, environment: Environment, places: Placed) -> float:
    """In per cent of everybody."""
    return free(group, places.get((group.pk, environment.pk), Places()))


def _bar(group: ExclusionGroup, environment: Environment, places: Places) -> Bar:
    pieces, shares = [], []
    for number, (name, homes, experiment) in enumerate(_takers(places)):
        color = f"v{1 + number % COLORS}"
        pieces += [_piece(name, color, first, past) for first, past in homes]
        shares.append(Share(name, color, _per_cent(placing.size(homes)), experiment))
    held_out = first_held_out(group.holdout)
    if held_out < BUCKETS:
        pieces.append(_piece("held out", "vf", held_out, BUCKETS))
        shares.append(Share("Held out", "vf", group.holdout))
    shares.append(Share("Free", "v0", free(group, places)))
    return Bar(environment, sorted(pieces, key=lambda piece: piece.start), shares)


def _takers(places: Places) -> Iterator[tuple[str, Sequence[placing.Piece], Experiment | None]]:
    for each in places.experiments:
        yield each.name, pieces_of(each.homes), each
    for flag, pieces in places.left():
        yield f"{flag.key} (over, still split)", pieces, None


def _piece(name: str, color: str, first: int, past: int) -> Piece:
    return Piece(name, color, _per_cent(first), _per_cent(past - first))


def _per_cent(buckets: int) -> float:
    return buckets * 100 / BUCKETS
