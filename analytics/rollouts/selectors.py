"""Which rollouts there are for whom."""

from typing import Any

from analytics.models import Rollout
from tenants.actors import Actor
from tenants.models import Project


def rollouts_of(project: Project, actor: Actor) -> Any:
    """The newest first."""
    rows = Rollout.objects.visible_to(actor).filter(environment__project=project)
    return rows.select_related("flag__project", "environment__project__organization", "paused_by").order_by("-id")
