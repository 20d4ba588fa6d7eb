"""What all services of flags do alike: compare versions, keep history, ask for the right in every environment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.db.models import Model
from django.utils import timezone

from evaluation.core.canonical import canonical
from flags.models import FlagConfig
from tenants.actors import Actor
from tenants.changes import check
from tenants.models import AuditEvent, Environment, Project
from tenants.past import entries_of, find_version
from tenants.permissions import require
from tenants.problems import Fault, Invalid, VersionConflict

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Saved(Generic[Thing]):
    """What a service leaves behind. `changed` is False when everything was so already and nothing was written."""

    thing: Thing
    changed: bool = True
    warnings: tuple[str, ...] = ()


def check_version(thing: Any, expected: int | None) -> None:
    """Compare-and-set: raises VersionConflict when somebody saved since the version that the writer saw; None skips it.

    The thing is anything with a version and the moment of its last save.
    """
    if expected is None or expected == thing.version:
        return
    if expected > thing.version or thing.updated_at is None:
        raise VersionConflict(f"You edited version {expected}, but the newest is {thing.version}.")
    today = thing.updated_at.date() == timezone.now().date()
    at = thing.updated_at.strftime("%H:%M" if today else "%H:%M on %d %B %Y")
    raise VersionConflict(
        f"You edited version {expected}; {_last_writer(thing)} saved version {thing.version} at {at}."
    )


def _last_writer(thing: Any) -> str:
    if isinstance(thing, FlagConfig):
        return thing.updated_by_name
    # Backwards along the chain's own index: what somebody just saved is near its end.
    events = AuditEvent.objects.filter(chain=thing.organization_id, object_id=thing.pk)
    return events.order_by("-position").values_list("actor_name", flat=True).first() or "somebody"


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


def keep(thing: Any, fields: Iterable[str], actor: Actor, comment: str) -> None:
    """Save the named fields as a new version, with a row of history that says who and why; a new thing is saved whole."""
    check(None, comment)
    # Without a user set, simple-history would take that of the running request.
    thing._history_user, thing._change_reason = actor.user, comment or None
    if thing._state.adding:
        thing.save(force_insert=True)
    else:
        thing.version += 1
        thing.save(update_fields=[*fields, "version", "updated_at"])


def version_of(thing: Thing, version: int) -> Thing:
    """The thing as it was then; raises Invalid when it has no such version."""
    then: Thing | None = find_version(cast(Model, thing), version)
    if then is None:
        newest = entries_of(cast(Model, thing))[0].version
        raise Invalid([Fault("to_version", f"there is no version {version}; the newest is {newest}")])
    return then


def require_in_each(actor: Actor, verb: str, configs: Iterable[FlagConfig]) -> None:
    """What acts in all environments at once needs the right in each one that uses the thing."""
    for config in configs:
        require(actor, verb, config)


def environments_of(project: Project) -> list[Environment]:
    return list(Environment.objects.filter(project=project))
