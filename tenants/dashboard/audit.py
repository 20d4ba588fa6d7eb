"""The audit log: who did what, when, to what, and why."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import selectors
from tenants.audit import verify
from tenants.audit.asking import Asked
from tenants.audit.exporting import FORMATS
from tenants.dashboard.doors import PageRequest, organization_page, project_page, show
from tenants.dashboard.forms import PageForm, look_of
from tenants.dashboard.sentences import sentences_of
from tenants.models import Environment, Organization, Project
from tenants.moments import midnight
from tenants.permissions import require

SHOWN = 25
NOUNS = {
    "flag": "Flags",
    "segment": "Segments",
    "trigger": "Triggers",
    "rollout": "Rollouts",
    "experiment": "Experiments",
    "metric": "Metrics",
    "exclusion_group": "Exclusion groups",
    "guardrail": "Guardrails",
    "environment": "Environments",
    "project": "Projects",
    "organization": "Organizations",
    "member": "Members",
    "team": "Teams",
    "role": "Roles",
    "invitation": "Invitations",
    "api_key": "Keys",
    "webhook": "Webhooks",
    "alert": "Alerts",
}
# What the export of the management API is asked by the same names.
EXPORTED = ("who", "verb", "thing", "text", "since", "until", "project", "environment")


class Filters(PageForm):
    """`verb` is a whole one (`flag.toggled`) or its noun (`flag`); `before` is where the page before ended.

    The places are those that whoever looks may choose among: projects of an organization, environments of a project.
    """

    who = forms.CharField(max_length=254, required=False, widget=forms.TextInput(attrs={"placeholder": "Anybody"}))
    verb = forms.CharField(max_length=60, required=False)
    thing = forms.CharField(max_length=254, required=False, widget=forms.TextInput(attrs={"placeholder": "Anything"}))
    text = forms.CharField(max_length=254, required=False, widget=forms.TextInput(attrs={"placeholder": "Any words"}))
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, places: Sequence[Project | Environment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.places = kind, {place.key: place for place in places}
        choices = [("", "All"), *((place.key, place.name) for place in places)]
        self.fields[kind] = forms.ChoiceField(required=False, label=kind.capitalize(), choices=choices)
        self.fields[kind].widget.attrs["class"] = look_of(self.fields[kind].widget)
        self.order_fields(["who", "verb", "thing", "text", kind, "since", "until"])

    @property
    def place(self) -> forms.BoundField:
        return self[self.kind]

    def narrow(self, events: Any) -> Any:
        """The events that were asked for; none when the question makes no sense."""
        if not self.is_valid():
            return events.none()
        given = self.cleaned_data
        place = self.places.get(given[self.kind])
        asked = Asked(
            **{name: given[name] for name in ("who", "verb", "thing", "text")},
            **({self.kind: place.id} if place else {}),
            since=_midnight(given["since"]),
            until=_midnight(given["until"], days=1),
        )
        events = asked.narrow(events)
        return events.filter(position__lt=given["before"]) if given["before"] else events


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The moment at which the day, or the one so many days later, begins."""
    return midnight(day, days=days) if day else None


@project_page
def audit(request: PageRequest, project: Project) -> HttpResponse:
    events = selectors.audit_of(request.actor, project.organization).filter(project_id=project.id)
    places = list(selectors.environments_of(request.actor, project))
    return list_of(request, events, kind="environment", places=places, within={"project": project.key})


@organization_page
def organization_audit(request: PageRequest, organization: Organization) -> HttpResponse:
    events = selectors.audit_of(request.actor, organization)
    places = list(selectors.projects_of(request.actor, organization))
    return list_of(request, events, kind="project", places=places, within={})


def list_of(
    request: PageRequest, events: Any, *, kind: str, places: Sequence[Project | Environment], within: dict[str, str]
) -> HttpResponse:
    form = Filters({"who": "", "verb": "", "thing": "", **request.GET.dict()}, kind=kind, places=places)
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
        "export": _export(request, form, within),
        "formats": [*FORMATS],
    }
    return show(request, "tenants/audit.html", context, status=form.status)


def _export(request: PageRequest, form: Filters, within: dict[str, str]) -> str:
    """The query of the export that has what the page shows, and all that is older."""
    given = {name: value for name, value in request.GET.items() if name in EXPORTED and value}
    if form.is_valid() and (end := _midnight(form.cleaned_data["until"], days=1)):
        given["until"] = end.date().isoformat()
    return urlencode({**given, **within})


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
