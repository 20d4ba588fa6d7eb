"""Places that are ready for work: a project with its environments and client keys, and an organization around it."""

from dataclasses import replace

from django.db import transaction

from tenants.actors import Actor
from tenants.changes import check, faults_of, tidy
from tenants.models import ApiKey, Environment, Organization, Project, User
from tenants.permissions import grants_of
from tenants.problems import Fault
from tenants.services.api_keys import create_api_key
from tenants.services.environments import create_environment
from tenants.services.organizations import create_organization
from tenants.services.projects import create_project

COLORS = {"production": Environment.Color.EMBER, "staging": Environment.Color.VIOLET}
USUAL = ("development", "staging", "production")
PROTECTED = "production"


def found_organization(
    *, slug: str, name: str, project_key: str, project_name: str, founder: User, actor: Actor, comment: str = ""
) -> Project:
    """An organization that the founder owns, and its first project, ready for work; all of it or nothing.

    `Invalid` names every fault at once; those of the project at `project_key` and `project_name`.
    """
    project_faults = faults_of(Project(key=project_key, name=tidy(project_name)))
    faults = [Fault(f"project_{fault.path}", fault.message) for fault in project_faults]
    check(Organization(slug=slug, name=tidy(name)), comment, faults=faults)
    with transaction.atomic():
        organization = create_organization(slug=slug, name=name, owner=founder, actor=actor, comment=comment)
        owner = replace(actor, grants=grants_of(founder))
        return set_up_project(organization, key=project_key, name=project_name, actor=owner, comment=comment)


def set_up_project(organization: Organization, *, key: str, name: str, actor: Actor, comment: str = "") -> Project:
    """A project with the usual environments, production protected, and a client key in each."""
    with transaction.atomic():
        project = create_project(organization, key=key, name=name, actor=actor, comment=comment)
        for environment_key in USUAL:
            environment = create_environment(
                project,
                key=environment_key,
                name=environment_key.capitalize(),
                color=color_of(environment_key),
                is_protected=environment_key == PROTECTED,
                actor=actor,
            )
            create_api_key(kind=ApiKey.Kind.CLIENT, scope=environment, name="Web and mobile", actor=actor)
    return project


def color_of(environment_key: str) -> Environment.Color:
    """What an environment of this name usually wears."""
    return COLORS.get(environment_key, Environment.Color.LAKE)
