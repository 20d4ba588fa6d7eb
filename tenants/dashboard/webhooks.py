"""Webhooks: listed, made (their secret shown that once), edited, given another secret, deleted."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tenants import selectors, services
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, organization_page, seen, show
from tenants.dashboard.forms import PageForm, WordsField, comment_field, typed
from tenants.dashboard.roles import Places, name_of
from tenants.models import Organization, Webhook
from tenants.permissions import allowed, require
from tenants.webhooks.addresses import LONGEST_URL
from tenants.webhooks.events import EVENT_TYPES

EDITED = ("name", "url", "format", "events", "flags", "tags")
OVERLAPS = {"0": "Not at all: only the new one signs", "3600": "An hour", "86400": "A day", "604800": "A week"}


class Edition(PageForm):
    name = forms.CharField(max_length=100, help_text="Who listens there, as in “Deploys of the shop”.")
    url = forms.CharField(
        max_length=LONGEST_URL,
        label="URL",
        widget=forms.TextInput(
            attrs={"class": "mono", "placeholder": "https://ci.example.com/hooks", "inputmode": "url"}
        ),
        help_text="Where each event is sent, by POST.",
    )
    format = forms.ChoiceField(choices=Webhook.Format.choices, initial=Webhook.Format.STANDARD)
    events = forms.MultipleChoiceField(
        required=False,
        choices=[(event, event.partition(".")[2].replace("_", " ")) for event in EVENT_TYPES],
        widget=forms.CheckboxSelectMultiple,
    )
    flags = WordsField(
        required=False,
        label="Only of these flags",
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "new-checkout, search"}),
        help_text="Keys, with commas between them. Of a webhook of a project or an environment.",
    )
    tags = WordsField(
        required=False,
        label="Only of flags with these tags",
        help_text="With commas between them. Where keys and tags are given, either is enough.",
    )
    comment = comment_field()

    @property
    def things(self) -> dict[str, list[Any]]:
        """The boxes of the events, by what they are about."""
        found: dict[str, list[Any]] = {}
        for box in self["events"]:
            found.setdefault(box.data["value"].partition(".")[0].replace("_", " "), []).append(box)
        return found


class Addition(Edition):
    scope = forms.ChoiceField(label="Hears of", help_text="What happens in there, from now on.")
    field_order = ("name", "url", "scope")

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        scope: Any = self.fields["scope"]
        scope.choices = [(place_id, name_of(place)) for place_id, place in places.items()]

    def clean_scope(self) -> Any:
        return self.places[self.cleaned_data["scope"]]


class Rotation(PageForm):
    overlap = forms.ChoiceField(
        choices=list(OVERLAPS.items()),
        initial="86400",
        label="The old secret signs on for",
        help_text="So long you have to put the new one in its place.",
    )
    comment = comment_field()

    def clean_overlap(self) -> timedelta:
        return timedelta(seconds=int(self.cleaned_data["overlap"]))


@organization_page
def webhooks(request: PageRequest, organization: Organization) -> HttpResponse:
    context = {
        "webhooks": selectors.webhooks_of(request.actor, organization),
        "may_create": bool(places_to_make(request, organization)),
    }
    return show(request, "tenants/webhooks.html", context)


@organization_page
def new_webhook(request: PageRequest, organization: Organization) -> HttpResponse:
    """The form; the answer to it is the only page that ever shows the secret."""
    places = places_to_make(request, organization)
    if not places:
        require(request.actor, "webhook.create", organization)
    form = Addition(typed(request), places=places)

    def create(**given: Any) -> tuple[Webhook, str]:
        return services.create_webhook(**given, actor=request.actor)

    if not form.carried_out(request, create, at="url"):
        return show(request, "tenants/new_webhook.html", {"form": form}, status=form.status)
    webhook, secret = form.outcome
    return show(request, "tenants/webhook_secret.html", {"webhook": webhook, "secret": secret})


def places_to_make(request: PageRequest, organization: Organization) -> Places:
    places = selectors.places_of(request.actor, organization)
    return {place.pk: place for place in places if allowed(request.actor, "webhook.create", place)}


@organization_page
def edit_webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    found = webhook_of(request, organization, webhook)
    require(request.actor, "webhook.edit", found)
    now = {name: getattr(found, name) for name in EDITED}
    form = Edition(typed(request), initial=now)

    def edit(**given: Any) -> object:
        return services.edit_webhook(found, **given, actor=request.actor)

    if form.carried_out(request, edit, at="url"):
        messages.success(request, f"Saved: {form.outcome}.")
        return to_webhook(found)
    return show(request, "tenants/edit_webhook.html", {"form": form, "webhook": found}, status=form.status)


@organization_page
def rotate_webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    """The form; the answer to it is the only page that ever shows the new secret."""
    found = webhook_of(request, organization, webhook)
    require(request.actor, "webhook.rotate", found)
    form = Rotation(typed(request))

    def rotate(overlap: timedelta, comment: str) -> tuple[Webhook, str]:
        return services.rotate_webhook(found, overlap=overlap, actor=request.actor, comment=comment)

    if not form.carried_out(request, rotate):
        return show(request, "tenants/rotate_webhook.html", {"form": form, "webhook": found}, status=form.status)
    rotated, secret = form.outcome
    return show(request, "tenants/webhook_secret.html", {"webhook": rotated, "secret": secret})


@organization_page
def delete_webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    found = webhook_of(request, organization, webhook)
    require(request.actor, "webhook.delete", found)
    form = Confirmation(typed(request))

    def delete(**given: Any) -> None:
        services.delete_webhook(found, **given, actor=request.actor)

    if form.confirmed(request, delete):
        messages.success(request, f"Deleted: {found.name}.")
        return redirect("tenants:webhooks", organization.slug)
    context = {
        "form": form,
        "title": f"Delete the webhook {found.name}?",
        "consequences": [
            "Nothing is sent there any more, not even what waits.",
            "The log of its deliveries goes with it. To stop it for a while, disable it instead.",
        ],
        "back": reverse("tenants:webhook", args=[organization.slug, found.id]),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def webhook_of(request: PageRequest, organization: Organization, webhook: str) -> Webhook:
    found: Webhook = seen(selectors.find_webhook(request.actor, organization, webhook))
    return found


def to_webhook(webhook: Webhook) -> HttpResponse:
    return redirect("tenants:webhook", webhook.organization.slug, webhook.id)
