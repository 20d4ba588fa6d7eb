"""Guardrails of a flag in an environment, and of a project: looked at, made, edited, armed, dismissed, deleted."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from analytics.dashboard.guardrail_forms import FORMS, OfErrors, initial_of
from analytics.dashboard.guardrail_plots import plot_of
from analytics.guardrails import selectors, services
from analytics.models import Guardrail
from flags.dashboard.triggers import state_page
from flags.models import Flag
from flags.selectors import state_of
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, View, project_page, seen, show
from tenants.dashboard.forms import typed
from tenants.models import Environment, Project
from tenants.permissions import allowed, require
from tenants.selectors import members_of

MOST_SHOWN = 200


@project_page
@require_safe
def in_project(request: PageRequest, project: Project) -> HttpResponse:
    """Those that are breached first."""
    rows = selectors.breached_first(selectors.guardrails_in(request.actor, project))
    return show(request, "analytics/guardrails.html", {"guardrails": list(rows[:MOST_SHOWN])})


@state_page
@require_safe
def of_flag(request: PageRequest, flag: Flag, environment: Environment) -> HttpResponse:
    state = state_of(flag, environment)
    context = {
        "flag": flag,
        "environment": environment,
        "guardrails": list(selectors.guardrails_of(request.actor, flag, environment)),
        "may_create": allowed(request.actor, "guardrail.create", state),
        "is_on": state.enabled,
    }
    return show(request, "analytics/flag_guardrails.html", context)


def guardrail_page(view: Callable[..., HttpResponse]) -> View:
    """`view(request, guardrail)`, where the actor sees it."""

    @state_page
    @wraps(view)
    def door(request: PageRequest, flag: Flag, environment: Environment, guardrail: str) -> HttpResponse:
        rows = selectors.guardrails_of(request.actor, flag, environment)
        found: Guardrail = seen(rows.filter(pk=guardrail).first())
        found.flag, found.environment = flag, environment
        return view(request, found)

    return door


@guardrail_page
@require_safe
def guardrail(request: PageRequest, found: Guardrail) -> HttpResponse:
    verbs = ("edit", "arm", "dismiss", "delete")
    context = {
        "guardrail": found,
        "flag": found.flag,
        "environment": found.environment,
        "plot": plot_of(found),
        "is_on": state_of(found.flag, found.environment).enabled,
        "may": [verb for verb in verbs if allowed(request.actor, f"guardrail.{verb}", found)],
    }
    return show(request, "analytics/guardrail.html", context)


@state_page
def new(request: PageRequest, flag: Flag, environment: Environment) -> HttpResponse:
    """Of errors, or with `?source=prometheus` of a query."""
    require(request.actor, "guardrail.create", state_of(flag, environment))
    source = FORMS.get(request.GET.get("source", ""), OfErrors)
    me = request.actor.user.pk if request.actor.user else ""
    form = source(typed(request), flag=flag, people=people_of(request, environment), initial={"recipients": [me]})

    def create(comment: str, **given: Any) -> Guardrail:
        return services.create_guardrail(flag, environment, given, actor=request.actor, comment=comment)

    if form.carried_out(request, create):
        messages.success(request, f"From now on it watches: {form.outcome}.")
        return redirect(address_of(form.outcome))
    context = {"form": form, "flag": flag, "environment": environment, "source": source.source}
    return show(request, "analytics/new_guardrail.html", context, status=form.status)


@guardrail_page
def edit(request: PageRequest, found: Guardrail) -> HttpResponse:
    require(request.actor, "guardrail.edit", found)
    people = people_of(request, found.environment)
    form = FORMS[found.source](typed(request), flag=found.flag, people=people, initial=initial_of(found))

    def change(comment: str, **given: Any) -> object:
        return services.edit_guardrail(found, given, actor=request.actor, comment=comment)

    if form.carried_out(request, change):
        messages.success(request, "Saved.")
        return redirect(address_of(found))
    context = {"form": form, "guardrail": found, "flag": found.flag, "environment": found.environment}
    return show(request, "analytics/edit_guardrail.html", context, status=form.status)


def people_of(request: PageRequest, environment: Environment) -> list[tuple[str, str]]:
    members = members_of(request.actor, environment.organization)
    return [(member.user.pk, str(member.user)) for member in members]


@guardrail_page
@require_POST
def arm(request: PageRequest, found: Guardrail) -> HttpResponse:
    services.arm_guardrail(found, actor=request.actor, comment=request.POST.get("comment", ""))
    messages.success(request, f"{found} watches again, from now on.")
    return redirect(address_of(found))


@guardrail_page
@require_POST
def dismiss(request: PageRequest, found: Guardrail) -> HttpResponse:
    services.dismiss_guardrail(found, actor=request.actor, comment=request.POST.get("comment", ""))
    messages.success(request, f"{found} watches no more.")
    return redirect(address_of(found))


@guardrail_page
def delete(request: PageRequest, found: Guardrail) -> HttpResponse:
    require(request.actor, "guardrail.delete", found)
    form = Confirmation(typed(request))

    def remove(**given: Any) -> None:
        services.delete_guardrail(found, **given, actor=request.actor)

    if form.confirmed(request, remove):
        messages.success(request, f"Deleted: {found.name}.")
        return redirect("guardrails:flag", *place_of(found))
    context = {
        "form": form,
        "title": f"Delete the guardrail {found.name}?",
        "consequences": [
            f"Nothing watches {found.flag.key} in {found.environment.key} in its place.",
            "What it counted is gone. The audit log still has what it did.",
        ],
        "back": address_of(found),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def place_of(found: Guardrail) -> list[str]:
    project = found.environment.project
    return [project.organization.slug, project.key, found.flag.key, found.environment.key]


def address_of(found: Guardrail) -> str:
    return reverse("guardrails:guardrail", args=[*place_of(found), found.pk])
