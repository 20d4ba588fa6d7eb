"""The privacy classes of a project's attributes, as they are stored."""

from collections.abc import Collection, Mapping

from analytics.models import AttributePrivacy
from evaluation.wire.observed import Classes
from tenants.models import Environment, Project


def classes_of(project: Project) -> Classes:
    """By name, `*` for all others; empty where nobody has said anything."""
    found: Classes | None = (
        AttributePrivacy.with_deleted.filter(project=project).values_list("classes", flat=True).first()
    )
    return found or {}


def classes_by_environment(environment_ids: Collection[str], *, hold: bool = False) -> Mapping[str, Classes]:
    """The same for each of these environments; held, nobody changes them until the transaction ends."""
    if not environment_ids:
        return {}
    rows = AttributePrivacy.with_deleted.filter(project__environments__in=environment_ids)
    if hold:  # in one order, as everybody else who holds several
        rows = rows.select_for_update(of=("self",)).order_by("pk")
    by_project: dict[str, Classes] = {row.project_id: row.classes for row in rows}
    environments = Environment.with_deleted.filter(pk__in=environment_ids).values_list("pk", "project_id")
    return {environment_id: by_project.get(project_id, {}) for environment_id, project_id in environments}
