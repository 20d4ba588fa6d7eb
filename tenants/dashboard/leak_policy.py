"""What becomes of a key that somebody found where it should not be."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import services
from tenants.dashboard.doors import PageRequest, organization_page
from tenants.dashboard.forms import PageForm
from tenants.models import Organization


class LeakPolicy(PageForm):
    revokes_leaked_keys = forms.BooleanField(required=False)


@organization_page
@require_POST
def leak_policy(request: PageRequest, organization: Organization) -> HttpResponse:
    """A box on the page of settings."""
    form = LeakPolicy(request.POST)
    form.is_valid()
    saved = services.set_leak_policy(organization, **form.cleaned_data, actor=request.actor)
    messages.success(
        request,
        "Saved: a leaked key " + ("ends at once." if saved.revokes_leaked_keys else "works on, and admins are told."),
    )
    return redirect("tenants:organization_settings", organization.slug)
