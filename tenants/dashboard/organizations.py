"""Organizations: founded, renamed, deleted and brought back; and the projects in them."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from tenants import selectors, services
from tenants.dashboard.deletions import deletion
from tenants.dashboard.doors import PageRequest, organization_page, page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, key_field, typed
from tenants.deleted import purges_of_organizations
from tenants.models import Organization


class Founding(PageForm):
    name = forms.CharField(max_length=100, label="Organization", help_text="Your company or team.")
    slug = key_field("Its name in addresses", "name")
    project_name = forms.CharField(max_length=100, label="First project", help_text="An app, a site or a service.")
    project_key = key_field("Its key", "project_name", help_text="For programs. It stays for ever.")


class MfaPolicy(PageForm):
    required = forms.BooleanField(required=False, label="Everybody needs a second factor")
    comment = comment_field()


class Renaming(PageForm):
    name = forms.CharField(max_length=100)
    comment = comment_field()


@page
def new_organization(request: PageRequest) -> HttpResponse:
    form = Founding(typed(request))

    def found(**given: str) -> object:
        return services.found_organization(**given, founder=seen(request.actor.user), actor=request.actor)

    if form.carried_out(request, found, at="slug"):
        project = form.outcome
        return redirect("first_run:get_started", project.organization.slug, project.key)
    context = {
        "form": form,
        "deleted": selectors.deleted_organizations(request.actor),
        "purges": purges_of_organizations(request.actor),
    }
    return show(request, "tenants/new_organization.html", context, status=form.status)


@organization_page
def organization(request: PageRequest, organization: Organization) -> HttpResponse:
    projects = selectors.projects_with_counts(request.actor, organization)
    deleted = selectors.deleted_projects(request.actor, organization)
    return show(request, "tenants/organization.html", {"projects": projects, "deleted": deleted})


@organization_page
def settings(request: PageRequest, organization: Organization) -> HttpResponse:
    form = Renaming(typed(request), initial={"name": organization.name})

    def rename(**given: str) -> object:
        return services.rename_organization(organization, **given, actor=request.actor)

    if form.carried_out(request, rename):
        messages.success(request, f"Saved: {form.outcome}.")
        return redirect("tenants:organization_settings", organization.slug)
    return _settings(request, organization, form=form)


@organization_page
def mfa_policy(request: PageRequest, organization: Organization) -> HttpResponse:
    form = MfaPolicy(typed(request), initial={"required": organization.mfa_required}, prefix="mfa")

    def set_policy(*, required: bool, comment: str) -> object:
        return services.set_mfa_policy(organization, required=required, comment=comment, actor=request.actor)

    if form.carried_out(request, set_policy):
        saved = form.outcome
        messages.success(
            request, f"{saved} {'asks for' if saved.mfa_required else 'no longer asks for'} a second factor."
        )
        return redirect("tenants:organization_settings", organization.slug)
    return _settings(request, organization, policy=form)


def _settings(
    request: PageRequest, organization: Organization, *, form: PageForm | None = None, policy: PageForm | None = None
) -> HttpResponse:
    """The page with all its forms, of which one may have been sent."""
    form = form or Renaming(initial={"name": organization.name})
    policy = policy or MfaPolicy(initial={"required": organization.mfa_required}, prefix="mfa")
    context = {
        "form": form,
        "policy": policy,
        "without_factor": selectors.members_without_factor(request.actor, organization),
    }
    return show(request, "tenants/organization_settings.html", context, status=max(form.status, policy.status))


@organization_page
def delete(request: PageRequest, organization: Organization) -> HttpResponse:
    consequences = [
        "Its projects, flags, keys and members are out of sight at once.",
        "Every application that asks with one of its keys falls back to its own defaults.",
    ]
    return deletion(
        request,
        organization,
        key=organization.slug,
        verb="organization.delete",
        change=services.delete_organization,
        consequences=consequences,
        back=("tenants:organization_settings", organization.slug),
        after=("tenants:new_organization",),
    )


@page
def undelete(request: PageRequest, organization: str) -> HttpResponse:
    deleted = seen(selectors.deleted_organizations(request.actor).filter(slug=organization).first())
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    back = services.undelete_organization(deleted, actor=request.actor)
    messages.success(request, f"{back} is back, with all that was in it.")
    return redirect("tenants:organization", back.slug)
