"""The experiments of a project, and one with who takes part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.experiments import selectors
from analytics.experiments.readings import Reading
from analytics.models import Enrolment, Experiment, ResultSnapshot
from tenants.dashboard.doors import PageRequest, View, project_page, seen, show
from tenants.dashboard.paging import Paged
from tenants.models import Project
from tenants.permissions import allowed

Status = Experiment.Status
BADGES: dict[str, str] = {
    Status.DRAFT: "badge-line",
    Status.RUNNING: "badge-on",
    Status.STOPPED: "badge-warning",
    Status.CONCLUDED: "",
}
# What may be done in which state, by which verb, and the word on the button.
BUTTONS = {
    "start": ((Status.DRAFT,), "Start…"),
    "stop": ((Status.RUNNING,), "Stop…"),
    "conclude": ((Status.RUNNING, Status.STOPPED), "Conclude…"),
    "delete": ((Status.DRAFT, Status.STOPPED, Status.CONCLUDED), "Delete…"),
}
WHAT_HAPPENED = {
    "rule-gone": "deleted its rule",
    "split-changed": "changed its split",
    "off": "turned the flag off",
}


@dataclass(frozen=True, slots=True)
class Row:
    """`better` are the variants whose primary metric is better than the control's, by what was worked out last."""

    experiment: Experiment
    subjects: int
    better: tuple[str, ...] | None

    @property
    def badge(self) -> str:
        return BADGES[self.experiment.status]

    @property
    def since(self) -> Any:
        """When it became what it is."""
        each = self.experiment
        return each.concluded_at or each.stopped_at or each.started_at or each.created_at

    @property
    def result(self) -> str:
        """In a word or two."""
        each = self.experiment
        if each.status == Status.CONCLUDED:
            return f"{each.winner} won" if each.winner else "no winner"
        if self.better is None:
            return ""
        return f"{' and '.join(self.better)} better" if self.better else "unclear"


def experiment_page(view: Callable[..., HttpResponse]) -> View:
    """`view(request, experiment)`, where the actor sees the experiment that the address names."""

    @project_page
    @wraps(view)
    def door(request: PageRequest, project: Project, experiment: str, **names: Any) -> HttpResponse:
        return view(request, seen(selectors.find_experiment(project, experiment, request.actor)), **names)

    return door


@project_page
@require_safe
def experiment_list(request: PageRequest, project: Project) -> HttpResponse:
    """All of a project, narrowed by `?status=`; running ones are a query away, whatever their number."""
    status = request.GET.get("status", "")
    asked = status if status in Status.values else ""
    found = selectors.experiments_of(project, request.actor, status=asked).order_by("-created_at", "key")
    paged = Paged.of(found, request)
    context = {
        "paged": paged,
        "rows": rows_of(list(paged)),
        "status": asked,
        "statuses": Status.values,
        "now": timezone.now(),
    }
    return show(request, "analytics/experiments/list.html", context)


def rows_of(experiments: Sequence[Experiment]) -> list[Row]:
    """Two queries more, however many there are."""
    counts = Enrolment.with_deleted.filter(experiment__in=experiments).order_by().values_list("experiment")
    subjects = dict(counts.annotate(Count("pk")))
    better = _better_in(experiments)
    return [Row(each, subjects.get(each.pk, 0), better.get(each.pk)) for each in experiments]


def _better_in(experiments: Sequence[Experiment]) -> dict[str, tuple[str, ...]]:
    """By the newest snapshot of each; of one that has none nothing is said."""
    rows = ResultSnapshot.with_deleted.filter(experiment__in=experiments).exclude(document={}).order_by("day")
    return {pk: tuple(_better(document)) for pk, document in rows.values_list("experiment_id", "document")}


def _better(document: dict[str, Any]) -> Iterator[str]:
    primary = [each["variants"] for each in document["metrics"] if each["role"] == "primary"]
    for row in (row for variants in primary for row in variants):
        if row["difference"] and row["difference"].get("verdict") == Reading.BETTER:
            yield row["variant"]


@experiment_page
@require_safe
def experiment(request: PageRequest, experiment: Experiment) -> HttpResponse:
    enrolled = selectors.enrolled(experiment)
    may = {
        name: word
        for name, (statuses, word) in BUTTONS.items()
        if experiment.status in statuses and allowed(request.actor, f"experiment.{name}", experiment)
    }
    context = {
        "experiment": experiment,
        "badge": BADGES[experiment.status],
        "variants": [
            (name, experiment.weights[name], enrolled.subjects[name], enrolled.switched[name])
            for name in experiment.variants
        ],
        "subjects": sum(enrolled.subjects.values()),
        "metrics": roles_of_metrics(experiment),
        "interventions": [(each, WHAT_HAPPENED[each.what]) for each in selectors.interventions_in(experiment)],
        "may": may,
        "may_edit": allowed(request.actor, "experiment.edit", experiment),
        "disturbed": experiment.status == Status.RUNNING and _is_disturbed(experiment),
    }
    return show(request, "analytics/experiments/experiment.html", context)


def _is_disturbed(experiment: Experiment) -> bool:
    return any(each.until is None for each in selectors.interventions_in(experiment))


def roles_of_metrics(experiment: Experiment) -> list[tuple[Any, str]]:
    """Each metric that it names, with what for."""
    roles = dict.fromkeys(experiment.guardrail_metrics, "must not get worse")
    roles |= dict.fromkeys(experiment.metrics, "looked at besides")
    roles[experiment.primary_metric] = "decides"
    return [(metric, roles[metric.key]) for metric in selectors.metrics_named_by(experiment)]
