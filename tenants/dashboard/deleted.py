"""What was deleted: brought back, or ended for ever, and how far each purge is."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tenants import services
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, organization_page, page, seen, show
from tenants.dashboard.forms import PageForm, typed
from tenants.deleted import MOST, Deleted, deleted_in, find_deleted, find_deleted_organization, purges_in
from tenants.models import Organization
from tenants.permissions import require
from tenants.purging.beginning import key_of

# Where a kind of thing is brought back.
UNDELETE = {
    "project": "tenants:undelete_project",
    "environment": "tenants:undelete_environment",
    "flag": "flags:undelete",
    "segment": "flags:undelete_segment",
}
FOR_EVER = "It is gone for good then, with its history: nobody can bring it back, not even whoever runs this server."


class Retention(PageForm):
    days = forms.IntegerField()
    audit_days = forms.IntegerField(required=False)


@organization_page
def deleted_things(request: PageRequest, organization: Organization) -> HttpResponse:
    things = [(one, _undelete_address(organization, one)) for one in deleted_in(request.actor, organization)]
    purges = purges_in(request.actor, organization)[:MOST]
    return show(request, "tenants/deleted.html", {"things": things, "purges": purges, "most": MOST})


def _undelete_address(organization: Organization, one: Deleted) -> str:
    project = getattr(one.thing, "project", None)
    return reverse(UNDELETE[one.kind], args=[organization.slug, *([project.key] if project else []), one.key])


@organization_page
def purge_deleted(request: PageRequest, organization: Organization, deleted: str) -> HttpResponse:
    thing = seen(find_deleted(request.actor, organization, deleted))
    place = ("tenants:deleted", organization.slug)
    return _ending(request, thing, back=place, after=place)


@page
def purge_organization(request: PageRequest, organization: str) -> HttpResponse:
    thing = seen(find_deleted_organization(request.actor, organization))
    place = ("tenants:new_organization",)
    return _ending(request, thing, back=place, after=place)


def _ending(request: PageRequest, thing: Any, *, back: Sequence[str], after: Sequence[str]) -> HttpResponse:
    """The page that asks, and the end itself."""
    require(request.actor, "organization.purge", thing)
    form = Confirmation(typed(request), expected=key_of(thing))

    def purge(comment: str) -> object:
        return services.purge_now(thing, confirm=key_of(thing), actor=request.actor, comment=comment)

    if form.confirmed(request, purge):
        messages.success(request, f"Begun: {thing} goes for ever.")
        return redirect(*after)
    context = {
        "form": form,
        "title": f"Delete {thing} for ever?",
        "consequences": [FOR_EVER, f"What belongs to it goes along, and {key_of(thing)} is free again."],
        "back": reverse(back[0], args=back[1:]),
        "keep": "Keep it for now",
        "act": f"Delete {thing} for ever",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


@organization_page
@require_POST
def retry_purge(request: PageRequest, organization: Organization, purge: str) -> HttpResponse:
    found = seen(purges_in(request.actor, organization).filter(pk=purge).first())
    services.retry_purge(found, actor=request.actor)
    messages.success(request, f"{found} is tried again.")
    return redirect("tenants:deleted", organization.slug)


@organization_page
@require_POST
def retention(request: PageRequest, organization: Organization) -> HttpResponse:
    """A box on the page of settings."""
    form = Retention(request.POST)
    form.is_valid()
    given: dict[str, Any] = {**request.POST.dict(), **form.cleaned_data}  # what is no number, the service refuses
    kept = {"days": given.get("days", ""), "audit_days": given.get("audit_days")}
    saved = services.set_retention(organization, **kept, actor=request.actor)
    messages.success(request, f"Saved: what is deleted can come back for {saved.retention_days} days.")
    return redirect("tenants:organization_settings", organization.slug)
