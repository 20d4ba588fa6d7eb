"""What whoever looks at a project may see of it at this moment, asked for all open sockets at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenants import realm
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.permissions import actors_of, allowed
from tenants.sessions import users_of

# The environments that a person sees of a project: id → key.
Sight = Mapping[str, str]


class Ended(StrEnum):
    """Why somebody sees nothing (any more)."""

    SIGNED_OUT = "signed-out"
    NO_ACCESS = "no-access"
    OUT_OF_REACH = "out-of-reach"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A session that looks at a project, by the names in the page's address."""

    session_key: str
    organization: str
    project: str


@realm.everything()
def sights_of(viewers: Collection[Viewer], now: datetime) -> dict[Viewer, Sight | Ended]:
    """For each viewer what it sees, or why nothing; five queries, however many viewers there are.

    A project that is not there and one that is none of theirs are the same to the outside.
    """
    users = users_of({viewer.session_key for viewer in viewers}, now)
    actors = actors_of(users.values())
    projects = _projects_of(viewers)
    environments = _environments_of(projects.values())
    sights: dict[Viewer, Sight | Ended] = {}
    for viewer in viewers:
        user = users.get(viewer.session_key)
        project = projects.get((viewer.organization, viewer.project))
        if user is None:
            sights[viewer] = Ended.SIGNED_OUT
        elif project is None:
            sights[viewer] = Ended.NO_ACCESS
        else:
            sights[viewer] = _sight(actors[user.pk], project, environments[project.pk])
    return sights


def _sight(actor: Actor, project: Project, environments: Iterable[Environment]) -> Sight | Ended:
    seen = {each.pk: each.key for each in environments if allowed(actor, "environment.view", each)}
    return seen if seen or allowed(actor, "project.view", project) else Ended.NO_ACCESS


def _projects_of(viewers: Iterable[Viewer]) -> dict[tuple[str, str], Project]:
    places = {(viewer.organization, viewer.project) for viewer in viewers}
    found = Project.objects.filter(
        organization__slug__in={organization for organization, _ in places}, key__in={project for _, project in places}
    )
    return {(project.organization.slug, project.key): project for project in found.select_related("organization")}


def _environments_of(projects: Iterable[Project]) -> dict[str, list[Environment]]:
    found: dict[str, list[Environment]] = {project.pk: [] for project in projects}
    for environment in Environment.objects.filter(project__in=list(found)):
        found[environment.project_id].append(environment)
    return found


@realm.everything()
def person_behind(session_key: str, now: datetime) -> tuple[str, str] | None:
    """Their id and what they are called; None where the session does not hold any more."""
    user = users_of({session_key}, now).get(session_key)
    return (user.pk, str(user)) if user is not None else None
