"""Limits of an organization, set by whoever runs the server."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, locked
from tenants.limit_bounds import HIGHEST, HIGHEST_OF_ALL
from tenants.limits import NOUNS
from tenants.models import Organization
from tenants.permissions import NotAllowed
from tenants.problems import Fault


def set_limits(
    organization: Organization, *, limits: Mapping[str, int], actor: Actor, comment: str = ""
) -> Organization:
    """These are all the limits that it has of its own; for those left out the instance's hold.

    What is there already stays, also beyond a lower limit. No role of the organization may do this: it would be no limit.
    """
    if not actor.may_everything:
        raise NotAllowed(actor, "organization.set_limits", organization, "limits are set by whoever runs this server")
    with transaction.atomic():
        organization = locked(organization)
        before, after = alter(organization, {"limits": dict(limits)}, actor=actor, comment=comment, faults=_faults)
        if after:
            audit.record(actor, "organization.limits_set", organization, before, after, comment=comment)
            outbox.put("organization.limits_set", organization)
    return organization


def _faults(organization: Organization) -> Iterable[Fault]:
    for name, most in organization.limits.items():
        if name not in NOUNS:
            yield Fault("limits", f"Limits are {', '.join(NOUNS)}.")
        elif type(most) is not int or not 0 <= most <= HIGHEST.get(name, HIGHEST_OF_ALL):
            yield Fault(f"limits.{name}", f"Write a whole number up to {HIGHEST.get(name, HIGHEST_OF_ALL):,}.")
