"""What webhooks can hear of: the types of events, which are verbs of the audit log, and an event as plain data."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tenants.models import Alert, AuditEvent, Environment, Organization, Project, Webhook
from tenants.models.base import new_id

# What happened to what. A type is the verb under which the audit log has it, and the topic of the outbox.
TYPES: dict[str, tuple[str, ...]] = {
    "flag": (
        "created",
        "edited",
        "toggled",
        "killed",
        "configured",
        "rolled_back",
        "archived",
        "unarchived",
        "deleted",
        "undeleted",
    ),
    "segment": ("created", "edited", "rolled_back", "deleted", "undeleted"),
    "saved_view": ("created", "edited", "deleted"),
    "project": ("created", "edited", "imported", "rolled_back", "deleted", "undeleted"),
    "environment": ("created", "edited", "rolled_back", "deleted", "undeleted"),
    "api_key": ("created", "edited", "rotated", "revoked", "leak_reported"),
    "trigger": ("created", "revoked"),
    "rollout": (
        "created",
        "started",
        "stepped",
        "next_asked",
        "paused",
        "resumed",
        "finished",
        "stopped",
        "rolled_back",
    ),
    "metric": ("created", "edited", "deleted"),
    "exclusion_group": ("created", "edited", "deleted"),
    "experiment": ("created", "edited", "started", "stopped", "concluded", "deleted"),
    "guardrail": ("created", "edited", "armed", "dismissed", "breached", "would_breach", "deleted"),
    "member": ("added", "role_set", "role_withdrawn", "removed"),
    "invitation": ("created", "accepted", "revoked"),
    "team": ("created", "edited", "deleted", "member_added", "member_removed", "role_set", "role_withdrawn"),
    "role": ("created", "edited", "deleted"),
    "webhook": ("created", "edited", "rotated", "enabled", "disabled", "deleted"),
    "organization": (
        "renamed",
        "handed_over",
        "mfa_policy_set",
        "leak_policy_set",
        "limits_set",
        "retention_set",
        "deleted",
        "undeleted",
    ),
    "audit": ("checkpoint", "purged", "person_erased", "head_broken"),
    "alert": ("created", "edited", "deleted", "raised"),
}
EVENT_TYPES = tuple(f"{thing}.{what}" for thing, several in TYPES.items() for what in several)
# They are announced through the outbox: nobody has done them, so the audit log does not have them.
ANNOUNCED = frozenset({"audit.checkpoint", "alert.raised"})
TEST = "webhook.tested"
# Whole flags may have ten thousand targets. What is left out can be read in the audit log.
LONGEST_SIDE = 32_000


class NamedFlag(NamedTuple):
    key: str
    tags: tuple[str, ...]


FlagFinder = Callable[[Sequence[AuditEvent]], Mapping[str, NamedFlag]]
_finders: list[FlagFinder] = []


def find_flags_by(finder: FlagFinder) -> None:
    """Have this say, for ids of entries, which flag each is about: flags are another app's."""
    if finder not in _finders:
        _finders.append(finder)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in an organization. `data` holds names in it, and no secrets.

    `flag` is the one that it is about, where somebody asked for that.
    """

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    project_id: str = ""
    environment_id: str = ""
    flag: NamedFlag | None = None


def wants(webhook: Webhook, event: Event) -> bool:
    """Whether the webhook was made for such events, in that place."""
    is_told = not webhook.events or event.type in webhook.events
    return is_told and is_within(webhook, event) and _is_about_its_flags(webhook, event)


def is_narrow(webhook: Webhook) -> bool:
    """Whether it hears of certain flags alone."""
    return bool(webhook.flags or webhook.tags)


def _is_about_its_flags(webhook: Webhook, event: Event) -> bool:
    if not is_narrow(webhook) or event.type == TEST:
        return True
    flag = event.flag
    return flag is not None and (flag.key in webhook.flags or not set(webhook.tags).isdisjoint(flag.tags))


def is_within(listener: Webhook | Alert, event: Event) -> bool:
    """Whether it happened in the place of the webhook or alert.

    One of an environment hears what happens in it, and what happens to its project's flags and segments in all of them.
    """
    if listener.project_id and event.project_id != listener.project_id:
        return False
    if not listener.environment_id or event.environment_id == listener.environment_id:
        return True
    return not event.environment_id and event.type.partition(".")[0] in ("flag", "segment")


def events_of(rows: Collection[AuditEvent], organization: Organization, *, with_flags: bool = False) -> list[Event]:
    """Those of the audit log's entries that webhooks can hear of; two queries more, and some to know their flags."""
    told = [row for row in rows if row.verb in EVENT_TYPES and row.verb not in ANNOUNCED]
    flags = {id_: flag for find in _finders for id_, flag in find(told).items()} if with_flags else {}
    projects = _keys(Project, {row.project_id for row in told})
    environments = _keys(Environment, {row.environment_id for row in told})
    return [
        Event(
            row.id,
            row.verb,
            row.at,
            {
                "position": row.position,
                "organization": organization.slug,
                "project": projects.get(row.project_id),
                "environment": environments.get(row.environment_id),
                "actor": {"kind": row.actor_kind, "id": row.actor_id, "name": row.actor_name},
                "object": {"type": row.object_type, "id": row.object_id, "name": row.object_name},
                **_sides(row.before, row.after),
                "comment": row.comment,
                "request_id": row.request_id,
            },
            row.project_id,
            row.environment_id,
            flags.get(row.id),
        )
        for row in told
    ]


def announced(type_: str, organization: Organization, at: datetime, payload: Mapping[str, Any]) -> Event:
    """What a row of the outbox says; a project and an environment in it are named by their ids."""
    data = {"organization": organization.slug, **payload}
    ids = [str(payload.get(f"{kind}_id") or "") for kind in ("project", "environment")]
    return Event(new_id(), type_, at, data, ids[0], ids[1])


def a_test(webhook: Webhook, at: datetime) -> Event:
    """What the test button sends, whatever the webhook was made for."""
    data = {"organization": webhook.organization.slug, "webhook": {"id": webhook.id, "name": webhook.name}}
    return Event(new_id(), TEST, at, data)


def _keys(model: Any, ids: Iterable[str]) -> dict[str, str]:
    """Of deleted ones too: that one was deleted is told with its name."""
    return dict(model.with_deleted.filter(pk__in=set(ids) - {""}).values_list("pk", "key"))


def _sides(before: Any, after: Any) -> dict[str, Any]:
    too_long = any(len(json.dumps(side)) > LONGEST_SIDE for side in (before, after))
    return {
        "before": None if too_long else before,
        "after": None if too_long else after,
        "is_shortened": too_long,
    }
