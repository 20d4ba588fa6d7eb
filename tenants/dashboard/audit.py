"""The audit log: who did what, when, to what, and why."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import selectors
from tenants.audit import verify
from tenants.dashboard.doors import PageRequest, organization_page, project_page, show
from tenants.dashboard.forms import PageForm
from tenants.dashboard.sentences import sentences_of
from tenants.models import Organization, Project
from tenants.permissions import require

SHOWN = 50
NOUNS = ("flag", "segment", "environment", "project", "organization", "member", "team", "role", "invitation", "api_key")


class Filters(PageForm):
    """`verb` is a whole one (`flag.toggled`) or its noun (`flag`); `before` is where the page before ended."""

    who = forms.CharField(max_length=254, required=False, widget=forms.TextInput(attrs={"placeholder": "Anybody"}))
    verb = forms.CharField(max_length=60, required=False)
    thing = forms.CharField(max_length=254, required=False, widget=forms.TextInput(attrs={"placeholder": "Anything"}))
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def narrow(self, events: Any) -> Any:
        """The events that were asked for; none when the question makes no sense."""
        if not self.is_valid():
            return events.none()
        given = self.cleaned_data
        wanted = {
            "actor_name__icontains": given["who"],
            "verb" if "." in given["verb"] else "verb__startswith": given["verb"],
            "object_name__icontains": given["thing"],
            "at__gte": datetime.combine(given["since"], time(), UTC) if given["since"] else None,
            "position__lt": given["before"],
        }
        return events.filter(**{column: value for column, value in wanted.items() if value})


@project_page
def audit(request: PageRequest, project: Project) -> HttpResponse:
    return list_of(request, selectors.audit_of(request.actor, project.organization).filter(project_id=project.id))


@organization_page
def organization_audit(request: PageRequest, organization: Organization) -> HttpResponse:
    return list_of(request, selectors.audit_of(request.actor, organization))


def list_of(request: PageRequest, events: Any) -> HttpResponse:
    form = Filters({"who": "", "verb": "", "thing": "", **request.GET.dict()})
    found = list(form.narrow(events)[: SHOWN + 1])
    rest = request.GET.copy()
    if len(found) > SHOWN:
        rest["before"] = str(found[SHOWN - 1].position)
    context = {
        "form": form,
        "sentences": sentences_of(request.actor, found[:SHOWN]),
        "older": rest.urlencode() if len(found) > SHOWN else "",
        "is_narrowed": any(request.GET.values()),
        "nouns": NOUNS,
    }
    return show(request, "tenants/audit.html", context, status=form.status)


@organization_page
@require_POST
def verify_audit(request: PageRequest, organization: Organization) -> HttpResponse:
    """Follow the hashes from the first event to the last."""
    require(request.actor, "audit.view", organization)
    report = verify(organization.id)
    if report.is_intact:
        messages.success(request, "The chain is whole: no event was altered, dropped or put in between.")
    for finding in report.findings:
        messages.error(request, str(finding))
    return redirect("tenants:organization_audit", organization.slug)
