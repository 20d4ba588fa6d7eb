"""Changing which experiments keep out of each other's way."""

from typing import Any

from django.db import transaction

from analytics.experiments import documents
from analytics.experiments.places import places_of
from analytics.experiments.services.saving import added, altered, held, removed
from analytics.models import ExclusionGroup, Experiment, HeldOut
from flags.selectors import with_key
from flags.services import Saved
from flags.services.saving import environments_of
from tenants.actors import Actor
from tenants.changes import check, locked
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Conflict


def create_group(project: Project, body: object, *, actor: Actor, comment: str = "") -> Saved[ExclusionGroup]:
    require(actor, "exclusion_group.create", project)
    fields = documents.parse_group(body)
    with transaction.atomic():
        project = locked(project)
        group = ExclusionGroup(organization_id=project.organization_id, project=project, **fields)
        return added(group, actor, comment)


def edit_group(
    group: ExclusionGroup, changes: object, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[ExclusionGroup]:
    """What a partial body names. Who is held out changes only while no experiment has people of the group."""
    require(actor, "exclusion_group.edit", group)
    with transaction.atomic():
        group = held(group, version)
        fields = documents.parse_group_changes(group, changes)
        if fields["holdout"] != group.holdout:
            _refuse_while_used(group)
            HeldOut.with_deleted.filter(group=group)._raw_delete(HeldOut.with_deleted.db)
        return altered(group, fields, actor, comment)


def put_group(
    project: Project, body: dict[str, Any], *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[ExclusionGroup]:
    """Create the group of this key, or make it what the whole body says."""
    group = with_key(ExclusionGroup.objects, project, body.get("key")).first()
    if group is None:
        return create_group(project, body, actor=actor, comment=comment)
    return edit_group(group, documents.whole_group(body), version=version, actor=actor, comment=comment)


def delete_group(group: ExclusionGroup, *, version: int | None = None, actor: Actor, comment: str = "") -> None:
    """Refused while an experiment is in it."""
    require(actor, "exclusion_group.delete", group)
    check(None, comment)
    with transaction.atomic():
        group = held(group, version)
        users = list(Experiment.with_deleted.filter(group=group).order_by("key").values_list("key", flat=True)[:10])
        if users:
            raise Conflict(f"{group.key} cannot be deleted: {', '.join(users)} is in it.")
        HeldOut.with_deleted.filter(group=group)._raw_delete(HeldOut.with_deleted.db)
        removed(group, actor, comment)


def _refuse_while_used(group: ExclusionGroup) -> None:
    """A holdout that grew would take people out of experiments, and one that shrank would no longer be a baseline."""
    there = places_of([group], environments_of(group.project)).values()
    users = sorted({each.key for places in there for each in places.experiments})
    if users:
        raise Conflict(
            f"{group.key} holds out {group.holdout:g} % as long as experiments have people of it: {', '.join(users)}."
        )
    if flags := sorted({each.flag.key for places in there for each in places.served}):
        raise Conflict(
            f"{group.key} holds out {group.holdout:g} % as long as flags go by it: {', '.join(flags)}. Serve one variant "
            "there, and those who were held out get it too."
        )
