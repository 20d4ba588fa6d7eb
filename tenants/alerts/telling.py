"""Mails of alerts: to those of their recipients who may know of the event, so many an hour, and one about the rest.

Once something is held back all that follows is held back too, for an hour; then one mail says how much it was.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format

from tenants import outgoing_mail
from tenants.actors import Actor
from tenants.letters import Letter, absolute
from tenants.models import Alert, AuditEvent, RaisedAlert, User
from tenants.permissions import actors_of
from tenants.webhooks.events import Event

MOST_AN_HOUR = 10
HOUR = timedelta(hours=1)
LAST_FOR_NOW = " This is the last mail of this alert for now: what follows is told in one mail, an hour later."

Told = Sequence[tuple[RaisedAlert, Event]]


def tell(alert: Alert, told: Told, now: datetime) -> None:
    """Mail as many of the new ones as may be, and mark them; the others stay unmarked."""
    room = _room(alert, now) if alert.recipients else len(told)
    listeners = _listeners_of(alert, [event.id for _, event in told[:room]]) if alert.recipients and told else []
    for number, (raised, event) in enumerate(told[:room], start=1):
        raised.told_at = now
        letter = _letter_of(alert, event, is_last=number == room)
        for person, seen in listeners:
            if event.id in seen:
                outgoing_mail.post(letter, person, alert.organization)


def _room(alert: Alert, now: datetime) -> int:
    rows = RaisedAlert.with_deleted.filter(alert=alert)
    if rows.filter(told_at__isnull=True).exists():
        return 0
    lately = rows.filter(told_at__gt=now - HOUR)
    alone = lately.filter(is_summed_up=False).count()
    summaries = lately.filter(is_summed_up=True).values("told_at").distinct().count()
    return max(0, MOST_AN_HOUR - int(alone + summaries))


def held_back(now: datetime) -> list[str]:
    """The ids of alerts that held something back an hour ago."""
    rows = RaisedAlert.with_deleted.filter(told_at__isnull=True, raised_at__lte=now - HOUR)
    return list(rows.values_list("alert_id", flat=True).distinct())


def sum_up(alert: Alert, now: datetime) -> int:
    """One mail to each about what was held back, as far as they may know of it; returns how many rows that were."""
    rows = RaisedAlert.with_deleted.filter(alert=alert, told_at__isnull=True)
    for actor in _actors_of(alert):
        seen = AuditEvent.objects.visible_to(actor).filter(pk__in=rows.values("event_id"))
        counts = list(seen.order_by().values_list("verb").annotate(Count("pk")).order_by("verb"))
        if counts and actor.user is not None:
            outgoing_mail.post(_summary_of(alert, counts), actor.user, alert.organization)
    return int(rows.update(told_at=now, is_summed_up=True))


def _listeners_of(alert: Alert, event_ids: Sequence[str]) -> list[tuple[User, set[str]]]:
    """Each recipient, and which of the events they may see in the audit log."""
    found = []
    for actor in _actors_of(alert):
        seen = AuditEvent.objects.visible_to(actor).filter(pk__in=event_ids)
        if actor.user is not None:
            found.append((actor.user, set(seen.values_list("pk", flat=True))))
    return found


def _actors_of(alert: Alert) -> list[Actor]:
    """Those of the recipients who are still members, with what they may now."""
    members = {"is_active": True, "memberships__organization": alert.organization_id}
    people = User.objects.filter(pk__in=alert.recipients, **members).order_by("email")
    return list(actors_of(people).values())


def subject_of(alert: Alert, event: Event) -> str:
    return f"{alert.name}: {_words(event.type)}, {event.data['object']['name']}"


def _letter_of(alert: Alert, event: Event, *, is_last: bool) -> Letter:
    organization, data = alert.organization, event.data
    address = reverse("tenants:organization_audit", args=[organization.slug])
    if data["project"]:
        address = reverse("tenants:audit", args=[organization.slug, data["project"]])
    return Letter(
        subject_of(alert, event),
        f"The alert {alert.name} of {organization} tells of this." + (LAST_FOR_NOW if is_last else ""),
        facts=tuple((name, str(value)) for name, value in _facts(alert, event) if value),
        action="Look at the audit log",
        address=absolute(address),
        foot=_why(alert),
    )


def _facts(alert: Alert, event: Event) -> list[tuple[str, Any]]:
    data, actor = event.data, event.data["actor"]
    return [
        ("What", _words(event.type)),
        ("Of", data["object"]["name"]),
        ("Where", " / ".join(filter(None, [alert.organization.name, data["project"], data["environment"]]))),
        ("Who", f"{actor['name']} ({actor['kind'].replace('_', ' ')})"),
        ("When", f"{date_format(event.at, 'j F Y, H:i')} UTC"),
        ("Comment", data["comment"]),
    ]


def _summary_of(alert: Alert, counts: Sequence[tuple[str, int]]) -> Letter:
    count = sum(number for _, number in counts)
    return Letter(
        f"{alert.name}: {count} more",
        f"The alert {alert.name} of {alert.organization} told of {MOST_AN_HOUR} changes within an hour. {count} more"
        " happened since, and are not told one by one.",
        facts=tuple((_words(verb), str(number)) for verb, number in counts),
        action="Look at the audit log",
        address=absolute(reverse("tenants:organization_audit", args=[alert.organization.slug])),
        foot=_why(alert),
    )


def _why(alert: Alert) -> str:
    return f"You get this because you were chosen as a recipient of this alert. Admins of {alert.organization} can change that."


def _words(verb: str) -> str:
    return verb.replace(".", " ").replace("_", " ")
