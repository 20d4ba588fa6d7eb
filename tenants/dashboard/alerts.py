"""Alerts: listed, made, edited, deleted."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tenants import selectors, services
from tenants.alerts.hours import DAYS
from tenants.alerts.matching import ACTOR_KINDS, SUBJECTS
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, organization_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.dashboard.roles import Places, name_of
from tenants.models import Alert, ApiKey, Organization
from tenants.permissions import allowed, require
from tenants.time_zones import time_zones

KINDS = dict(zip(ACTOR_KINDS, ("any person", "any token", "any trigger", "FlagForge itself"), strict=True))
LEFT = "somebody who left"
Choices = list[tuple[str, str]]


def boxes(**options: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, **options)


def time_field(label: str) -> forms.TimeField:
    return forms.TimeField(
        required=False, label=label, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "mono"})
    )


class Edition(PageForm):
    """`people` and `tokens` are the choices of who does something, and who is told; what an alert has beside them stays one."""

    name = forms.CharField(max_length=100, help_text="What it warns of, as in “Production at night”.")
    events = boxes(choices=[(one, one.partition(".")[2].replace("_", " ") or "everything") for one in SUBJECTS])
    by = boxes()
    days = boxes(choices=[(day, day.title()) for day in DAYS])
    begins = time_field("From")
    ends = time_field("Until")
    time_zone = forms.ChoiceField(
        required=False, initial="UTC", choices=[(zone, zone) for zone in sorted(time_zones())]
    )
    recipients = boxes()
    comment = comment_field()

    def __init__(self, *args: Any, people: Choices, tokens: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.whose = {"kinds": [*KINDS.items()], "people": people, "tokens": tokens}
        known = [choice for several in self.whose.values() for choice in several]
        self._offer("by", known)
        self._offer("recipients", people)

    def _offer(self, name: str, known: Choices) -> None:
        field: Any = self.fields[name]
        ids = {value for value, _ in known}
        field.choices = [*known, *((one, LEFT) for one in self.initial.get(name, []) if one not in ids)]

    def clean(self) -> dict[str, Any]:
        """The hours as the service takes them: none where no day is chosen."""
        given = super().clean() or self.cleaned_data
        ends = [given.pop(name, None) for name in ("begins", "ends")]
        days, zone = given.pop("days", []), given.pop("time_zone", "")
        for name, end in zip(("begins", "ends"), ends, strict=True):
            if days and end is None and name not in self.errors:
                self.add_error(name, "Say when, or choose no day.")
        given["working_hours"] = {}
        if days and None not in ends:
            begins, until = (end.strftime("%H:%M") for end in ends)
            given["working_hours"] = {"days": days, "from": begins, "until": until, "time_zone": zone or "UTC"}
        return given

    @property
    def things(self) -> dict[str, list[Any]]:
        """The boxes of the events, by what they are about."""
        return by_group(self["events"], lambda value: value.partition(".")[0].replace("_", " "))

    @property
    def actors(self) -> dict[str, list[Any]]:
        """The boxes of those who do something, by what they are."""
        groups = {value: name for name, choices in self.whose.items() for value, _ in choices}
        return by_group(self["by"], lambda value: groups.get(value, "gone"))


def by_group(bound: Iterable[Any], group_of: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for box in bound:
        found.setdefault(group_of(str(box.data["value"])), []).append(box)
    return found


class Addition(Edition):
    scope = forms.ChoiceField(label="Tells of", help_text="What happens in there, from now on.")

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        scope: Any = self.fields["scope"]
        scope.choices = [(place_id, name_of(place)) for place_id, place in places.items()]

    def clean_scope(self) -> Any:
        return self.places[self.cleaned_data["scope"]]


def people_of(request: PageRequest, organization: Organization) -> dict[str, Choices]:
    members = selectors.members_of(request.actor, organization)
    tokens = selectors.api_keys_of(request.actor, organization).filter(kind=ApiKey.Kind.TOKEN)
    return {
        "people": [(member.user.pk, str(member.user)) for member in members],
        "tokens": [(token.pk, str(token)) for token in tokens],
    }


@organization_page
def alerts(request: PageRequest, organization: Organization) -> HttpResponse:
    context = {
        "alerts": selectors.alerts_of(request.actor, organization),
        "may_create": bool(places_to_watch(request, organization)),
    }
    return show(request, "tenants/alerts.html", context)


def places_to_watch(request: PageRequest, organization: Organization) -> Places:
    places = selectors.places_of(request.actor, organization)
    return {place.pk: place for place in places if allowed(request.actor, "alert.edit", place)}


@organization_page
def new_alert(request: PageRequest, organization: Organization) -> HttpResponse:
    places = places_to_watch(request, organization)
    if not places:
        require(request.actor, "alert.edit", organization)
    form = Addition(typed(request), places=places, **people_of(request, organization))

    def create(**given: Any) -> Alert:
        return services.create_alert(**given, actor=request.actor)

    if form.carried_out(request, create, at="name"):
        messages.success(request, f"From now on it tells: {form.outcome}.")
        return redirect("tenants:alerts", organization.slug)
    return show(request, "tenants/new_alert.html", {"form": form}, status=form.status)


@organization_page
def edit_alert(request: PageRequest, organization: Organization, alert: str) -> HttpResponse:
    found = alert_of(request, organization, alert)
    require(request.actor, "alert.edit", found)
    form = Edition(typed(request), initial=initial_of(found), **people_of(request, organization))

    def edit(**given: Any) -> object:
        return services.edit_alert(found, **given, actor=request.actor)

    if form.carried_out(request, edit, at="name"):
        messages.success(request, f"Saved: {form.outcome}.")
        return redirect("tenants:alerts", organization.slug)
    return show(request, "tenants/edit_alert.html", {"form": form, "alert": found}, status=form.status)


def initial_of(alert: Alert) -> dict[str, Any]:
    hours: Mapping[str, Any] = alert.working_hours
    now = {name: getattr(alert, name) for name in ("name", "events", "by", "recipients")}
    times = {"begins": hours.get("from"), "ends": hours.get("until"), "time_zone": hours.get("time_zone", "UTC")}
    return {**now, "days": hours.get("days", []), **times}


@organization_page
def delete_alert(request: PageRequest, organization: Organization, alert: str) -> HttpResponse:
    found = alert_of(request, organization, alert)
    require(request.actor, "alert.edit", found)
    form = Confirmation(typed(request))

    def delete(**given: Any) -> None:
        services.delete_alert(found, **given, actor=request.actor)

    if form.confirmed(request, delete):
        messages.success(request, f"Deleted: {found.name}.")
        return redirect("tenants:alerts", organization.slug)
    context = {
        "form": form,
        "title": f"Delete the alert {found.name}?",
        "consequences": ["Nobody is told any more of what it watched. The audit log still has it all."],
        "back": reverse("tenants:edit_alert", args=[organization.slug, found.id]),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def alert_of(request: PageRequest, organization: Organization, alert: str) -> Alert:
    found: Alert = seen(selectors.find_alert(request.actor, organization, alert))
    return found
