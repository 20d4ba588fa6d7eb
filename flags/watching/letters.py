"""What a mail about watched flags says: by project and flag, who did what, in the words of the history page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format

from flags.dashboard.words import changes
from flags.models import Flag
from flags.watching.stopping import address_to_stop
from tenants.differences import differences
from tenants.letters import Letter, Matter, absolute
from tenants.models import AuditEvent, Environment, Organization, User, WatchMail

MOST_TOLD = 60
# Of one act, and of one line.
MOST_DETAILS, LONGEST_DETAIL = 8, 200
LAST_FOR_NOW = " This is the last mail of this kind for now: what follows within an hour comes in one mail."
# What these verbs did, as a sentence goes on behind a name; others are said by their own words.
DEEDS = {
    "flag.toggled": "turned it {switch}",
    "flag.killed": "killed it",
    "flag.configured": "changed its rules",
    "flag.rolled_back": "rolled it back",
    "flag.created": "made it",
    "flag.edited": "changed its settings",
    "flag.archived": "archived it",
    "flag.unarchived": "unarchived it",
    "flag.deleted": "deleted it",
    "flag.undeleted": "undeleted it",
}
# They change with every save, or are said elsewhere.
UNTOLD = {"version", "updated_at", "created_at", "archived_at", "killed_at"}
STATE = {"enabled", "prerequisites", "targets", "rules", "fallthrough", "off"}
FOUND_IN = {
    WatchMail.AT_ONCE: "You get this at once, since you watch these flags.",
    WatchMail.DAILY: "You get this once a day, since you watch these flags.",
    WatchMail.WEEKLY: "You get this once a week, since you watch these flags.",
}


@dataclass(frozen=True, slots=True)
class News:
    """One act. `environment` is None for what was done in all of them at once."""

    flag: Flag
    environment: Environment | None
    event: AuditEvent


def letter_of(organization: Organization, person: User, news: Sequence[News], *, is_last: bool) -> Letter:
    told = news[-MOST_TOLD:]
    flags = _by_flag(told)
    stop = address_to_stop(person)
    return Letter(
        _subject(organization, news),
        _lead(organization, news) + (LAST_FOR_NOW if is_last else ""),
        matters=tuple(_matter(organization, person, some) for some in flags),
        action="Look at the flags that you watch",
        address=absolute(reverse("flags:list", args=[organization.slug, told[-1].flag.project.key]) + "?watched=yes"),
        foot=f"{FOUND_IN[WatchMail(person.hears_of_watched_flags)]} Choose how you hear of them: "
        f"{absolute(reverse('tenants:notices'))} Stop these mails: {stop}",
        unsubscribe=stop,
    )


def _by_flag(news: Sequence[News]) -> list[list[News]]:
    """By project and key, each in the order in which it happened."""
    found: dict[str, list[News]] = {}
    for one in sorted(news, key=lambda one: (one.flag.project.name, one.flag.key)):
        found.setdefault(one.flag.pk, []).append(one)
    return list(found.values())


def _subject(organization: Organization, news: Sequence[News]) -> str:
    keys = list(dict.fromkeys(one.flag.key for one in news))
    if len(news) == 1:
        return f"{keys[0]}: {_deed(news[0])}"
    if len(keys) == 1:
        return f"{keys[0]}: {len(news)} changes"
    return f"{len(news)} changes to {len(keys)} flags that you watch in {organization}"


def _lead(organization: Organization, news: Sequence[News]) -> str:
    what = "One thing" if len(news) == 1 else f"{len(news):,} things"
    more = len(news) - MOST_TOLD
    said = f"{what} happened to flags that you watch in {organization}."
    return said + (f" The newest {MOST_TOLD} stand here; the flags' own histories have all." if more > 0 else "")


def _matter(organization: Organization, person: User, news: Sequence[News]) -> Matter:
    flag = news[0].flag
    links = [] if flag.deleted_at else [("Look at it", _address("flags:anywhere", organization, flag))]
    links += [link for link in dict.fromkeys(_diff(organization, one) for one in news) if link]
    return Matter(
        f"{flag.project} / {flag.key}",
        "",
        tuple(links),
        tuple(line for one in news for line in _lines(one, person)),
    )


def _lines(one: News, person: User) -> Iterator[str]:
    at = date_format(one.event.at.astimezone(ZoneInfo(person.time_zone)), "j M, H:i")
    yield f"{at}: {_deed(one)}"
    details = list(_details(one.event))
    yield from (f"   {detail[:LONGEST_DETAIL]}" for detail in details[:MOST_DETAILS])
    if len(details) > MOST_DETAILS:
        yield f"   and {len(details) - MOST_DETAILS} more"
    if one.event.comment:
        yield f"   “{one.event.comment[:LONGEST_DETAIL]}”"


def _deed(one: News) -> str:
    """`Alice turned it on in Production`; of what has no such words, `guardrail breached: errors in Production, by …`."""
    event, who = one.event, one.event.actor_name or "Somebody"
    place = f" in {one.environment.name}" if one.environment is not None else ""
    if event.verb not in DEEDS:
        words = event.verb.replace(".", " ").replace("_", " ")
        name = event.object_name.removesuffix(f" in {one.environment.key}" if one.environment is not None else "")
        return f"{words}: {name}{place}, by {who}"
    is_on = isinstance(event.after, dict) and event.after.get("enabled")
    return f"{who} {DEEDS[event.verb].format(switch='on' if is_on else 'off')}{place}"


def _details(event: AuditEvent) -> Iterator[str]:
    """What differs, as the history says it; nothing where a side is missing, as when it was made or its payload erased."""
    before, after = event.before, event.after
    if not isinstance(before, dict) or not isinstance(after, dict) or event.verb in ("flag.toggled", "flag.killed"):
        return
    if before.keys() >= STATE and after.keys() >= STATE:
        for change in changes(before, after):
            yield from (f"{change.where}: − {line}" for line in change.removed)
            yield from (f"{change.where}: + {line}" for line in change.added)
        return
    for one in differences(before, after):
        if one.path not in UNTOLD:
            yield f"{one.path}: {one.before or 'nothing'} → {one.after or 'nothing'}"


def _diff(organization: Organization, one: News) -> tuple[str, str] | None:
    """Where the history shows it."""
    if one.flag.deleted_at:
        return None
    if one.environment is None:
        return "Its settings' history", _address("flags:settings", organization, one.flag)
    return f"What changed in {one.environment.name}", _address(
        "flags:history", organization, one.flag, one.environment.key
    )


def _address(name: str, organization: Organization, flag: Flag, *more: Any) -> str:
    return absolute(reverse(name, args=[organization.slug, flag.project.key, flag.key, *more]))
