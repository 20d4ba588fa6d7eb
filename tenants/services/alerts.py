"""Alerts: made, edited and deleted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.alerts.hours import faults_of_hours
from tenants.alerts.matching import ACTOR_KINDS, SUBJECTS
from tenants.changes import alter, check, insert, locked, remove, tidy
from tenants.models import Alert, ApiKey, Environment, Membership, Organization, Project
from tenants.models.base import is_id
from tenants.permissions import require
from tenants.problems import Fault, TooMany
from tenants.webhooks.announcing import position_of

Scope = Organization | Project | Environment

MOST_ALERTS = 50
MOST_RECIPIENTS = 20
MOST_BY = 50
NO_MEMBER = "There is no member with this id."
NOBODY = f"Choose among {', '.join(ACTOR_KINDS)}, or give the id of a member or of an API key."


def create_alert(
    *,
    scope: Scope,
    name: str,
    events: Sequence[str] = (),
    by: Sequence[str] = (),
    working_hours: Mapping[str, Any] | None = None,
    recipients: Sequence[str] = (),
    actor: Actor,
    comment: str = "",
) -> Alert:
    """An alert that tells of what happens in the scope from now on, by mail to the recipients and as `alert.raised`.

    `events` are of `tenants.alerts.matching.SUBJECTS`; `by` kinds of actors, and ids of people and API keys of the organization;
    `working_hours` as `tenants.alerts.hours` has them; `recipients` ids of members. What is empty narrows nothing.
    """
    require(actor, "alert.edit", scope)
    alert = Alert(
        **{f"{kind}_id": scope_id for kind, scope_id in scope.scopes},
        name=tidy(name),
        events=list(events),
        by=list(by),
        working_hours=working_hours or {},
        recipients=list(recipients),
        created_by=actor.user,
    )
    check(alert, comment, faults=_faults(alert))
    with transaction.atomic():
        _make_room(scope)
        insert(alert, actor=actor, comment=comment, taken="This alert exists already.")
        _told(actor, "alert.created", alert, None, facts_of(alert), comment)
        # What happened before, this itself included, is not told: the chain is ours until the transaction ends.
        Alert.objects.filter(pk=alert.pk).update(position=position_of(alert.organization_id))
    return alert


def edit_alert(
    alert: Alert,
    *,
    name: str | None = None,
    events: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    working_hours: Mapping[str, Any] | None = None,
    recipients: Sequence[str] | None = None,
    actor: Actor,
    comment: str = "",
) -> Alert:
    """None leaves as it is; what is empty narrows nothing."""
    require(actor, "alert.edit", alert)
    lists = {"events": events, "by": by, "recipients": recipients}
    wanted: dict[str, Any] = {name: None if value is None else list(value) for name, value in lists.items()}
    with transaction.atomic():
        alert = locked(alert)
        facts, had = facts_of(alert), {*alert.by, *alert.recipients}
        wanted |= {"name": tidy(name), "working_hours": working_hours}
        before, _ = alter(alert, wanted, actor=actor, comment=comment, faults=lambda row: _faults(row, had))
        if before:
            _told(actor, "alert.edited", alert, facts, facts_of(alert), comment)
    return alert


def delete_alert(alert: Alert, *, actor: Actor, comment: str = "") -> None:
    """For good; what it held back is not summed up any more."""
    require(actor, "alert.edit", alert)
    check(None, comment)
    with transaction.atomic():
        alert = locked(alert)
        alert_id, facts = alert.pk, facts_of(alert)
        remove(alert, actor=actor, comment=comment)
        alert.pk = alert_id  # Django forgets it with the row
        _told(actor, "alert.deleted", alert, facts, None, comment)


def facts_of(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in ("name", "events", "by", "working_hours", "recipients")}


def _faults(alert: Alert, had: Collection[str] = ()) -> Iterable[Fault]:
    """Whom it `had` already may be gone, and stays: without its last name an alert would tell of everybody."""
    yield from _unknown("events", alert.events, SUBJECTS, f"Choose among {', '.join(SUBJECTS)}.")
    yield from _unknown("by", alert.by, [*ACTOR_KINDS, *had, *_ids_of_actors(alert)], NOBODY)
    yield from _unknown("recipients", alert.recipients, [*had, *_ids_of_members(alert, alert.recipients)], NO_MEMBER)
    yield from faults_of_hours(alert.working_hours)
    for name, most in (("by", MOST_BY), ("recipients", MOST_RECIPIENTS)):
        if len(getattr(alert, name)) > most:
            yield Fault(name, f"At most {most}.")


def _unknown(path: str, given: Sequence[Any], known: Iterable[str], words: str) -> Iterable[Fault]:
    known = set(known)
    for position, one in enumerate(given):
        if not isinstance(one, str) or one not in known:
            yield Fault(f"{path}[{position}]", words)


def _ids_of_actors(alert: Alert) -> list[str]:
    keys = ApiKey.objects.filter(organization=alert.organization_id, pk__in=_plain(alert.by))
    return [*_ids_of_members(alert, alert.by), *keys.values_list("pk", flat=True)]


def _ids_of_members(alert: Alert, ids: Sequence[Any]) -> list[str]:
    members = Membership.objects.filter(organization=alert.organization_id, user__in=_plain(ids))
    return list(members.values_list("user_id", flat=True))


def _plain(ids: Sequence[Any]) -> list[str]:
    """What can be an id at all; the database need not be asked about anything else."""
    return [one for one in ids[:100] if isinstance(one, str) and is_id(one)]


def _make_room(scope: Scope) -> None:
    """The organization is locked first, as everywhere; then what the alert belongs to, which must not be deleted meanwhile."""
    organization = locked(scope if isinstance(scope, Organization) else scope.organization)
    if scope != organization:
        locked(scope)
    if Alert.with_deleted.filter(organization=organization).count() >= MOST_ALERTS:
        raise TooMany(f"{organization} has {MOST_ALERTS} alerts, which is all that there may be.")


def _told(actor: Actor, verb: str, alert: Alert, before: Any, after: Any, comment: str) -> None:
    audit.record(actor, verb, alert, before, after, comment=comment)
    outbox.put(verb, alert.organization, {"alert": alert.pk})
