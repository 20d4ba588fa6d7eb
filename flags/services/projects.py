"""What the flags of a project may do to one another."""

from django.db import transaction

from flags import prerequisites
from flags.services.flags import environments_of
from flags.services.saving import Saved, keep, lock_project
from tenants import audit
from tenants.actors import Actor
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
        project = lock_project(project.pk)
        before = project.max_prerequisite_depth
        if before == depth:
            return Saved(project, changed=False)
        _refuse_deeper_chains(project, depth)
        project.max_prerequisite_depth = depth
        keep(project, ("max_prerequisite_depth",), actor, comment)
        audit.record(
            actor,
            "project.edited",
            project,
            {"max_prerequisite_depth": before},
            {"max_prerequisite_depth": depth},
            comment=comment,
        )
    return Saved(project)


def _refuse_deeper_chains(project: Project, depth: int) -> None:
    for environment in environments_of(project):
        if chain := prerequisites.deepest_chain(prerequisites.prerequisites_in(environment), depth):
            raise Conflict(f"In {environment.key} there are deeper prerequisites already: {' → '.join(chain)}.")
