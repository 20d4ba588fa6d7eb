"""Hiding keys that are no flags, so that the others are seen."""

from django.db import transaction
from django.utils import timezone

from analytics.models import HiddenKey
from analytics.unknown.reading import LONGEST_KEY
from tenants import audit
from tenants.actors import Actor
from tenants.changes import check, locked
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault

MOST_HIDDEN = 1_000


def hide_key(project: Project, key: str, *, actor: Actor, comment: str = "") -> bool:
    """Whether it was shown before; it is counted as ever."""
    require(actor, "flag.edit", project)
    _check(key, comment)
    with transaction.atomic():
        project = locked(project)
        hidden = HiddenKey.objects.filter(project=project)
        if hidden.filter(key=key).exists():
            return False
        if hidden.count() >= MOST_HIDDEN:
            raise Conflict(f"{project} hides {MOST_HIDDEN:,} keys already. Show some again first.")
        HiddenKey.objects.create(
            organization_id=project.organization_id, project=project, key=key, hidden_at=timezone.now()
        )
        audit.record(actor, "unknown_flag.hidden", project, None, {"key": key}, comment=comment)
    return True


def show_key(project: Project, key: str, *, actor: Actor, comment: str = "") -> bool:
    """Whether it was hidden before."""
    require(actor, "flag.edit", project)
    _check(key, comment)
    with transaction.atomic():
        project = locked(project)
        count, _ = HiddenKey.objects.filter(project=project, key=key).delete()
        if count:
            audit.record(actor, "unknown_flag.shown", project, {"key": key}, None, comment=comment)
    return bool(count)


def _check(key: str, comment: str) -> None:
    is_storable = key.isprintable() and 0 < len(key) <= LONGEST_KEY
    check(None, comment, faults=() if is_storable else [Fault("key", f"1 to {LONGEST_KEY} letters that can be shown")])
