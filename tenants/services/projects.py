"""Projects: made, edited, deleted and brought back."""

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, bring_back, check, hide, insert, locked, locked_deleted, refuse_taken, tidy
from tenants.limits import refuse_one_more
from tenants.models import Environment, Organization, Project
from tenants.permissions import require
from tenants.problems import Conflict


def create_project(organization: Organization, *, key: str, name: str, actor: Actor, comment: str = "") -> Project:
    require(actor, "project.create", organization)
    project = Project(organization=organization, key=key, name=tidy(name))
    check(project, comment)
    with transaction.atomic():
        organization = locked(organization)
        refuse_taken(Project.with_deleted.filter(organization=organization, key=key).first(), key)
        refuse_one_more(organization, "projects")
        insert(project, actor=actor, comment=comment, taken=f'"{key}" exists already.')
        audit.record(actor, "project.created", project, None, {"key": key, "name": project.name}, comment=comment)
        outbox.put("project.created", organization, {"project": project.id})
    return project


def edit_project(project: Project, *, name: str | None = None, actor: Actor, comment: str = "") -> Project:
    """The key stays for ever. (How deep prerequisites may go is set in `flags.services`, which knows them.)"""
    require(actor, "project.edit", project)
    with transaction.atomic():
        project = locked(project)
        before, after = alter(project, {"name": tidy(name)}, actor=actor, comment=comment)
        if after:
            audit.record(actor, "project.edited", project, before, after, comment=comment)
            outbox.put("project.edited", project.organization, {"project": project.id})
    return project


def delete_project(project: Project, *, actor: Actor, comment: str = "") -> None:
    """Hide it with everything in it. Its keys stop working; its own key stays reserved until the purge."""
    require(actor, "project.delete", project)
    check(None, comment)
    with transaction.atomic():
        project = locked(project)
        environments = list(Environment.objects.filter(project=project))
        hide(project, actor=actor, comment=comment)
        audit.record(actor, "project.deleted", project, comment=comment)
        outbox.put_everywhere("project.deleted", environments)


def undelete_project(project: Project, *, actor: Actor, comment: str = "") -> Project:
    """Bring it back with all that was not deleted by itself; a living one is left as it is."""
    require(actor, "project.delete", project)
    check(None, comment)
    with transaction.atomic():
        organization = locked_deleted(project.organization)
        if organization.deleted_at is not None:
            raise Conflict(f"{organization} is deleted too: undelete the organization first.")
        project = locked_deleted(project)
        if project.deleted_at is None:
            return project
        refuse_one_more(organization, "projects")
        bring_back(project, retention_days=organization.retention_days, actor=actor, comment=comment)
        audit.record(actor, "project.undeleted", project, comment=comment)
        outbox.put_everywhere("project.undeleted", Environment.objects.filter(project=project))
    return project
