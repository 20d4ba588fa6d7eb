"""Keys that were found where they should not be: whoever shows the whole key may report it."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.actors import Actor
from tenants.changes import alter, check, locked
from tenants.keys import sha256_of
from tenants.models import ApiKey, Organization
from tenants.permissions import require
from tenants.services.api_key_records import facts_of, tell
from tenants.services.api_keys import revoke_api_key

REVOKING = Actor.system("leaked keys")


class Outcome(StrEnum):
    UNKNOWN = "unknown"  # no such key, or one that does not work any more
    PUBLIC = "public"  # a client key, which anybody may know
    MARKED = "marked"  # its admins are told, and it works on
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Leak:
    """`is_news`: nobody had reported this key before."""

    outcome: Outcome
    api_key: ApiKey | None = None
    is_news: bool = False


def report_leaked_key(secret: str, *, found_at: str = "", revoke: bool = False, actor: Actor) -> Leak:
    """Mark a key as leaked, and revoke it where its organization wants that, or where an operator does (`revoke`).

    It takes no right: the whole key is the proof, and with it one could do worse. `found_at` says where, for the audit.
    """
    check(None, found_at)
    api_key = ApiKey.objects.usable().filter(sha256=sha256_of(secret)).select_related("organization").first()
    if api_key is None:
        return Leak(Outcome.UNKNOWN)
    if api_key.kind == ApiKey.Kind.CLIENT:
        return Leak(Outcome.PUBLIC)
    with transaction.atomic():
        api_key = locked(api_key)
        is_news = api_key.leaked_at is None
        if is_news:
            _mark(api_key, actor, found_at)
        organization = api_key.organization
        if revoke or (organization is not None and organization.revokes_leaked_keys):
            api_key = revoke_api_key(
                api_key, actor=REVOKING, comment=found_at or "It was found where it should not be."
            )
    return Leak(Outcome.REVOKED if api_key.revoked_at else Outcome.MARKED, api_key, is_news)


def _mark(api_key: ApiKey, actor: Actor, found_at: str) -> None:
    alter(api_key, {"leaked_at": timezone.now()}, actor=actor, comment=found_at)
    audit.record(actor, "api_key.leak_reported", api_key, None, facts_of(api_key), comment=found_at)
    tell("api_key.leak_reported", api_key)


def set_leak_policy(
    organization: Organization, *, revokes_leaked_keys: bool, actor: Actor, comment: str = ""
) -> Organization:
    """Whether a leaked key ends at once. Otherwise it is marked, and its admins are told."""
    require(actor, "organization.edit", organization)
    with transaction.atomic():
        organization = locked(organization)
        wanted = {"revokes_leaked_keys": revokes_leaked_keys}
        before, after = alter(organization, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "organization.leak_policy_set", organization, before, after, comment=comment)
    return organization
