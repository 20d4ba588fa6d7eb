"""One project as a file: environments, segments, flags and their states; no keys, no people, nothing of what happened.

docs/project-files.md has the format. What is imported goes through the services of everybody, in one transaction, so that it is
checked, limited, audited and published like any change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from flags import documents, services
from flags.models import Flag, FlagConfig, Segment
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid

FORMAT = "flagforge-project-1"
MEMBERS = {"format", "project", "environments", "segments", "flags"}


@dataclass(frozen=True, slots=True)
class Carried:
    """What was imported, or would be."""

    environments: int
    segments: int
    flags: int
    states: int


class _OnlyTried(Exception):
    """Ends a transaction that was a trial."""


def exported(project: Project, *, actor: Actor) -> dict[str, Any]:
    """Everything that `take_in` makes again, the buckets of people in splits included. Owners and archived flags stay behind."""
    require(actor, "project.view", project)
    environments = list(Environment.objects.filter(project=project).order_by("position", "pk"))
    return {
        "format": FORMAT,
        "project": {"key": project.key, "name": project.name},
        "environments": [
            {"key": each.key, "name": each.name, "color": each.color, "is_protected": each.is_protected}
            for each in environments
        ],
        "segments": [
            {"key": each.key, "name": each.name, **documents.membership_of(each)}
            for each in Segment.objects.filter(project=project).order_by("key")
        ],
        "flags": [_flag(each, environments) for each in _flags(project)],
    }


def _flags(project: Project) -> Any:
    return Flag.objects.filter(project=project, archived_at=None).order_by("key")


def _flag(flag: Flag, environments: list[Environment]) -> dict[str, Any]:
    configs = {config.environment_id: config for config in FlagConfig.objects.filter(flag=flag)}
    states = {each.key: documents.config_exactly(configs[each.pk]) for each in environments if each.pk in configs}
    written = {name: value for name, value in documents.written_members(flag).items() if name != "owner"}
    return written | {"states": states}


def take_in(
    organization: Organization, document: object, *, key: str = "", actor: Actor, dry_run: bool = False
) -> Carried:
    """Make the project of such a file anew, under another `key` if one is given. All of it, or nothing.

    Raises Conflict where a project of that key is there, Invalid with the places of faults, TooMany. With `dry_run` everything
    is checked, and nothing is there afterwards.
    """
    read = _read(document)
    try:
        with transaction.atomic():
            made = _made(organization, read, key or read["project"]["key"], actor)
            if dry_run:
                raise _OnlyTried
    except _OnlyTried:
        pass
    return made


def _read(document: object) -> Mapping[str, Any]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Invalid([Fault("format", f'this is no file of a project: it must be "{FORMAT}"')])
    faults = [Fault(name, "unknown member") for name in sorted(document.keys() - MEMBERS)]
    faults += [Fault(name, "is missing") for name in sorted(MEMBERS - document.keys())]
    lists = ("environments", "segments", "flags")
    faults += [Fault(name, "must be a list of objects") for name in lists if not _is_list(document.get(name, []))]
    if not isinstance(document.get("project"), dict) or not {"key", "name"} <= document["project"].keys():
        faults.append(Fault("project", "must have a key and a name"))
    if faults:
        raise Invalid(faults)
    return document


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) and "key" in each for each in value)


def _made(organization: Organization, read: Mapping[str, Any], key: str, actor: Actor) -> Carried:
    if Project.with_deleted.filter(organization=organization, key=key).exists():
        raise Conflict(f'{organization.slug} has a project "{key}" already, or a deleted one: choose another key.')
    how: Any = {"actor": actor, "comment": f"Imported from a file of {read['project']['key']}"}
    project = tenant_services.create_project(organization, key=key, name=read["project"]["name"], **how)
    environments = {}
    for index, each in enumerate(read["environments"]):
        environments[each["key"]] = _at(
            f"environments[{index}]", tenant_services.create_environment, project, **each, **how
        )
    for index, each in enumerate(read["segments"]):
        # All are there before any of their rules names another.
        _at(f"segments[{index}]", services.create_segment, project, {"key": each["key"]}, **how)
    for index, each in enumerate(read["segments"]):
        _at(f"segments[{index}]", services.put_segment, project, each, **how)
    flags = [_flag_made(project, index, each, how) for index, each in enumerate(read["flags"])]
    states = 0
    for index, (flag, each) in enumerate(zip(flags, read["flags"], strict=True)):
        for name, state in each.get("states", {}).items():
            place = f"flags[{index}].states.{name}"
            if name not in environments:
                raise Invalid([Fault(place, "there is no such environment in the file")])
            _at(place, services.put_config, flag, environments[name], state, **how)
            states += 1
    return Carried(len(environments), len(read["segments"]), len(flags), states)


def _flag_made(project: Project, index: int, each: Mapping[str, Any], how: Any) -> Flag:
    body = {name: value for name, value in each.items() if name != "states"}
    saved = _at(f"flags[{index}]", services.create_flag, project, body, **how)
    flag: Flag = saved.thing
    return flag


def _at(place: str, service: Any, *arguments: Any, **named: Any) -> Any:
    """What the service returns; its faults with the place in the file before them."""
    try:
        return service(*arguments, **named)
    except Invalid as error:
        raise Invalid([Fault(f"{place}.{fault.path}".rstrip("."), fault.message) for fault in error.faults]) from None
    except Conflict as error:
        raise Conflict(f"{place}: {error.detail}") from None
    except TypeError as error:
        raise Invalid([Fault(place, f"cannot be read: {error}")]) from None
