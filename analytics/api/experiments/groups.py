"""Exclusion groups: experiments that keep out of each other's way, and whom they hold out."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.experiments import schema
from analytics.api.experiments.doors import Kind, Listing, OneThing, ThingView
from analytics.experiments import documents, selectors, services
from analytics.experiments.baseline import baseline_of
from analytics.experiments.places import free_in
from flags.api.filters import environment_named
from tenants.api.documents import moment
from tenants.api.problems import refuse
from tenants.selectors import environments_of

GROUP = Kind(
    "group",
    selectors.groups_of,
    selectors.find_group,
    services.create_group,
    services.put_group,
    services.edit_group,
    services.delete_group,
    documents.group_document,
    ("version", "updated_at", "free"),
)


@schema.groups
class Groups(Listing):
    """The exclusion groups of a project, by key."""

    kind = GROUP


@schema.group
class OneGroup(OneThing):
    """One exclusion group, with how much is free in each environment that the caller sees."""

    kind = GROUP

    def document(self, thing: Any) -> dict[str, Any]:
        environments = environments_of(self.actor, self.project)
        return documents.group_document(thing, free_in(thing, environments))


@schema.holdout
class Holdout(ThingView):
    """What those whom the group holds out do, beside everybody else."""

    kind = GROUP
    versioned = False

    def get(self, request: Request, **names: str) -> Response:
        asked = self.asked("environment", "metric")
        environment = environment_named(self.project, "environment", asked.get("environment"), self.actor)
        metric = selectors.find_metric(self.project, asked.get("metric", ""), self.actor)
        if metric is None:
            raise refuse("metric", "there is no such metric in this project")
        told = baseline_of(self.thing, environment, metric, now=timezone.now())
        return Response(
            {
                "since": moment(told.since),
                "share": told.share,
                "subjects": told.subjects,
                "held_out": told.held_out,
                "sum": told.sum,
                "held_out_sum": told.held_out_sum,
                "p_value": told.p_value,
            }
        )
