"""Keeping the newest report of each serving process for each environment, and forgetting those that are over."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from evaluation.models import ConvergenceReport
from evaluation.wire.convergence import Report, Reporter

FIELDS = ("organization", "name", "version", "started_at", "is_relay", "holds", "seen", "heard_at")
# Silent ones stay visible for so long: a relay that vanished is worth knowing of.
REMEMBERED = timedelta(hours=1)


def keep(report: Report, environments: Any, *, is_relay: bool, now: datetime) -> None:
    """`environments` (a queryset) are those that may be reported of; others are left out. Two queries, and one for goodbyes."""
    named = {environment_id for each in report.reporters for environment_id in each.seen}
    organizations = dict(environments.filter(id__in=named).values_list("id", "organization_id"))
    rows = [row for each in report.reporters for row in _rows(each, organizations, is_relay, now)]
    with transaction.atomic():
        if report.gone:
            ended = ConvergenceReport.with_deleted.filter(reporter__in=report.gone, is_relay=is_relay)
            ended.filter(environment__in=environments).delete()
        if rows:
            ConvergenceReport.with_deleted.bulk_create(
                rows, update_conflicts=True, unique_fields=["environment", "reporter"], update_fields=FIELDS
            )


def drop(reporter: str, environment_ids: Collection[str]) -> None:
    """This process serves nobody there any more."""
    ConvergenceReport.with_deleted.filter(reporter=reporter, environment_id__in=environment_ids).delete()


def forget(*, now: datetime) -> int:
    count: int = ConvergenceReport.with_deleted.filter(heard_at__lt=now - REMEMBERED).delete()[0]
    return count


def _rows(
    reporter: Reporter, organizations: Mapping[str, str], is_relay: bool, now: datetime
) -> Iterable[ConvergenceReport]:
    heard_at = now - timedelta(seconds=reporter.silent)
    for environment_id, seen in reporter.seen.items():
        if environment_id not in organizations:
            continue
        yield ConvergenceReport(
            organization_id=organizations[environment_id],
            environment_id=environment_id,
            reporter=reporter.id,
            name=reporter.name,
            version=reporter.version,
            started_at=_moment(reporter.started, now),
            is_relay=is_relay,
            holds=seen["holds"],
            seen=_without_holds(seen),
            heard_at=heard_at,
        )


def _moment(started: float | None, now: datetime) -> datetime | None:
    """Nonsense of a clock is not kept: nobody starts later than now, or before 1970."""
    if started is None or not 0 <= started <= now.timestamp():
        return None
    return datetime.fromtimestamp(started, UTC)


def _without_holds(seen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in seen.items() if name != "holds"}
