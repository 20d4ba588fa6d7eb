"""How long what was deleted can come back."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from tenants.models import Organization, Purge, User

# Of an organization, in whole days.
SHORTEST, LONGEST = 1, 365
# The same of the audit log; 0 keeps it for ever.
SHORTEST_LOG, LONGEST_LOG = 30, 3650
# An account does not come back; so long its name stays, for lists and the audit log.
ACCOUNT_DAYS = 30


def is_over(model: Any, now: datetime) -> Q:
    """Deleted, and longer ago than the organization around it keeps what was deleted."""
    if model is User:
        return Q(deleted_at__lte=now - timedelta(days=ACCOUNT_DAYS))
    column = "retention_days" if model is Organization else "organization__retention_days"
    over = Q(pk__in=[])
    for days in Organization.with_deleted.values_list("retention_days", flat=True).distinct().order_by():
        over |= Q(**{column: days, "deleted_at__lte": now - timedelta(days=days)})
    return over


def can_come_back() -> Q:
    """Deleted, and no purge has begun; it does within seconds of the end of the retention."""
    return Q(~Exists(Purge.with_deleted.filter(thing_id=OuterRef("pk"))), deleted_at__isnull=False)


def until(thing: Any) -> datetime:
    """When a deleted thing stops being able to come back; with its organization at hand, without a query."""
    around = thing if isinstance(thing, Organization) else thing.organization
    last: datetime = thing.deleted_at + timedelta(days=around.retention_days)
    return last
