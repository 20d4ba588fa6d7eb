"""What the flags of a project may do to one another."""

from django.db import transaction

from flags import prerequisites
from flags.services.saving import Saved, environments_of
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, locked
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid

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


def _refuse_deeper_chains(project: Project, depth: int) -> None:
    for environment in environments_of(project):
        if chain := prerequisites.deepest_chain(prerequisites.prerequisites_in(environment), depth):
            raise Conflict(f"In {environment.key} there are deeper prerequisites already: {' → '.join(chain)}.")
