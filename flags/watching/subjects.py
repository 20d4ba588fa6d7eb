"""Which flag an entry of the audit log is about, whatever kind of thing it names.

A thing is about a flag when its table has a foreign key to it, so that what later apps make (rollouts, guardrails, experiments)
is found without their help; of a thing that is gone, the entry itself may name the flag.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from flags.models import Flag
from tenants.models import AuditEvent
from tenants.webhooks.events import NamedFlag


def flags_of(events: Sequence[AuditEvent]) -> dict[str, str]:
    """Event id → flag id, of those that are about one; a query for each kind of thing among them."""
    found = {}
    for kind, some in _by(events, "object_type").items():
        flag_ids = _flag_ids(kind, {event.object_id for event in some})
        found.update({event.id: flag_ids[event.object_id] for event in some if event.object_id in flag_ids})
    return found | _named([event for event in events if event.id not in found])


def named_flags_of(events: Sequence[AuditEvent]) -> dict[str, NamedFlag]:
    """The same with key and tags, of deleted flags too."""
    ids = flags_of(events)
    rows = Flag.with_deleted.filter(pk__in=set(ids.values())).values_list("pk", "key", "tags")
    flags = {pk: NamedFlag(key, tuple(tags)) for pk, key, tags in rows}
    return {event_id: flags[flag_id] for event_id, flag_id in ids.items() if flag_id in flags}


def _by(events: Iterable[AuditEvent], name: str) -> Mapping[str, list[AuditEvent]]:
    found: dict[str, list[AuditEvent]] = {}
    for event in events:
        found.setdefault(getattr(event, name), []).append(event)
    return found


def _flag_ids(kind: str, ids: set[str]) -> dict[str, str]:
    if kind == "flag":
        return {flag_id: flag_id for flag_id in Flag.with_deleted.filter(pk__in=ids).values_list("pk", flat=True)}
    model = _about_flags().get(kind)
    if model is None:
        return {}
    return {str(pk): flag_id for pk, flag_id in model._base_manager.filter(pk__in=ids).values_list("pk", "flag_id")}


@cache
def _about_flags() -> dict[str, Any]:
    """The tables whose things belong to a flag, by the names under which the audit log has them; no history."""
    models = (model for model in apps.get_models() if not hasattr(model, "history_id"))
    return {str(model._meta.model_name): model for model in models if _leads_to_a_flag(model)}


def _leads_to_a_flag(model: Any) -> bool:
    try:
        return model._meta.get_field("flag").related_model is Flag
    except FieldDoesNotExist:
        return False


def _named(events: Sequence[AuditEvent]) -> dict[str, str]:
    """Those whose sides name a flag by its key, as those of a thing that was removed do."""
    keys = {event.id: (event.project_id, key) for event in events if (key := _key_in(event))}
    if not keys:
        return {}
    rows = Flag.with_deleted.filter(
        project_id__in={project for project, _ in keys.values()}, key__in={key for _, key in keys.values()}
    )
    ids = {(project_id, key): pk for pk, project_id, key in rows.values_list("pk", "project_id", "key")}
    return {event_id: ids[place] for event_id, place in keys.items() if place in ids}


def _key_in(event: AuditEvent) -> str:
    for side in (event.after, event.before):
        if isinstance(side, dict) and isinstance(side.get("flag"), str) and event.project_id:
            return str(side["flag"])
    return ""
