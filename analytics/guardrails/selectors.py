"""Which guardrails there are, for whom."""

from typing import Any

from django.db.models import Case, When

from analytics.models import Guardrail
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment, Project


def guardrails_of(actor: Actor, flag: Flag, environment: Environment) -> Any:
    """A queryset of those of a flag in one environment, by name."""
    return guardrails_in(actor, flag.project).filter(flag=flag, environment=environment)


def guardrails_in(actor: Actor, project: Project) -> Any:
    """Of a project, in the environments that the actor sees."""
    rows = Guardrail.objects.visible_to(actor).filter(environment__project=project)
    around = ("flag", "environment", "environment__project", "environment__organization", "settled_by", "created_by")
    return rows.select_related(*around).order_by("name", "id")


def breached_first(guardrails: Any) -> Any:
    """The same queryset, each of the two parts by name."""
    rank = Case(When(state=Guardrail.State.BREACHED, then=0), default=1)
    return guardrails.order_by(rank, "name", "id")
