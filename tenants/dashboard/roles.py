"""Giving roles: which, and on what, somebody may choose."""

from collections.abc import Sequence
from typing import Any

from django import forms

from tenants import selectors
from tenants.actors import Actor
from tenants.dashboard.forms import PageForm, comment_field
from tenants.models import Environment, Organization
from tenants.permissions import allowed, may_give
from tenants.role_choices import Roles, choices_of, roles_by_value
from tenants.roles import AnyRole
from tenants.services.giving import Place

Places = dict[str, Place]


class RoleOnPlace(PageForm):
    """`role` is None for no role at all."""

    role = forms.ChoiceField()
    place = forms.ChoiceField(label="On")
    comment = comment_field()

    def __init__(self, *args: Any, roles: Roles, places: Places, may_be_none: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles, self.places = roles, places
        role: Any = self.fields["role"]
        role.required = not may_be_none
        role.choices = [*([("", "No role")] if may_be_none else []), *choices_of(roles)]
        place: Any = self.fields["place"]
        place.choices = [(place_id, name_of(one)) for place_id, one in places.items()]

    def clean_role(self) -> AnyRole | None:
        return self.roles.get(self.cleaned_data["role"])

    def clean_place(self) -> Place:
        return self.places[self.cleaned_data["place"]]


def places_to_give(actor: Actor, places: Sequence[Place]) -> Places:
    """Those of the places where the actor may give roles, by id."""
    return {place.pk: place for place in places if allowed(actor, "member.edit", place)}


def roles_to_give(actor: Actor, organization: Organization, places: Places) -> Roles:
    """Those that may nothing, on one of the places at least, that the actor may not there."""
    roles = roles_by_value(selectors.roles_of(actor, organization))
    there = places.values()
    return {value: role for value, role in roles.items() if any(may_give(actor, role, place) for place in there)}


def name_of(place: Place) -> str:
    if isinstance(place, Environment):
        return f"{place.project} / {place}"
    return f"All of {place}" if isinstance(place, Organization) else str(place)
