"""Environments: made, edited, deleted and brought back."""

from collections.abc import Sequence

from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, bring_back, check, hide, insert, locked, locked_deleted, refuse_taken, tidy
from tenants.limits import refuse_one_more
from tenants.models import Environment, Project
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid
from tenants.roles import THROUGH_PROTECTION


def create_environment(
    project: Project,
    *,
    key: str,
    name: str,
    color: str = Environment.Color.LAKE,
    is_protected: bool = False,
    actor: Actor,
    comment: str = "",
) -> Environment:
    """The newest stands last among its siblings."""
    require(actor, "environment.create", project)
    environment = Environment(
        organization_id=project.organization_id,
        project=project,
        key=key,
        name=tidy(name),
        color=color,
        is_protected=is_protected,
    )
    check(environment, comment)
    with transaction.atomic():
        project = locked(project)
        siblings = Environment.with_deleted.filter(project=project)
        refuse_taken(siblings.filter(key=key).first(), key)
        refuse_one_more(project, "environments_per_project")
        environment.position = siblings.count()
        insert(environment, actor=actor, comment=comment, taken=f'"{key}" exists already.')
        after = {"key": key, "name": environment.name, "color": environment.color, "is_protected": is_protected}
        audit.record(actor, "environment.created", environment, None, after, comment=comment)
        outbox.put("environment.created", environment)
    return environment


def edit_environment(
    environment: Environment,
    *,
    name: str | None = None,
    color: str | None = None,
    is_protected: bool | None = None,
    position: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Environment:
    """What is None stays as it is, and the key for ever. Whether it is protected, only those decide who may act in it then."""
    require(actor, "environment.edit", environment)
    wanted = {"name": tidy(name), "color": color, "is_protected": is_protected, "position": position}
    with transaction.atomic():
        environment = locked(environment)
        if is_protected not in (None, environment.is_protected):
            require(actor, THROUGH_PROTECTION, environment)
        before, after = alter(environment, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "environment.edited", environment, before, after, comment=comment)
            outbox.put("environment.edited", environment)
    return environment


def arrange_environments(project: Project, *, keys: Sequence[str], actor: Actor, comment: str = "") -> None:
    """Put the living environments of a project into this order; each is named once."""
    require(actor, "environment.edit", project)
    with transaction.atomic():
        locked(project)
        environments = {environment.key: environment for environment in Environment.objects.filter(project=project)}
        if sorted(keys) != sorted(environments):
            raise Invalid([Fault("environments", f"Name each of {', '.join(environments)} once.")])
        for position, key in enumerate(keys):
            edit_environment(environments[key], position=position, actor=actor, comment=comment)


def delete_environment(environment: Environment, *, actor: Actor, comment: str = "") -> None:
    """Hide it. Its keys stop working; its own key stays reserved until the purge."""
    require(actor, "environment.delete", environment)
    check(None, comment)
    with transaction.atomic():
        environment = locked(environment)
        hide(environment, actor=actor, comment=comment)
        audit.record(actor, "environment.deleted", environment, comment=comment)
        outbox.put("environment.deleted", environment)


def undelete_environment(environment: Environment, *, actor: Actor, comment: str = "") -> Environment:
    """Bring it back; a living one is left as it is."""
    require(actor, "environment.delete", environment)
    check(None, comment)
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",), no_key=True).filter(pk=environment.project_id).first()
        if project is None:
            raise Conflict(f"What holds {environment} is deleted too: undelete the project first.")
        environment = locked_deleted(environment)
        if environment.deleted_at is None:
            return environment
        refuse_one_more(project, "environments_per_project")
        days = environment.organization.retention_days
        bring_back(environment, retention_days=days, actor=actor, comment=comment)
        audit.record(actor, "environment.undeleted", environment, comment=comment)
        outbox.put("environment.undeleted", environment)
    return environment
