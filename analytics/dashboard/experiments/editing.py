"""Making and editing an experiment: first which flag and where, then all that follows from that."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from analytics.dashboard.experiments.forms import ExperimentForm, Place, equal_weights, initial_of
from analytics.dashboard.experiments.lists import experiment_page
from analytics.experiments import selectors, services
from analytics.models import Experiment
from flags.models import Flag, FlagConfig
from flags.selectors import find_flag, flags_of, state_of
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.forms import typed
from tenants.models import Environment, Project
from tenants.permissions import allowed, require


@project_page
def new_experiment(request: PageRequest, project: Project) -> HttpResponse:
    """`?flag=` and `?environment=` say what it is about; without them that is asked first."""
    environments = [each for each in request.shell.environments if allowed(request.actor, "experiment.create", each)]
    if not environments:
        require(request.actor, "experiment.create", project)
    config = _asked_for(request, project, environments)
    if config is None:
        return _ask_for_place(request, project, environments)
    asked: dict[str, Any] = {"config": config, "project": project, "actor": request.actor}
    form = ExperimentForm(typed(request), initial=_beginning(config), **asked)

    def create(key: str, comment: str, version: object, **given: Any) -> Any:
        place = {"flag": config.flag.key, "environment": config.environment.key}
        body = {"key": key, **place, **form.body(given)}
        return services.create_experiment(project, body, actor=request.actor, comment=comment)

    if form.carried_out(request, create):
        made = form.outcome.thing
        messages.success(
            request, f"{made.name} is a draft: nothing is served by it yet. Start it when all is as you want it."
        )
        return redirect(address("experiments:experiment", made))
    context = {"form": form, "config": config, "has_metrics": _has_metrics(request, project)}
    return show(request, "analytics/experiments/new.html", context, status=form.status)


def _asked_for(request: PageRequest, project: Project, environments: list[Environment]) -> FlagConfig | None:
    flag: Flag | None = find_flag(project, request.GET.get("flag", ""), request.actor)
    key = request.GET.get("environment", "")
    environment = next((each for each in environments if each.key == key), None)
    return state_of(flag, environment) if flag is not None and environment is not None else None


def _ask_for_place(request: PageRequest, project: Project, environments: list[Environment]) -> HttpResponse:
    flags = flags_of(project, request.actor).values_list("key", "name")
    form = Place(initial={"flag": request.GET.get("flag", ""), "environment": request.GET.get("environment", "")})
    for name, choices in {
        "flag": [(key, f"{name} ({key})") for key, name in flags],
        "environment": [(each.key, each.name) for each in environments],
    }.items():
        field: Any = form.fields[name]
        field.choices, field.widget.attrs["class"] = choices, "input"
    return show(request, "analytics/experiments/place.html", {"form": form})


def _beginning(config: FlagConfig) -> dict[str, Any]:
    """Equal shares of all variants; the control is what is served when the flag is off."""
    variants = list(config.flag.variants)
    control = config.off_variant if config.off_variant in variants else variants[0]
    return {"control": control, "traffic": 100, **equal_weights(variants)}


@experiment_page
def edit_experiment(request: PageRequest, experiment: Experiment) -> HttpResponse:
    require(request.actor, "experiment.edit", experiment)
    config = state_of(experiment.flag, experiment.environment)
    asked: dict[str, Any] = {"project": experiment.project, "actor": request.actor, "experiment": experiment}
    form = ExperimentForm(typed(request), initial=initial_of(experiment), config=config, **asked)
    form.fields["key"].disabled = True

    def edit(key: str, comment: str, version: int | None, **given: Any) -> Any:
        changes = form.body(given)
        return services.edit_experiment(experiment, changes, version=version, actor=request.actor, comment=comment)

    if form.carried_out(request, edit):
        messages.success(request, "Saved." if form.outcome.changed else "Nothing was different.")
        return redirect(address("experiments:experiment", experiment))
    context = {
        "form": form,
        "config": config,
        "experiment": experiment,
        "has_metrics": _has_metrics(request, experiment.project),
    }
    return show(request, "analytics/experiments/edit.html", context, status=form.status)


def _has_metrics(request: PageRequest, project: Project) -> bool:
    return bool(selectors.metrics_of(project, request.actor).exists())


def address(route: str, experiment: Experiment) -> str:
    project = experiment.project
    return reverse(route, args=[project.organization.slug, project.key, experiment.key])
