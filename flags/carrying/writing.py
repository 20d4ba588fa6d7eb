"""A project written into a file."""

from collections import defaultdict
from typing import Any

from flags import documents
from flags.carrying.reading import FORMAT
from flags.models import Flag, FlagConfig, Segment
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.permissions import require


def exported(project: Project, *, actor: Actor) -> dict[str, Any]:
    """Everything that an import makes again, the buckets of people in splits included. Owners and archived flags stay behind."""
    require(actor, "project.view", project)
    environments = list(Environment.objects.filter(project=project).order_by("position", "pk"))
    flags = list(Flag.objects.filter(project=project, archived_at=None).select_related("owner").order_by("key"))
    states = states_of(flags, environments)
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
        "flags": [_members(flag) | {"states": states[flag.pk]} for flag in flags],
    }


def _members(flag: Flag) -> dict[str, Any]:
    return {name: value for name, value in documents.written_members(flag).items() if name != "owner"}


def states_of(flags: list[Flag], environments: list[Environment]) -> dict[Any, dict[str, Any]]:
    """By flag and by the key of the environment, in the order of the environments."""
    places, by_id = {each.pk: each for each in environments}, {flag.pk: flag for flag in flags}
    states: dict[Any, dict[str, Any]] = defaultdict(dict)
    rows = FlagConfig.objects.filter(environment__in=environments).order_by("environment__position", "environment_id")
    for config in (row for row in rows if row.flag_id in by_id):
        config.flag, config.environment = by_id[config.flag_id], places[config.environment_id]
        states[config.flag_id][config.environment.key] = documents.config_exactly(config)
    return states
