"""What batches tell of experiments: who met which variant first, and what subjects did that a metric measures.

It is recorded in the transaction in which the batches are folded, so each counts exactly once; folding one again changes nothing.
Where no experiment runs and no metric is, that costs two queries a fold, however many batches it is of.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q

from analytics.experiments.enrolling import Met, Place, enrol, merged
from analytics.experiments.holdouts import Holdouts
from analytics.experiments.subjects import hash_of
from analytics.models import Experiment, Metric, Outcome, TelemetryBatch
from analytics.moments import moment_of
from evaluation.core.instants import instant
from flags import documents
from flags.models import FlagConfig

# What was told of before the stop may come so much later, as from an application that was offline.
LATE = timedelta(days=2)
# Nobody is enrolled after so long, so that an experiment that somebody forgot does not grow for ever.
LONGEST = timedelta(days=180)
WRITTEN_AT_ONCE = 1_000
PUBLIC = "client"

Exposure = Mapping[str, Any]


class Recording:
    """Of the batches of one fold: added one by one, then kept."""

    def __init__(self, batches: Iterable[TelemetryBatch], *, now: datetime) -> None:
        self._now = now
        self._environments = {batch.environment_id for batch in batches}
        self._met: dict[Place, Met] = {}
        self._outcomes: list[Outcome] = []
        self._holdouts = Holdouts(self._environments)

    def add(self, batch: TelemetryBatch, document: Mapping[str, Any]) -> None:
        if exposures := document.get("exposures"):
            self._add_exposures(batch, exposures)
        if events := document.get("events"):
            self._add_events(batch, events)

    def keep(self) -> None:
        enrol(self._met, {each.pk: each.organization_id for several in self._running.values() for each in several})
        Outcome.with_deleted.bulk_create(self._outcomes, batch_size=WRITTEN_AT_ONCE, ignore_conflicts=True)
        self._holdouts.keep()

    def _add_exposures(self, batch: TelemetryBatch, exposures: Iterable[Exposure]) -> None:
        is_public = batch.key_kind == PUBLIC
        for each in exposures:
            for experiment in self._running.get((batch.environment_id, each["flag"]), ()):
                if not self._counts(experiment, each, is_public=is_public):
                    continue
                at = self._moment(each, batch)
                if _took_in(experiment, at):
                    place = Place(experiment.pk, hash_of(each["subject"], batch.environment_id))
                    met = Met(at, each["variant"], None, is_public)
                    before = self._met.get(place)
                    self._met[place] = merged(before, met) if before else met

    def _add_events(self, batch: TelemetryBatch, events: Iterable[Mapping[str, Any]]) -> None:
        named = self._measured.get(batch.environment_id, set())
        for position, each in enumerate(events):
            if each["event"] in named:
                at, subject = self._moment(each, batch), hash_of(each["subject"], batch.environment_id)
                self._outcomes.append(_outcome(batch, position, each, subject, at))
                self._holdouts.look_at(batch, each["subject"], subject, at)

    def _counts(self, experiment: Experiment, exposure: Exposure, *, is_public: bool) -> bool:
        """Whether somebody was told to have met this experiment: by its rule (none: the fallthrough), or, where none is named,
        by a flag that splits at its rule alone."""
        if exposure["variant"] not in experiment.weights or (is_public and experiment.servers_only):
            return False
        rule = exposure.get("rule", "")
        return bool(rule == experiment.rule_id or (not rule and experiment.pk in self._alone))

    def _moment(self, item: Mapping[str, Any], batch: TelemetryBatch) -> datetime:
        """Not after the batch, which nobody can tell of beforehand."""
        return min(moment_of(instant(item["at"]), now=batch.ended_at), batch.ended_at)

    @cached_property
    def _running(self) -> dict[tuple[str, str], list[Experiment]]:
        """By environment and the flag's key: those that somebody may still tell of."""
        open_ = Q(stopped_at__isnull=True) | Q(stopped_at__gt=self._now - LATE)
        rows = Experiment.with_deleted.filter(
            open_, environment__in=self._environments, started_at__gt=self._now - LONGEST - LATE
        )
        found: defaultdict[tuple[str, str], list[Experiment]] = defaultdict(list)
        for each in rows.select_related("flag"):
            found[each.environment_id, each.flag.key].append(each)
        return dict(found)

    @cached_property
    def _alone(self) -> set[str]:
        """The experiments whose flag splits at their rule alone, so that whoever names no rule can only mean that one."""
        running = [each for several in self._running.values() for each in several]
        rows = FlagConfig.with_deleted.filter(
            flag__in={each.flag_id for each in running}, environment__in={each.environment_id for each in running}
        )
        configs = {(row.flag_id, row.environment_id): row for row in rows}
        return {each.pk for each in running if _splits_alone(each, configs.get((each.flag_id, each.environment_id)))}

    @cached_property
    def _measured(self) -> dict[str, set[str]]:
        """By environment: the events that metrics of its project name."""
        rows = Metric.with_deleted.filter(project__environments__in=self._environments)
        found: defaultdict[str, set[str]] = defaultdict(set)
        for environment_id, *events in rows.values_list("project__environments", "event", "denominator_event"):
            found[environment_id].update(filter(None, events))
        return dict(found)


def _splits_alone(experiment: Experiment, config: FlagConfig | None) -> bool:
    return config is not None and list(documents.splits_of(config)) == [experiment.rule_id or None]


def _took_in(experiment: Experiment, at: datetime) -> bool:
    began, ended = experiment.started_at, experiment.stopped_at
    return began is not None and began <= at < began + LONGEST and (ended is None or at <= ended)


def _outcome(batch: TelemetryBatch, position: int, event: Mapping[str, Any], subject: bytes, at: datetime) -> Outcome:
    return Outcome(
        organization_id=batch.organization_id,
        environment_id=batch.environment_id,
        event=event["event"],
        subject=subject,
        at=at,
        value=event.get("value"),
        is_public=batch.key_kind == PUBLIC,
        batch=batch.pk,
        position=position,
    )
