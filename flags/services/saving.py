"""What all services of flags do alike: lock, compare versions, keep history, say what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.utils import timezone

from evaluation.core.canonical import canonical
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import AuditEvent, Project
from tenants.permissions import require
from tenants.problems import Conflict

Thing = TypeVar("Thing")
LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class Saved(Generic[Thing]):
    """What a service leaves behind. `changed` is False when everything was so already and nothing was written."""

    thing: Thing
    changed: bool = True
    warnings: tuple[str, ...] = ()


def lock_project(project_id: str) -> Project:
    """The first lock of whatever looks at other flags or segments before it writes: the project's row."""
    found: Project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project_id)
    return found


def lock_flag(flag: Flag) -> Flag:
    """The flag as it is now, deleted or not; locked after its project and before its states."""
    locked = Flag.with_deleted.select_for_update(of=("self",), no_key=True)
    found: Flag = locked.select_related("project", "organization", "owner").get(pk=flag.pk)
    return found


def lock_segment(segment: Segment) -> Segment:
    locked = Segment.with_deleted.select_for_update(of=("self",), no_key=True)
    found: Segment = locked.select_related("project", "organization").get(pk=segment.pk)
    return found


def check_version(thing: Flag | FlagConfig | Segment, expected: int | None, saved_by: str = "") -> None:
    """Compare-and-set: raises Conflict when somebody saved since the version that the writer saw; None skips it."""
    if expected is None or expected == thing.version:
        return
    if expected > thing.version or thing.updated_at is None:
        raise Conflict(f"You edited version {expected}, but the newest is {thing.version}.")
    who = saved_by or _last_writer(thing)
    at = thing.updated_at.strftime("%H:%M" if thing.updated_at.date() == timezone.now().date() else "%H:%M on %d %B %Y")
    raise Conflict(f"You edited version {expected}; {who} saved version {thing.version} at {at}.")


def _last_writer(thing: Any) -> str:
    events = AuditEvent.objects.filter(object_type=thing._meta.model_name, object_id=thing.pk)
    last = events.order_by("-position").values_list("actor_name", flat=True).first()
    return last or "somebody"


def keep(thing: Any, fields: Iterable[str], actor: Actor, comment: str) -> None:
    """Save the named fields, with a row of history that says who and why; a new thing is saved whole."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("history belongs into the transaction of its change")
    thing._history_user = actor.user
    thing._change_reason = comment[:LONGEST_REASON]
    if thing._state.adding:
        thing.save(force_insert=True)
    else:
        thing.save(update_fields=[*fields, *(["updated_at"] if hasattr(thing, "updated_at") else [])])


def assign(thing: Any, fields: dict[str, Any]) -> list[str]:
    """Set what differs, and return the names of it."""
    changed = [name for name, value in fields.items() if not same(getattr(thing, name), value)]
    for name in changed:
        setattr(thing, name, fields[name])
    return changed


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values: unlike in Python, true is not 1."""
    try:
        return canonical(one) == canonical(other)
    except (TypeError, ValueError):
        return bool(one == other)


def require_in_each(actor: Actor, verb: str, configs: Iterable[FlagConfig]) -> None:
    """What acts in all environments at once needs the right in each one that uses the thing."""
    for config in configs:
        require(actor, verb, config)
