"""Members: who belongs to an organization, with which role where, and who is invited."""

from collections.abc import Iterable, Sequence
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tenants import selectors, services
from tenants.actors import Actor
from tenants.dashboard.doors import PageRequest, View, organization_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.dashboard.paging import Paged
from tenants.dashboard.roles import RoleOnPlace, places_to_give, roles_to_give
from tenants.mail import link_of, send_invitation
from tenants.models import Invitation, Membership, Organization, Team
from tenants.permissions import allowed
from tenants.role_choices import value_of
from tenants.roles import AnyRole, Role
from tenants.selectors import Member
from tenants.services.giving import Place


class Addition(RoleOnPlace):
    email = forms.EmailField(max_length=254, label="E-mail address")
    field_order = ("email", "role", "place", "comment")


class Removal(PageForm):
    comment = comment_field()


def people_page(view: View) -> View:
    """Who sees only a part of an organization does not see its people."""

    @organization_page
    @wraps(view)
    def door(request: PageRequest, organization: Organization, **names: Any) -> HttpResponse:
        seen(organization if allowed(request.actor, "member.view", organization) else None)
        return view(request, organization, **names)

    return door


@people_page
def members(request: PageRequest, organization: Organization) -> HttpResponse:
    """Who verified the address joins at once; any other is invited, by a link that this answer alone shows."""
    seen_places = selectors.places_of(request.actor, organization)
    places = places_to_give(request.actor, seen_places)
    roles = roles_to_give(request.actor, organization, places)
    form = Addition(typed(request), roles=roles, places=places, initial={"role": str(Role.MEMBER)})

    def add(**given: Any) -> tuple[Invitation, str] | None:
        return add_or_invite(organization, **given, actor=request.actor)

    if not form.carried_out(request, add, at="email"):
        return list_of(request, organization, form, seen_places)
    if form.outcome is None:
        messages.success(request, f"{form.cleaned_data['email']} is a member now.")
        return redirect("tenants:members", organization.slug)
    invitation, secret = form.outcome
    link = link_of(secret)
    is_mailed = send_invitation(invitation, link)
    return list_of(request, organization, form, seen_places, invited=invitation, link=link, is_mailed=is_mailed)


def add_or_invite(
    organization: Organization, *, email: str, role: AnyRole, place: Place, comment: str, actor: Actor
) -> tuple[Invitation, str] | None:
    user = selectors.find_verified_user(email)
    if user is None:
        return services.invite(place, email=email, role=role, actor=actor, comment=comment)
    scope = None if isinstance(place, Organization) else place
    services.add_member(organization, user=user, role=role, scope=scope, actor=actor, comment=comment)
    return None


def list_of(
    request: PageRequest, organization: Organization, form: Addition, places: Sequence[Place], **news: Any
) -> HttpResponse:
    search = request.GET.get("search", "").replace("\0", "").strip()
    paged = Paged.of(selectors.memberships_of(request.actor, organization, search), request)
    context = {
        "form": form,
        "search": search,
        "paged": paged,
        "people": in_full(request, organization, paged, places),
        "invitations": selectors.invitations_of(request.actor, organization),
        "used": None if search else paged.count,
        **news,
    }
    return show(request, "tenants/members.html", context, status=form.status)


def in_full(
    request: PageRequest, organization: Organization, memberships: Iterable[Membership], places: Sequence[Place]
) -> list[tuple[Member, list[tuple[Place, AnyRole]], list[Team]]]:
    """People with their role on the whole, those on parts, and their teams."""
    held, teams = selectors.roles_by_person(places), selectors.teams_by_person(request.actor, organization)
    people = []
    for row in memberships:
        roles = held.get(row.user_id, [])
        whole = next((role for place, role in roles if place == organization), None)
        narrower = [(place, role) for place, role in roles if place != organization]
        people.append((Member(row, row.user, whole), narrower, teams.get(row.user_id, [])))
    return people


@people_page
def member(request: PageRequest, organization: Organization, member: str) -> HttpResponse:
    """One person's roles; a role of "" takes it away."""
    person = member_of(request, organization, member)
    seen_places = selectors.places_of(request.actor, organization)
    places = places_to_give(request.actor, seen_places)
    roles = roles_to_give(request.actor, organization, places)
    form = RoleOnPlace(typed(request), roles=roles, places=places, may_be_none=True)

    def give(role: AnyRole | None, place: Place, comment: str) -> None:
        if role is None:
            services.withdraw_role(place, user=person.user, actor=request.actor, comment=comment)
        else:
            services.set_role(place, user=person.user, role=role, actor=request.actor, comment=comment)

    if form.carried_out(request, give):
        messages.success(request, f"Saved: what {person.user} may do.")
        return redirect("tenants:member", organization.slug, person.user.id)
    held: list[tuple[Place, AnyRole]] = [(organization, person.role)] if person.role is not None else []
    held += selectors.narrower_roles(seen_places).get(person.user.id, [])
    context = {
        "form": form,
        "person": person,
        "by_team": selectors.in_full(selectors.teams_of_person(request.actor, organization, person.user), seen_places),
        "held": [(place, role, place.pk in places and value_of(role) in roles) for place, role in held],
    }
    return show(request, "tenants/member.html", context, status=form.status)


@people_page
def remove_member(request: PageRequest, organization: Organization, member: str) -> HttpResponse:
    person = member_of(request, organization, member)
    is_oneself = person.user == request.actor.user
    form = Removal(typed(request))

    def remove(comment: str) -> None:
        services.remove_member(organization, user=person.user, actor=request.actor, comment=comment)

    if form.carried_out(request, remove):
        messages.success(
            request, f"You left {organization}." if is_oneself else f"{person.user} is no member any more."
        )
        return redirect("tenants:start") if is_oneself else redirect("tenants:members", organization.slug)
    context = {"form": form, "person": person, "is_oneself": is_oneself}
    return show(request, "tenants/remove_member.html", context, status=form.status)


@people_page
@require_POST
def revoke_invitation(request: PageRequest, organization: Organization, invitation: str) -> HttpResponse:
    found = seen(selectors.invitations_of(request.actor, organization).filter(pk=invitation).first())
    services.revoke_invitation(found, actor=request.actor)
    messages.success(request, f"The invitation of {found.email} is revoked: its link leads nowhere any more.")
    return redirect("tenants:members", organization.slug)


def member_of(request: PageRequest, organization: Organization, user_id: str) -> Member:
    people = selectors.members_of(request.actor, organization)
    found: Member = seen(next((one for one in people if one.user.id == user_id), None))
    return found
