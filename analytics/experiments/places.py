"""Who has which buckets of an exclusion group: experiments that have people, splits that flags go on serving, and the holdout."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from analytics.experiments import placing
from analytics.experiments.holdouts import first_held_out
from analytics.models import ExclusionGroup, Experiment
from evaluation.core.limits import BUCKETS
from flags.documents.splits import splits_of
from flags.models import Flag, FlagConfig
from tenants.models import Environment

# Experiments that have people: those of a stopped one still get its variants.
HAVE_PEOPLE = (Experiment.Status.RUNNING, Experiment.Status.STOPPED)
# So long after an experiment what people do may come of it: as long as `summing.BEFORE`, by which they are told apart.
LATELY = timedelta(days=14)


class Served(NamedTuple):
    """A split by the group's salt, whoever wrote it; `rule_id` is "" for what all get whom no rule names.

    `splits` says whether it tells apart people who are not held out: a winner that only leaves out who is held out does not.
    """

    flag: Flag
    rule_id: str
    pieces: list[placing.Piece]
    splits: bool


@dataclass(frozen=True, slots=True)
class Places:
    """In one environment: the experiments that have people, in the order in which they came, and what flags serve."""

    experiments: list[Experiment] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    def left(self) -> Iterator[tuple[Flag, list[list[int]]]]:
        """Buckets that no experiment has any more, and that flags go on splitting."""
        taken = [piece for each in self.experiments for piece in pieces_of(each.homes)]
        for each in self.served:
            if each.splits and (pieces := placing.free([*placing.free(each.pieces), *taken])):
                yield each.flag, pieces
                taken += pieces

    def but(self, experiment: Experiment) -> "Places":
        """Without the experiment, and what its rule serves, in whose place it comes."""
        mine = (experiment.flag_id, experiment.rule_id)
        served = [each for each in self.served if not each.rule_id or (each.flag.pk, each.rule_id) != mine]
        return Places([each for each in self.experiments if each.pk != experiment.pk], served)


def pieces_of(homes: placing.Homes) -> list[placing.Piece]:
    return [piece for home in homes.values() for piece in home]


def places_of(
    groups: Sequence[ExclusionGroup], environments: Iterable[Environment]
) -> Mapping[tuple[str, str], Places]:
    """By group and environment, where there are any; in two queries."""
    found: dict[tuple[str, str], Places] = {}
    rows = Experiment.with_deleted.filter(status__in=HAVE_PEOPLE, group__in=groups, environment__in=environments)
    for each in rows.order_by("started_at", "key"):
        found.setdefault((str(each.group_id), each.environment_id), Places()).experiments.append(each)
    for group, environment_id, served in _served_in(groups, environments):
        found.setdefault((group.pk, environment_id), Places()).served.append(served)
    return found


def places_in(group: ExclusionGroup, environment: Environment) -> Places:
    return places_of([group], [environment]).get((group.pk, environment.pk), Places())


def taken_in(group: ExclusionGroup, places: Places) -> list[placing.Piece]:
    """Buckets that experiments have, those that flags go on splitting, and those that are held out."""
    pieces = [piece for each in places.experiments for piece in pieces_of(each.homes)]
    pieces += [piece for each in places.served if each.splits for piece in each.pieces]
    held_out = first_held_out(group.holdout)
    return [*pieces, (held_out, BUCKETS)] if held_out < BUCKETS else pieces


def free_in(group: ExclusionGroup, environments: Sequence[Environment]) -> dict[str, float]:
    """How many per cent of everybody are free, by the environment's key; in two queries."""
    there = places_of([group], environments)
    return {each.key: free(group, there.get((group.pk, each.pk), Places())) for each in environments}


def free(group: ExclusionGroup, places: Places) -> float:
    """In per cent of everybody."""
    return placing.size(placing.free(taken_in(group, places))) * 100 / BUCKETS


def had_lately(group: ExclusionGroup, environment: Environment, places: Places, now: datetime) -> list[Any]:
    """Homes that experiments had there whose effects may last, newest first, those of deleted ones too; in one query."""
    rows = Experiment.history.filter(
        group_id=group.pk, environment_id=environment.pk, history_date__gte=now - LATELY
    ).order_by("-history_date", "-history_id")
    return [
        [each.pieces for each in places.served],
        *(homes.values() for homes in rows.values_list("homes", flat=True)),
    ]


def _served_in(
    groups: Sequence[ExclusionGroup], environments: Iterable[Environment]
) -> Iterator[tuple[ExclusionGroup, str, Served]]:
    """The database only looks for the salts, which are plain text; what they stand for is decided here, row by row."""
    by_salt = {group.salt: group for group in groups}
    if not by_salt:
        return
    texts = {"rule_text": Cast("rules", TextField()), "rest_text": Cast("fallthrough", TextField())}
    named = reduce(or_, (Q(**{f"{text}__contains": salt}) for salt in by_salt for text in texts))
    rows = FlagConfig.objects.filter(environment__in=environments).alias(**texts).filter(named)
    columns = ("environment_id", "rules", "fallthrough", "flag__key")
    for config in rows.select_related("flag").only(*columns).order_by("flag__key"):
        for rule_id, split in splits_of(config.rules, config.fallthrough).items():
            if (group := by_salt.get(split.get("salt", ""))) is not None:
                yield group, config.environment_id, _served(group, config.flag, rule_id, split["ranges"])


def _served(group: ExclusionGroup, flag: Flag, rule_id: str | None, ranges: Sequence[Sequence[Any]]) -> Served:
    held_out = first_held_out(group.holdout)
    got = {variant for variant, first, _ in ranges if first < held_out}
    return Served(
        flag, rule_id or "", [(first, past) for variant, first, past in ranges if variant is not None], len(got) > 1
    )
