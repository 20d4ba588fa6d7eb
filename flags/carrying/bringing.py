"""What a file of a project holds, made a project or brought into one that is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

from flags import documents, selectors, services
from flags.carrying.reading import read
from flags.carrying.writing import states_of
from flags.models import Flag, Segment
from flags.services.saving import Saved, same
from tenants import audit, outbox
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.changes import locked
from tenants.models import Environment, Organization, Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid


@dataclass(slots=True)
class Counts:
    """Of one kind of thing in the file: new in the project, changed by the file, and left because they were so already."""

    made: int = 0
    changed: int = 0
    left: int = 0

    def count(self, *, is_new: bool, changed: bool) -> None:
        self.made += is_new
        self.changed += changed and not is_new
        self.left += not changed and not is_new


@dataclass(frozen=True, slots=True)
class Carried:
    """What was imported, or would be."""

    environments: Counts
    segments: Counts
    flags: Counts
    states: Counts

    @property
    def is_nothing(self) -> bool:
        return not any(
            each.made or each.changed for each in (self.environments, self.segments, self.flags, self.states)
        )

    def document(self) -> dict[str, dict[str, int]]:
        return {
            name: {"made": each.made, "changed": each.changed, "left": each.left}
            for name in ("environments", "segments", "flags", "states")
            for each in (getattr(self, name),)
        }


class _OnlyTried(Exception):
    """Ends a transaction that was a trial."""


def take_in(
    organization: Organization, document: object, *, key: str = "", actor: Actor, dry_run: bool = False
) -> Carried:
    """Make the project of such a file anew, under another `key` if one is given. All of it, or nothing.

    Raises Conflict where a project of that key is there, Invalid with the places of faults, TooMany. With `dry_run` everything
    is checked, and nothing is there afterwards.
    """
    file = read(document)
    return _whole(lambda: _made(organization, file, key or file["project"]["key"], actor), dry_run)


def bring_into(
    project: Project, document: object, *, actor: Actor, comment: str = "", dry_run: bool = False
) -> Carried:
    """Make and change what such a file holds in a project that is there. All of it, or nothing.

    What the file does not name stays, and so do the name, colour and protection of environments that are there. It needs what
    each single change needs besides. Raises like `take_in`.
    """
    require(actor, "project.edit", project)
    file = read(document)
    return _whole(lambda: _brought(project, file, actor, comment), dry_run)


def _whole(change: Callable[[], Carried], dry_run: bool) -> Carried:
    try:
        with transaction.atomic():
            carried = change()
            if dry_run:
                raise _OnlyTried
    except _OnlyTried:
        pass
    return carried


def _made(organization: Organization, file: Mapping[str, Any], key: str, actor: Actor) -> Carried:
    if Project.with_deleted.filter(organization=organization, key=key).exists():
        raise Conflict(f'{organization.slug} has a project "{key}" already, or a deleted one: choose another key.')
    how: Any = {"actor": actor, "comment": _comment(file)}
    return _all_of(
        tenant_services.create_project(organization, key=key, name=file["project"]["name"], **how), file, how
    )


def _brought(project: Project, file: Mapping[str, Any], actor: Actor, comment: str) -> Carried:
    how: Any = {"actor": actor, "comment": comment or _comment(file)}
    carried = _all_of(locked(project), file, how)
    if not carried.is_nothing:
        audit.record(actor, "project.imported", project, None, carried.document(), comment=how["comment"])
        outbox.put("project.imported", project.organization, {"project": project.id})
    return carried


def _comment(file: Mapping[str, Any]) -> str:
    return f"Imported from a file of {file['project']['key']}"


def _all_of(project: Project, file: Mapping[str, Any], how: Any) -> Carried:
    """All segments and flags are there before anything names another."""
    environments, environment_counts = _environments(project, file["environments"], how)
    segments = _segments(project, file["segments"], how)
    flags, flag_counts = _flags(project, file["flags"], how)
    return Carried(environment_counts, segments, flag_counts, _states(flags, environments, file["flags"], how))


def _environments(project: Project, members: Any, how: Any) -> tuple[dict[str, Environment], Counts]:
    found = {each.key: each for each in Environment.objects.filter(project=project)}
    counts = Counts()
    for index, each in enumerate(members):
        counts.count(is_new=each["key"] not in found, changed=False)
        if each["key"] not in found:
            found[each["key"]] = _at(
                f"environments[{index}]", partial(tenant_services.create_environment, project, **{**each, **how})
            )
    return {each["key"]: found[each["key"]] for each in members}, counts


def _segments(project: Project, members: Any, how: Any) -> Counts:
    known = set(Segment.objects.filter(project=project).values_list("key", flat=True))
    counts = Counts()
    for index, each in enumerate(members):
        if each["key"] not in known:
            _at(f"segments[{index}]", partial(services.create_segment, project, {"key": each["key"]}, **how))
    for index, each in enumerate(members):
        saved = _at(f"segments[{index}]", partial(services.put_segment, project, each, **how))
        counts.count(is_new=each["key"] not in known, changed=saved.changed)
    return counts


def _flags(project: Project, members: Any, how: Any) -> tuple[list[Flag], Counts]:
    """Owners are of the place: a file names none, and whoever owns a flag here goes on to."""
    counts, flags = Counts(), []
    for index, each in enumerate(members):
        flag = selectors.with_key(Flag.objects, project, each["key"]).first()
        saved: Saved[Flag] = _at(f"flags[{index}]", partial(_put_flag, project, flag, each, how))
        counts.count(is_new=flag is None, changed=saved.changed)
        flags.append(saved.thing)
    return flags, counts


def _put_flag(project: Project, flag: Flag | None, each: Mapping[str, Any], how: Any) -> Saved[Flag]:
    body = {name: value for name, value in each.items() if name != "states"}
    if flag is None:
        return services.create_flag(project, body, **how)
    if flag.archived_at is not None:
        raise Conflict(f"{flag.key} is archived here; unarchive it first, or take it out of the file.")
    defaults = {name: value for name, value in documents.FLAG_DEFAULTS.items() if name != "owner"}
    return services.edit_flag(flag, defaults | body, **how)


def _states(flags: list[Flag], environments: Mapping[str, Environment], members: Any, how: Any) -> Counts:
    counts, here = Counts(), states_of(flags, list(environments.values()))
    for index, (flag, each) in enumerate(zip(flags, members, strict=True)):
        for name, state in each.get("states", {}).items():
            place = f"flags[{index}].states.{name}"
            if name not in environments:
                raise Invalid([Fault(place, "there is no such environment in the file")])
            now = here[flag.pk].get(name)
            # A file has no weights of splits: without this, one that was just written would change its own project.
            change = partial(services.put_config, flag, environments[name], state, **how)
            changed = not same(now, state) and _at(place, change).changed
            counts.count(is_new=changed and now is None, changed=changed)
    return counts


def _at(place: str, service: Callable[[], Any]) -> Any:
    """What the service returns; its faults with the place in the file before them."""
    try:
        return service()
    except Invalid as error:
        raise Invalid([Fault(f"{place}.{fault.path}".rstrip("."), fault.message) for fault in error.faults]) from None
    except Conflict as error:
        raise Conflict(f"{place}: {error.detail}") from None
    except TypeError as error:
        raise Invalid([Fault(place, f"cannot be read: {error}")]) from None
