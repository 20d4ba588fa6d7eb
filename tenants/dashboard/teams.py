"""Teams: who is in them, and what they hold where."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tenants import selectors, services
from tenants.dashboard.confirming import Confirmation
from tenants.dashboard.doors import PageRequest, seen, show
from tenants.dashboard.forms import PageForm, comment_field, key_field, typed
from tenants.dashboard.members import member_of, people_page
from tenants.dashboard.roles import RoleOnPlace, places_to_give, roles_to_give
from tenants.models import Organization, Team
from tenants.permissions import allowed, require
from tenants.role_choices import value_of
from tenants.roles import AnyRole, Role
from tenants.services.giving import Place


class Addition(PageForm):
    name = forms.CharField(max_length=100)
    key = key_field("Key", "name", help_text="For programs. It stays for ever.")
    comment = comment_field()


class Renaming(PageForm):
    name = forms.CharField(max_length=100)
    comment = comment_field()


@people_page
def teams(request: PageRequest, organization: Organization) -> HttpResponse:
    form = Addition(typed(request))

    def add(**given: Any) -> object:
        return services.create_team(organization, **given, actor=request.actor)

    if form.carried_out(request, add, at="key"):
        messages.success(request, f"Made: {form.outcome}. Now let people in, and give it roles.")
        return redirect("tenants:team", organization.slug, form.outcome.key)
    places = selectors.places_of(request.actor, organization)
    found = selectors.in_full(selectors.teams_of(request.actor, organization), places)
    return show(request, "tenants/teams.html", {"form": form, "teams": found}, status=form.status)


@people_page
def team(request: PageRequest, organization: Organization, team: str) -> HttpResponse:
    """Its name; its people and roles have forms of their own, which lead back here."""
    found = team_of(request, organization, team)
    form = Renaming(typed(request), initial={"name": found.name})

    def rename(**given: Any) -> object:
        return services.edit_team(found, **given, actor=request.actor)

    if form.carried_out(request, rename):
        messages.success(request, f"Saved: {form.outcome}.")
        return to_team(found)
    return page_of(request, found, form=form)


def page_of(request: PageRequest, team: Team, *, form: PageForm, role_form: RoleOnPlace | None = None) -> HttpResponse:
    organization = team.organization
    seen_places = selectors.places_of(request.actor, organization)
    (full,) = selectors.in_full([team], seen_places)
    role_form = role_form or new_role_form(request, organization, seen_places)
    places, roles = role_form.places, role_form.roles
    context = {
        "form": form,
        "role_form": role_form,
        "team": team,
        "people": full.people,
        "others": selectors.people_beside(full),
        "held": [(place, role, place.pk in places and value_of(role) in roles) for place, role in full.roles],
        "may_arrange": allowed(request.actor, "team.edit", organization),
    }
    status = max(form.status, role_form.status)
    return show(request, "tenants/team.html", context, status=status)


def new_role_form(
    request: PageRequest, organization: Organization, seen_places: Sequence[Place], data: Any = None
) -> RoleOnPlace:
    """Owner is for people alone."""
    places = places_to_give(request.actor, seen_places)
    roles = roles_to_give(request.actor, organization, places)
    roles.pop(value_of(Role.OWNER), None)
    return RoleOnPlace(data, roles=roles, places=places, may_be_none=True)


@people_page
@require_POST
def team_role(request: PageRequest, organization: Organization, team: str) -> HttpResponse:
    """Give the team a role on a place, or take away the one that it has there."""
    found = team_of(request, organization, team)
    places = selectors.places_of(request.actor, organization)
    form = new_role_form(request, organization, places, request.POST)

    def give(role: AnyRole | None, place: Place, comment: str) -> None:
        if role is None:
            services.withdraw_team_role(place, team=found, actor=request.actor, comment=comment)
        else:
            services.set_team_role(place, team=found, role=role, actor=request.actor, comment=comment)

    if form.carried_out(request, give):
        messages.success(request, f"Saved: what {found} may do.")
        return to_team(found)
    return page_of(request, found, form=Renaming(initial={"name": found.name}), role_form=form)


@people_page
@require_POST
def add_to_team(request: PageRequest, organization: Organization, team: str) -> HttpResponse:
    found = team_of(request, organization, team)
    person = member_of(request, organization, request.POST.get("member", ""))
    services.add_to_team(found, user=person.user, actor=request.actor)
    messages.success(request, f"{person.user} is in {found} now.")
    return to_team(found)


@people_page
@require_POST
def remove_from_team(request: PageRequest, organization: Organization, team: str, member: str) -> HttpResponse:
    found = team_of(request, organization, team)
    person = member_of(request, organization, member)
    services.remove_from_team(found, user=person.user, actor=request.actor)
    messages.success(request, f"{person.user} is out of {found}.")
    return to_team(found)


@people_page
def delete_team(request: PageRequest, organization: Organization, team: str) -> HttpResponse:
    found = team_of(request, organization, team)
    require(request.actor, "team.edit", found)
    form = Confirmation(typed(request), expected=found.key)

    def delete(**given: Any) -> None:
        services.delete_team(found, **given, actor=request.actor)

    if form.confirmed(request, delete):
        messages.success(request, f"Deleted: {found.name}.")
        return redirect("tenants:teams", organization.slug)
    context = {
        "form": form,
        "title": f"Delete the team {found.name}?",
        "consequences": [
            "Its people lose at once what they hold by it, and keep what they hold themselves.",
            "A deleted team does not come back.",
        ],
        "back": reverse("tenants:team", args=[organization.slug, found.key]),
        "keep": f"Keep {found.name}",
        "act": f"Delete {found.name}",
    }
    return show(request, "tenants/confirm.html", context, status=form.status)


def team_of(request: PageRequest, organization: Organization, key: str) -> Team:
    found: Team = seen(selectors.find_team(request.actor, organization, key))
    return found


def to_team(team: Team) -> HttpResponse:
    return redirect("tenants:team", team.organization.slug, team.key)
