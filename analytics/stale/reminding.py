"""Mails that remind owners of flags which seem stale: one a week to each, of flags that they were not told of lately.

What was told is written in the transaction that has the mail sent, with the owner's membership locked: so a worker that is
killed leaves nothing half done, and of two at once the second finds that all is told.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from analytics.folding import DAYS
from analytics.models import StaleReminder
from analytics.stale.findings import Finding, find_all
from flags.models import Flag
from tenants import outgoing_mail
from tenants.letters import Letter, Matter, absolute
from tenants.models import Membership, Organization, Project, User
from tenants.permissions import actor_of

# What is less sure than this is not worth a mail.
SURE_ENOUGH = 40
# By midnights in UTC, so that what is sent once a day at the same hour stays on its day.
A_WEEK, AGAIN = timedelta(days=6), timedelta(days=29)
MOST_TOLD = 20

log = logging.getLogger(__name__)


def remind(now: datetime) -> int:
    """Remind all owners for whom it is time; returns how many mails that were."""
    owned = Flag.objects.filter(archived_at__isnull=True, is_permanent=False, owner__hears_of_stale_flags=True)
    ids = owned.order_by("organization_id").values_list("organization_id", flat=True).distinct()
    return sum(_carefully(organization, now) for organization in Organization.objects.filter(pk__in=list(ids)))


def _carefully(organization: Organization, now: datetime) -> int:
    """What fails in one organization is no other's trouble, and is tried again on the next day."""
    try:
        return _remind_in(organization, now)
    except Exception:
        log.exception("the owners of stale flags of %s could not be reminded", organization.slug)
        return 0


def _remind_in(organization: Organization, now: datetime) -> int:
    found: dict[str, list[Finding]] = {}
    for project in Project.objects.filter(organization=organization).select_related("organization"):
        for finding in find_all(project, now=now):
            finding.flag.project = project
            if finding.flag.owner_id is not None and finding.sure >= SURE_ENOUGH:
                found.setdefault(finding.flag.owner_id, []).append(finding)
    people = User.objects.filter(pk__in=found, is_active=True, hears_of_stale_flags=True)
    return sum(_tell(organization, person, found[person.pk], now) for person in people.order_by("pk"))


@transaction.atomic
def _tell(organization: Organization, owner: User, findings: Sequence[Finding], now: datetime) -> bool:
    """Whether there was anything to tell."""
    member = Membership.objects.filter(organization=organization, user=owner)
    if member.select_for_update(of=("self",), no_key=True).first() is None:
        return False
    today, rows = DAYS.start_of(now), StaleReminder.objects.filter(organization=organization)
    if rows.filter(owner=owner, reminded_at__gte=today - A_WEEK).exists():
        return False
    told = set(rows.filter(reminded_at__gte=today - AGAIN).values_list("flag_id", flat=True))
    seen = set(Flag.objects.visible_to(actor_of(owner)).filter(owner=owner).values_list("pk", flat=True))
    news = [each for each in findings if each.flag.pk in seen - told]
    if not news:
        return False
    for each in news[:MOST_TOLD]:
        as_told = {"organization": organization, "project": each.flag.project, "owner": owner, "reminded_at": now}
        StaleReminder.objects.update_or_create(flag=each.flag, defaults=as_told)
    outgoing_mail.post(_letter(organization, owner, news), owner, organization)
    return True


def _letter(organization: Organization, owner: User, findings: Sequence[Finding]) -> Letter:
    count = "A flag of yours seems" if len(findings) == 1 else f"{len(findings)} flags of yours seem"
    project = findings[0].flag.project
    more = len(findings) - MOST_TOLD
    return Letter(
        f"{count} stale in {organization}",
        "Nobody seems to need what follows any more. Archive it, which can be undone, or say that it stays and why."
        + (f" The surest {MOST_TOLD} stand here; {more} more are on the page." if more > 0 else ""),
        matters=tuple(_matter(organization, finding) for finding in findings[:MOST_TOLD]),
        action=f"Look at those of {project}",
        address=absolute(reverse("stale:list", args=[organization.slug, project.key]) + f"?owner={owner.pk}"),
        foot="You get this once a week at most, since you own these flags. Choose which mails you get here: "
        + absolute(reverse("tenants:notices")),
    )


def _matter(organization: Organization, finding: Finding) -> Matter:
    flag = finding.flag
    place = [organization.slug, flag.project.key, flag.key]
    return Matter(
        f"{flag.project} / {flag.key}",
        " ".join(each.says for each in finding.evidence),
        (
            ("Look at it", absolute(reverse("stale:flag", args=place))),
            ("Keep it", absolute(reverse("stale:keep", args=place))),
        ),
    )
