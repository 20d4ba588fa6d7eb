"""Changing what is measured."""

from typing import Any

from django.db import transaction

from analytics.experiments import documents
from analytics.experiments.documents.metrics import MEASURING
from analytics.experiments.selectors import experiments_measured_by
from analytics.experiments.services.saving import added, altered, held, removed
from analytics.models import Experiment, Metric
from flags.selectors import with_key
from flags.services import Saved
from flags.services.saving import same
from tenants.actors import Actor
from tenants.changes import check, locked
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Conflict

LOOKED_AT = (Experiment.Status.RUNNING, Experiment.Status.STOPPED)


def create_metric(project: Project, body: object, *, actor: Actor, comment: str = "") -> Saved[Metric]:
    """Its events are kept from now on."""
    require(actor, "metric.create", project)
    fields = documents.parse_metric(body)
    with transaction.atomic():
        project = locked(project)
        return added(Metric(organization_id=project.organization_id, project=project, **fields), actor, comment)


def edit_metric(
    metric: Metric, changes: object, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Metric]:
    """What a partial body names. Refused for what decides the numbers while an experiment is looked at by it."""
    require(actor, "metric.edit", metric)
    with transaction.atomic():
        metric = held(metric, version)
        fields = documents.parse_metric_changes(metric, changes)
        if any(not same(getattr(metric, name), fields[name]) for name in MEASURING):
            _refuse(metric, "would measure something else", LOOKED_AT)
        return altered(metric, fields, actor, comment)


def put_metric(
    project: Project, body: dict[str, Any], *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Metric]:
    """Create the metric of this key, or make it what the whole body says."""
    metric = with_key(Metric.objects, project, body.get("key")).first()
    if metric is None:
        return create_metric(project, body, actor=actor, comment=comment)
    return edit_metric(metric, documents.whole_metric(body), version=version, actor=actor, comment=comment)


def delete_metric(metric: Metric, *, version: int | None = None, actor: Actor, comment: str = "") -> None:
    """Refused while an experiment names it."""
    require(actor, "metric.delete", metric)
    check(None, comment)
    with transaction.atomic():
        metric = held(metric, version)
        _refuse(metric, "cannot be deleted", tuple(Experiment.Status))
        removed(metric, actor, comment)


def _refuse(metric: Metric, what: str, statuses: tuple[Experiment.Status, ...]) -> None:
    users = [each.key for each in experiments_measured_by(metric) if each.status in statuses]
    if users:
        raise Conflict(f"{metric.key} {what}: it is used by {', '.join(users[:10])}. Make another metric instead.")
