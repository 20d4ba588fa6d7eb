"""Keys that are taken, also by what was deleted, and how the deleted comes back."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from flags.models import Flag, Segment
from tenants.models import Project
from tenants.problems import Conflict


def refuse_taken_key(model: type[Flag] | type[Segment], project: Project, key: str) -> None:
    """Raises Conflict when the project has a thing of this key, whatever the case; a deleted one keeps its key."""
    taken = model.with_deleted.filter(project=project, key__iexact=key).first()
    if taken is None:
        return
    what = model._meta.verbose_name
    if taken.deleted_at is not None:
        raise Conflict(f"The {what} {taken.key} was deleted and its key is reserved until it is purged; undelete it.")
    raise Conflict(f"There is a {what} {taken.key} in this project already.")


def undelete(thing: Flag | Segment) -> dict[str, Any]:
    """The fields that bring a thing back; raises Conflict when its retention is over."""
    days = thing.organization.retention_days
    if thing.deleted_at is not None and thing.deleted_at < timezone.now() - timedelta(days=days):
        raise Conflict(f"{thing.key} was deleted more than {days} days ago and is being purged.")
    return {"deleted_at": None, "deleted_by": None}
