"""The audit log by the policy of its organization: entries older than so many days go, the rest verifies as before."""

import logging
from datetime import datetime, timedelta

from tenants import audit
from tenants.actors import Actor
from tenants.models import Organization
from tenants.problems import Conflict

RETENTION = Actor.system("retention")

log = logging.getLogger(__name__)


def purge_logs(now: datetime) -> int:
    """How many entries went. A chain that does not verify stays whole, with the traces of what was done to it."""
    count = 0
    for organization in Organization.objects.filter(audit_days__gt=0).order_by("id"):
        try:
            count += audit.purge_before(organization, now - timedelta(days=organization.audit_days), actor=RETENTION)
        except Conflict as error:
            log.error("the audit log of %s is not purged: %s", organization.slug, error)
    return count
