"""Environments of a project: added, edited, arranged, deleted and brought back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import selectors, services
from tenants.dashboard.deletions import deletion
from tenants.dashboard.doors import PageRequest, environment_page, project_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, key_field, typed
from tenants.models import Environment, Project

PROTECTED = "Only admins, and who has a role on it by name, change what it serves. Switches ask before they act."


class Edition(PageForm):
    name = forms.CharField(max_length=100)
    color = forms.ChoiceField(choices=Environment.Color.choices, widget=forms.RadioSelect)
    is_protected = forms.BooleanField(required=False, label="Protected", help_text=PROTECTED)
    comment = comment_field()


class Addition(Edition):
    key = key_field("Key", "name", help_text="For programs. It stays for ever.")
    field_order = ("name", "key")


@project_page
def environments(request: PageRequest, project: Project) -> HttpResponse:
    form = Addition(typed(request), initial={"color": Environment.Color.MOSS})

    def add(**given: Any) -> object:
        return services.create_environment(project, **given, actor=request.actor)

    if form.carried_out(request, add, at="key"):
        messages.success(request, f"Added: {form.outcome}. Every flag is off there.")
        return redirect("tenants:environments", project.organization.slug, project.key)
    context = {"form": form, "deleted": selectors.deleted_environments(request.actor, project)}
    return show(request, "tenants/environments.html", context, status=form.status)


@environment_page
def environment(request: PageRequest, environment: Environment) -> HttpResponse:
    now = {"name": environment.name, "color": environment.color, "is_protected": environment.is_protected}
    form = Edition(typed(request), initial=now)

    def edit(**given: Any) -> object:
        return services.edit_environment(environment, **given, actor=request.actor)

    if form.carried_out(request, edit):
        messages.success(request, f"Saved: {form.outcome}.")
        return redirect("tenants:environments", environment.organization.slug, environment.project.key)
    context = {"form": form, "environment": environment, "may": request.shell.may_on(environment)}
    return show(request, "tenants/environment.html", context, status=form.status)


@environment_page
@require_POST
def move(request: PageRequest, environment: Environment) -> HttpResponse:
    """One place up or down."""
    project = environment.project
    keys = [one.key for one in Environment.objects.filter(project=project)]
    here = keys.index(environment.key)
    there = here + (-1 if request.POST.get("to") == "up" else 1)
    keys.insert(max(there, 0), keys.pop(here))
    services.arrange_environments(project, keys=keys, actor=request.actor)
    return redirect("tenants:environments", project.organization.slug, project.key)


@environment_page
def delete(request: PageRequest, environment: Environment) -> HttpResponse:
    place = (environment.organization.slug, environment.project.key)
    consequences = [
        f"What every flag serves in {environment} is out of sight at once.",
        f"Every application that asks with one of its keys falls back to its own defaults in {environment}.",
    ]
    return deletion(
        request,
        environment,
        key=environment.key,
        verb="environment.delete",
        change=services.delete_environment,
        consequences=consequences,
        back=("tenants:environments", *place),
        after=("tenants:environments", *place),
    )


@project_page
@require_POST
def undelete(request: PageRequest, project: Project, environment: str) -> HttpResponse:
    deleted = seen(selectors.deleted_environments(request.actor, project).filter(key=environment).first())
    back = services.undelete_environment(deleted, actor=request.actor)
    messages.success(request, f"{back} is back.")
    return redirect("tenants:environments", project.organization.slug, project.key)
