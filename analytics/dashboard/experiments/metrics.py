"""The metrics of a project: what experiments are decided by."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from analytics.dashboard.experiments.forms import MetricForm
from analytics.experiments import selectors, services
from analytics.models import Metric
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, project_page, seen, show
from tenants.dashboard.forms import typed
from tenants.models import Project
from tenants.permissions import allowed, require

WRITTEN = (
    "name",
    "key",
    "kind",
    "event",
    "denominator_event",
    "quantile",
    "goal",
    "cap",
    "window_hours",
    "description",
)


@project_page
@require_safe
def metrics(request: PageRequest, project: Project) -> HttpResponse:
    return show(
        request, "analytics/experiments/metrics.html", {"metrics": selectors.metrics_of(project, request.actor)}
    )


@project_page
def new_metric(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "metric.create", project)
    form = MetricForm(typed(request))

    def create(key: str, comment: str, **given: Any) -> Any:
        body = {"key": key, **form.body(given)}
        return services.create_metric(project, body, actor=request.actor, comment=comment)

    if form.carried_out(request, create):
        messages.success(
            request, f"{form.outcome.thing.name} is measured from now on; of what came before, nothing is kept."
        )
        return redirect("experiments:metrics", project.organization.slug, project.key)
    return show(request, "analytics/experiments/metric.html", {"form": form}, status=form.status)


@project_page
def metric(request: PageRequest, project: Project, metric: str) -> HttpResponse:
    found: Metric = seen(selectors.find_metric(project, metric, request.actor))
    form = MetricForm(typed(request), initial={name: getattr(found, name) for name in (*WRITTEN, "version")})
    form.fields["key"].disabled = True

    def edit(key: str, comment: str, version: int | None, **given: Any) -> Any:
        changes = form.body(given)
        return services.edit_metric(found, changes, version=version, actor=request.actor, comment=comment)

    if form.carried_out(request, edit):
        messages.success(request, "Saved." if form.outcome.changed else "Nothing was different.")
        return redirect("experiments:metrics", project.organization.slug, project.key)
    context = {"form": form, "metric": found, "may_edit": allowed(request.actor, "metric.edit", found)}
    return show(request, "analytics/experiments/metric.html", context, status=form.status)


@project_page
def delete_metric(request: PageRequest, project: Project, metric: str) -> HttpResponse:
    found: Metric = seen(selectors.find_metric(project, metric, request.actor))
    require(request.actor, "metric.delete", found)
    form = Confirmation(typed(request))

    def delete(**given: Any) -> None:
        services.delete_metric(found, actor=request.actor, **given)

    if form.confirmed(request, delete):
        messages.success(request, f"Deleted: {found.name}.")
        return redirect("experiments:metrics", project.organization.slug, project.key)
    context = {
        "form": form,
        "title": f"Delete the metric {found.name}?",
        "consequences": [
            "No experiment can be decided by it any more. One that an experiment names cannot be deleted."
        ],
        "back": reverse("experiments:metric", args=[project.organization.slug, project.key, found.key]),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)
