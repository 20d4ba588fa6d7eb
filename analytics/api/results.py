"""What experiments have shown, and how many subjects one takes before it starts."""

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import schema
from analytics.experiments.planning import BOUNDS, planned, read_plan
from analytics.experiments.selectors import find_experiment
from analytics.experiments.snapshots import results_of
from tenants.api.doors import ProjectView
from tenants.api.problems import found


@schema.experiment_results
class Results(ProjectView):
    """As the worker worked them out last; `results` is null until it has done so once."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(results_of(found(find_experiment(self.project, names["experiment"], self.actor))))


@schema.sample_size
class SampleSize(ProjectView):
    """How many subjects it takes to see a lift, and what can be seen after some weeks."""

    def get(self, request: Request, **names: str) -> Response:
        return Response(planned(read_plan(self.asked("kind", *BOUNDS))))
