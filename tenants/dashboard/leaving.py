"""One's own organizations: handing one over, leaving one, and deleting the account."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tenants import selectors, services
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, organization_page, page, seen, show
from tenants.dashboard.forms import typed
from tenants.models import Organization, User
from tenants.permissions import require
from tenants.selectors import OwnPlace

DELETE = "delete"
KEPT = "What you did stays in the audit log, and API keys that you made keep working: revoke them first if they should not."


class HandingOver(Confirmation):
    to = forms.ChoiceField(label="New owner")
    leave = forms.BooleanField(
        required=False, label="And leave: I am no member any more", help_text="Else you stay as admin."
    )
    field_order = ("to", "leave", "typed", "comment")

    def __init__(self, *args: Any, others: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {user.id: user for user in others}
        to: Any = self.fields["to"]
        to.choices = [(user.id, f"{user} ({user.email})" if user.name else user.email) for user in others]

    def clean_to(self) -> User:
        return self.others[self.cleaned_data["to"]]


@organization_page
def hand_over(request: PageRequest, organization: Organization) -> HttpResponse:
    require(request.actor, "owner.edit", organization)
    others = selectors.heirs_of(organization, seen(request.actor.user))
    form = HandingOver(typed(request), others=others, expected=organization.slug)

    def give(**given: Any) -> None:
        services.hand_over(organization, **given, actor=request.actor)

    if form.confirmed(request, give):
        messages.success(request, f"{form.cleaned_data['to']} owns {organization} now.")
        return redirect("tenants:own_organizations")
    context = {
        "form": form,
        "title": f"Hand {organization} over?",
        "consequences": [
            "The new owner may everything, also delete it, and take your role away.",
            "You cannot take it back: only an owner makes owners.",
        ]
        if others
        else ["Nobody else is a member who can sign in: let somebody in first."],
        "back": reverse("tenants:organization_settings", args=[organization.slug]),
        "keep": "Keep it",
        "act": f"Hand {organization} over" if others else "",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


@page
def own_organizations(request: PageRequest) -> HttpResponse:
    """Where one is a member, with what, and how to leave."""
    return show(request, "tenants/own_organizations.html", {"places": selectors.own_places(seen(request.actor.user))})


@page
def leave(request: PageRequest, organization: str) -> HttpResponse:
    """Also for who sees nothing of the organization any more; it is one's own membership that ends."""
    user = seen(request.actor.user)
    place = seen(next((one for one in selectors.own_places(user) if one.organization.slug == organization), None))
    form = Confirmation(typed(request))

    def go(**given: Any) -> None:
        services.remove_member(place.organization, user=user, **given, actor=request.actor)

    if form.confirmed(request, go):
        messages.success(request, f"You left {place.organization}.")
        return redirect("tenants:own_organizations")
    return show(request, "tenants/leave.html", {"form": form, "place": place, "kept": KEPT}, status=form.status)


class Deletion(Confirmation):
    """One question for each organization that nobody else owns: who owns it from now on, or whether it goes too."""

    erase = forms.BooleanField(
        required=False,
        label="Erase my name at once",
        help_text="Else it is erased in 30 days from all that you did here. What was changed stays known, but not by whom.",
    )

    def __init__(self, *args: Any, owned: list[tuple[OwnPlace, list[User]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owned = owned
        for place, heirs in owned:
            field = forms.ChoiceField(label=f"{place.organization}, which nobody else owns")
            field.choices = [
                ("", "Choose what becomes of it"),
                *((user.id, f"Hand it over to {user}") for user in heirs),
                (DELETE, "Delete it, with all that is in it"),
            ]
            field.widget.attrs["class"] = "input"
            self.fields[f"heir_{place.organization.id}"] = field
        self.order_fields([name for name in self.fields if name.startswith("heir_")] + ["erase", "typed", "comment"])

    def clean(self) -> dict[str, Any]:
        """What `delete_account` takes: `heirs` by the ids of their organizations."""
        given = self.cleaned_data
        heirs: dict[str, User | None] = {}
        for place, possible in self.owned:
            chosen = given.pop(f"heir_{place.organization.id}", "")
            heirs[place.organization.id] = next((user for user in possible if user.id == chosen), None)
        return {**given, "heirs": heirs}


@page
def delete_account(request: PageRequest) -> HttpResponse:
    user = seen(request.actor.user)
    places = selectors.own_places(user)
    owned = [(place, selectors.heirs_of(place.organization, user)) for place in places if place.is_last_owner]
    form = Deletion(typed(request), owned=owned, expected=user.email)

    def delete(**given: Any) -> None:
        services.delete_account(user, **given, actor=request.actor)

    if form.confirmed(request, delete):
        logout(request)
        messages.success(request, "Your account is deleted.")
        return redirect("account_login")
    left = [place for place in places if not place.is_last_owner]
    return show(request, "tenants/delete_account.html", {"form": form, "left": left, "kept": KEPT}, status=form.status)
