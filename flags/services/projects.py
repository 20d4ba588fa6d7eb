"""What the flags of a project may do to one another, and projects and environments as they were."""

from collections.abc import Mapping

from django.db import transaction

from flags import lifetimes, prerequisites
from flags.services.saving import Saved, environments_of, version_of
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, locked
from tenants.models import Environment, Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid
from tenants.roles import THROUGH_PROTECTION

DEEPEST = 10


def set_prerequisite_depth(project: Project, depth: int, *, actor: Actor, comment: str = "") -> Saved[Project]:
    """How many steps of prerequisites there may be below one another; not less than there are already."""
    require(actor, "project.edit", project)
    if not 1 <= depth <= DEEPEST:
        raise Invalid([Fault("max_prerequisite_depth", f"{depth} is not within 1 to {DEEPEST}")])
    with transaction.atomic():
        project = locked(project)
        wanted = {"max_prerequisite_depth": depth}
        _refuse_deeper_chains(project, depth)
        before, after = alter(project, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "project.edited", project, before, after, comment=comment)
            outbox.put("project.edited", project.organization, {"project": project.id})
    return Saved(project, changed=bool(after))


def set_stale_after(project: Project, days: Mapping[str, int], *, actor: Actor, comment: str = "") -> Saved[Project]:
    """After how many days its flags are stale (`flags.lifetimes`): these are all that differ from the usual ones."""
    require(actor, "project.edit", project)
    lifetimes.check(days)
    with transaction.atomic():
        project = locked(project)
        before, after = alter(project, {"stale_after": dict(days)}, actor=actor, comment=comment)
        if after:
            audit.record(actor, "project.edited", project, before, after, comment=comment)
            outbox.put("project.edited", project.organization, {"project": project.id})
    return Saved(project, changed=bool(after))


def roll_back_project(project: Project, *, to_version: int, actor: Actor, comment: str = "") -> Saved[Project]:
    """Give the project the name, the depth of prerequisites and the days until flags are stale of an earlier version."""
    require(actor, "project.edit", project)
    then = version_of(project, to_version)
    wanted = {name: getattr(then, name) for name in ("name", "max_prerequisite_depth", "stale_after")}
    comment = comment or f"rolled back to version {to_version}"
    with transaction.atomic():
        project = locked(project)
        _refuse_deeper_chains(project, then.max_prerequisite_depth)
        before, after = alter(project, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "project.rolled_back", project, before, after, comment=comment)
            outbox.put("project.rolled_back", project.organization, {"project": project.id})
    return Saved(project, changed=bool(after))


def roll_back_environment(
    environment: Environment, *, to_version: int, actor: Actor, comment: str = ""
) -> Saved[Environment]:
    """Give it the name, the colour and the protection of an earlier version; its place among the others stays."""
    require(actor, "environment.edit", environment)
    then = version_of(environment, to_version)
    wanted = {"name": then.name, "color": then.color, "is_protected": then.is_protected}
    comment = comment or f"rolled back to version {to_version}"
    with transaction.atomic():
        environment = locked(environment)
        if then.is_protected is not environment.is_protected:
            require(actor, THROUGH_PROTECTION, environment)
        before, after = alter(environment, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "environment.rolled_back", environment, before, after, comment=comment)
            outbox.put("environment.rolled_back", environment)
    return Saved(environment, changed=bool(after))


def _refuse_deeper_chains(project: Project, depth: int) -> None:
    for environment in environments_of(project):
        if chain := prerequisites.deepest_chain(prerequisites.prerequisites_in(environment), depth):
            raise Conflict(f"In {environment.key} there are deeper prerequisites already: {' → '.join(chain)}.")
