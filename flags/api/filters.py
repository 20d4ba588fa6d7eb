"""Which flags of a list were asked for."""

from typing import Any

from flags import selectors
from flags.elements import holds
from flags.models import Flag
from flags.watching.watchers import watched_by
from tenants import selectors as tenant_selectors
from tenants.actors import Actor
from tenants.api.problems import refuse
from tenants.models import Environment, Project

FILTERS = ("search", "archived", "kind", "type", "tag", "enabled_in", "watched")
WATCHED = {"true": True, "false": False}
ARCHIVED = {"false": False, "true": True, "all": None}


def flags_asked_for(project: Project, asked: dict[str, str], actor: Actor) -> Any:
    """A queryset by key; raises `Invalid` with the path of a filter that means nothing."""
    if asked.get("archived", "false") not in ARCHIVED:
        raise refuse("archived", f"choose one of {', '.join(ARCHIVED)}")
    flags = selectors.flags_of(
        project, actor, archived=ARCHIVED[asked.get("archived", "false")], search=asked.get("search", "")
    )
    if "kind" in asked:
        flags = flags.filter(kind=_choice("kind", asked["kind"], Flag.Kind.values))
    if "type" in asked:
        flags = flags.filter(value_type=_choice("type", asked["type"], Flag.ValueType.values))
    if "tag" in asked:
        flags = flags.filter(holds("tags", asked["tag"]))
    if "enabled_in" in asked:
        environment = environment_named(project, "enabled_in", asked["enabled_in"], actor)
        flags = flags.filter(configs__environment=environment, configs__enabled=True)
    if "watched" in asked:
        mine, is_wanted = watched_by(actor.user), WATCHED[_choice("watched", asked["watched"], list(WATCHED))]
        flags = flags.filter(mine) if is_wanted else flags.exclude(mine)
    return flags


def _choice(path: str, given: str, choices: list[str]) -> str:
    if given not in choices:
        raise refuse(path, f"choose one of {', '.join(choices)}")
    return given


def environment_named(project: Project, path: str, key: object, actor: Actor) -> Environment:
    """The environment of the project that a query or body names; one that the actor may not see does not exist."""
    if not isinstance(key, str) or not key.isascii() or not key.isprintable():
        key = ""  # no key; PostgreSQL would refuse to look for some of that
    found = tenant_selectors.find_environment(actor, project.organization.slug, project.key, key)
    if found is None:
        raise refuse(path, "there is no such environment in this project")
    return found
