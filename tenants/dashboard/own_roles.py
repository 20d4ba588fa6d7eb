"""Roles that an organization makes for itself: listed, made, edited, and deleted with a look at who holds them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tenants import selectors, services
from tenants.actors import Actor
from tenants.dashboard.confirming import Confirmation, shortened
from tenants.dashboard.doors import PageRequest, seen, show
from tenants.dashboard.forms import PageForm, comment_field, key_field, typed
from tenants.dashboard.members import people_page
from tenants.dashboard.roles import name_of
from tenants.models import ApiKey, CustomRole, Invitation, Organization
from tenants.models.roles import LONGEST_DESCRIPTION
from tenants.permissions import allowed, require
from tenants.roles import ALWAYS_GIVEN, GIVEABLE, GUARDED_BY_PROTECTION
from tenants.selectors import Held


class Edition(PageForm):
    """Offers the verbs that the actor holds, and those that the role has already."""

    name = forms.CharField(max_length=100)
    description = forms.CharField(max_length=LONGEST_DESCRIPTION, required=False, help_text="What it is for.")
    verbs = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    comment = comment_field()

    def __init__(
        self, *args: Any, actor: Actor, organization: Organization, role: CustomRole | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        had = role.verbs if role else ()
        verbs: Any = self.fields["verbs"]
        verbs.choices = [
            (verb, verb.partition(".")[2].replace("_", " "))
            for verb in GIVEABLE
            if verb not in ALWAYS_GIVEN and (verb in had or allowed(actor, verb, organization))
        ]

    @property
    def nouns(self) -> dict[str, list[Any]]:
        """The boxes of the verbs, by what they are about; with a star where protection guards them."""
        found: dict[str, list[Any]] = {}
        for box in self["verbs"]:
            value = box.data["value"]
            found.setdefault(value.partition(".")[0].replace("_", " "), []).append(
                (box, value in GUARDED_BY_PROTECTION)
            )
        return found


class Addition(Edition):
    key = key_field("Key", "name", help_text="For programs. It stays for ever.")
    field_order = ("name", "key")


@people_page
def roles(request: PageRequest, organization: Organization) -> HttpResponse:
    form = Addition(typed(request), actor=request.actor, organization=organization)

    def add(**given: Any) -> object:
        return services.create_role(organization, **given, actor=request.actor)

    if form.carried_out(request, add, at="key"):
        messages.success(request, f"Made: {form.outcome}. Give it to people and teams on their pages.")
        return redirect("tenants:roles", organization.slug)
    context = {"form": form, "roles": selectors.roles_of(request.actor, organization), "always": ALWAYS_GIVEN}
    return show(request, "tenants/roles.html", context, status=form.status)


@people_page
def role(request: PageRequest, organization: Organization, role: str) -> HttpResponse:
    found: CustomRole = seen(selectors.find_role(request.actor, organization, role))
    now = {"name": found.name, "description": found.description, "verbs": found.verbs}
    form = Edition(typed(request), actor=request.actor, organization=organization, role=found, initial=now)

    def edit(**given: Any) -> object:
        return services.edit_role(found, **given, actor=request.actor)

    if form.carried_out(request, edit):
        messages.success(request, f"Saved: {form.outcome}. Whoever holds it may that now.")
        return redirect("tenants:role", organization.slug, found.key)
    holders = [told(held) for held in selectors.holders_of_role(request.actor, found)]
    context = {"form": form, "role": found, "holders": shortened(holders)}
    return show(request, "tenants/role.html", context, status=form.status)


@people_page
def delete_role(request: PageRequest, organization: Organization, role: str) -> HttpResponse:
    found: CustomRole = seen(selectors.find_role(request.actor, organization, role))
    require(request.actor, "role.edit", found)
    form = Confirmation(typed(request), expected=found.key)

    def delete(**given: Any) -> None:
        services.delete_role(found, **given, actor=request.actor)

    if form.confirmed(request, delete):
        messages.success(request, f"Deleted: {found.name}. Nobody holds it any more.")
        return redirect("tenants:roles", organization.slug)
    holders = [f"{told(held)}: ends at once." for held in selectors.holders_of_role(request.actor, found)]
    context = {
        "form": form,
        "title": f"Delete the role {found.name}?",
        "consequences": [*(shortened(holders) or ["Nobody holds it."]), "A deleted role does not come back."],
        "back": reverse("tenants:role", args=[organization.slug, found.key]),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def told(held: Held) -> str:
    """Who holds a role where, in words."""
    holder = held.holder
    kind = {CustomRole: "", ApiKey: "The token ", Invitation: "The invitation of "}.get(type(holder), "")
    name = holder.email if isinstance(holder, Invitation) else str(holder)
    return f"{kind}{name}, on {name_of(held.place)}"
