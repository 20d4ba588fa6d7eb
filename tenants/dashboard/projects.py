"""Projects: set up, renamed, deleted and brought back."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import selectors, services
from tenants.dashboard.deletions import deletion
from tenants.dashboard.doors import PageRequest, organization_page, project_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, key_field, typed
from tenants.models import Organization, Project
from tenants.permissions import require


class Setup(PageForm):
    name = forms.CharField(max_length=100, help_text="An app, a site or a service.")
    key = key_field("Key", "name", help_text="For programs. It stays for ever.")
    comment = comment_field()


class Renaming(PageForm):
    name = forms.CharField(max_length=100)
    comment = comment_field()


@organization_page
def new_project(request: PageRequest, organization: Organization) -> HttpResponse:
    require(request.actor, "project.create", organization)
    form = Setup(typed(request))

    def set_up(**given: str) -> object:
        return services.set_up_project(organization, **given, actor=request.actor)

    if form.carried_out(request, set_up, at="key"):
        return redirect("first_run:get_started", organization.slug, form.outcome.key)
    return show(request, "tenants/new_project.html", {"form": form}, status=form.status)


@project_page
def project(request: PageRequest, project: Project) -> HttpResponse:
    form = Renaming(typed(request), initial={"name": project.name})

    def rename(**given: str) -> object:
        return services.edit_project(project, **given, actor=request.actor)

    if form.carried_out(request, rename):
        messages.success(request, f"Saved: {form.outcome}.")
        return redirect("tenants:project", project.organization.slug, project.key)
    return show(request, "tenants/project.html", {"form": form}, status=form.status)


@project_page
def delete(request: PageRequest, project: Project) -> HttpResponse:
    place = (project.organization.slug, project.key)
    consequences = [
        "Its flags, segments, environments and keys are out of sight at once.",
        "Every application that asks with one of its keys falls back to its own defaults.",
    ]
    return deletion(
        request,
        project,
        key=project.key,
        verb="project.delete",
        change=services.delete_project,
        consequences=consequences,
        back=("tenants:project", *place),
        after=("tenants:organization", place[0]),
    )


@organization_page
@require_POST
def undelete(request: PageRequest, organization: Organization, project: str) -> HttpResponse:
    deleted = seen(selectors.deleted_projects(request.actor, organization).filter(key=project).first())
    back = services.undelete_project(deleted, actor=request.actor)
    messages.success(request, f"{back} is back, with all that was in it.")
    return redirect("tenants:organization", organization.slug)
