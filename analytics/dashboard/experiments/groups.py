"""Exclusion groups: listed with who has what of them, made, edited and deleted."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from analytics.dashboard.experiments.forms import GroupForm
from analytics.dashboard.experiments.ranges import bars_of, places_of
from analytics.experiments import selectors, services
from analytics.models import ExclusionGroup
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, project_page, seen, show
from tenants.dashboard.forms import typed
from tenants.models import Project
from tenants.permissions import allowed, require


@project_page
@require_safe
def groups(request: PageRequest, project: Project) -> HttpResponse:
    found, environments = list(selectors.groups_of(project, request.actor)), request.shell.environments
    places = places_of(found, environments)
    shown = [(group, list(bars_of(group, environments, places))) for group in found]
    return show(request, "analytics/experiments/groups.html", {"groups": shown})


@project_page
def new_group(request: PageRequest, project: Project) -> HttpResponse:
    require(request.actor, "exclusion_group.create", project)
    form = GroupForm(typed(request))

    def create(key: str, comment: str, **given: Any) -> Any:
        body = {"key": key, **form.body(given)}
        return services.create_group(project, body, actor=request.actor, comment=comment)

    if form.carried_out(request, create):
        messages.success(request, f"Made: {form.outcome.thing.name}. Experiments join it while they are drafts.")
        return redirect("experiments:groups", project.organization.slug, project.key)
    return show(request, "analytics/experiments/group.html", {"form": form}, status=form.status)


@project_page
def group(request: PageRequest, project: Project, group: str) -> HttpResponse:
    found: ExclusionGroup = seen(selectors.find_group(project, group, request.actor))
    written = ("name", "key", "holdout", "description", "version")
    form = GroupForm(typed(request), initial={name: getattr(found, name) for name in written})
    form.fields["key"].disabled = True

    def edit(key: str, comment: str, version: int | None, **given: Any) -> Any:
        changes = form.body(given)
        return services.edit_group(found, changes, version=version, actor=request.actor, comment=comment)

    if form.carried_out(request, edit):
        messages.success(request, "Saved." if form.outcome.changed else "Nothing was different.")
        return redirect("experiments:groups", project.organization.slug, project.key)
    may_edit = allowed(request.actor, "exclusion_group.edit", found)
    context = {"form": form, "group": found, "may_edit": may_edit}
    return show(request, "analytics/experiments/group.html", context, status=form.status)


@project_page
def delete_group(request: PageRequest, project: Project, group: str) -> HttpResponse:
    found: ExclusionGroup = seen(selectors.find_group(project, group, request.actor))
    require(request.actor, "exclusion_group.delete", found)
    form = Confirmation(typed(request))

    def delete(**given: Any) -> None:
        services.delete_group(found, actor=request.actor, **given)

    if form.confirmed(request, delete):
        messages.success(request, f"Deleted: {found.name}.")
        return redirect("experiments:groups", project.organization.slug, project.key)
    context = {
        "form": form,
        "title": f"Delete the exclusion group {found.name}?",
        "consequences": ["Its holdout is gone with it. One that has experiments cannot be deleted."],
        "back": reverse("experiments:group", args=[project.organization.slug, project.key, found.key]),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)
