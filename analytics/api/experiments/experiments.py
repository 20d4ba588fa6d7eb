"""Experiments: listed, made, changed, started, stopped and concluded."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.experiments import schema
from analytics.api.experiments.doors import Kind, Listing, OneThing, ThingView
from analytics.experiments import documents, selectors, services
from analytics.models import Experiment
from flags.api.filters import environment_named
from flags.selectors import find_flag
from tenants.api.bodies import read_members
from tenants.api.doors import tagged
from tenants.api.problems import refuse

EXPERIMENT = Kind(
    "experiment",
    selectors.experiments_of,
    selectors.find_experiment,
    services.create_experiment,
    services.put_experiment,
    services.edit_experiment,
    services.delete_experiment,
    documents.experiment_document,
    (
        "version",
        "updated_at",
        "status",
        "started_at",
        "stopped_at",
        "concluded_at",
        "winner",
        "splits",
        "enrolled",
        "interventions",
        "clean_since",
    ),
)


@schema.experiments
class Experiments(Listing):
    """The experiments of a project, by key."""

    kind = EXPERIMENT

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed("flag", "environment", "status")
        wanted: dict[str, Any] = {}
        if "flag" in asked:
            wanted["flag"] = find_flag(self.project, asked["flag"], self.actor)
            if wanted["flag"] is None:
                raise refuse("flag", "there is no such flag in this project")
        if "environment" in asked:
            wanted["environment"] = environment_named(self.project, "environment", asked["environment"], self.actor)
        if asked.get("status", "draft") not in Experiment.Status:
            raise refuse("status", f"choose one of {', '.join(Experiment.Status)}")
        return self.paged(selectors.experiments_of(self.project, self.actor, status=asked.get("status", ""), **wanted))


class ExperimentView(ThingView):
    kind = EXPERIMENT

    def document(self, thing: Any) -> dict[str, Any]:
        done = selectors.interventions_in(thing)
        clean = selectors.clean_since(thing, done)
        return documents.experiment_in_full(thing, selectors.enrolled(thing), done, clean)


@schema.experiment
class OneExperiment(ExperimentView, OneThing):
    """One experiment, with how many take part and what was done to its split by hand."""


@schema.start_experiment
class Start(ExperimentView):
    """Write the split into the flag, and record from now on."""

    def post(self, request: Request, **names: str) -> Response:
        comment, version = self.read_comment_alone(), self.if_match()
        saved = services.start_experiment(self.thing, version=version, actor=self.actor, comment=comment)
        return tagged(documents.experiment_document(saved.thing))


@schema.stop_experiment
class Stop(ExperimentView):
    """Let nobody count from now on."""

    def post(self, request: Request, **names: str) -> Response:
        comment, version = self.read_comment_alone(), self.if_match()
        saved = services.stop_experiment(self.thing, version=version, actor=self.actor, comment=comment)
        return tagged(documents.experiment_document(saved.thing))


@schema.conclude_experiment
class Conclude(ExperimentView):
    """End it; the winner, where one is named, is served to all whom its rule matches and its group does not hold out."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        named = {name: value for name, value in body.items() if value is not None}
        winner = read_members(named, {"winner": str}).get("winner")
        how: dict[str, Any] = {"version": self.if_match(), "actor": self.actor, "comment": comment}
        saved = services.conclude_experiment(self.thing, winner=winner, **how)
        return tagged(documents.experiment_document(saved.thing))
