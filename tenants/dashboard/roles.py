"""Giving roles: which, and on what, somebody may choose."""

from typing import Any

from django import forms

from tenants import selectors
from tenants.actors import Actor
from tenants.dashboard.forms import PageForm, comment_field
from tenants.models import Environment, Organization
from tenants.permissions import allowed, role_of
from tenants.roles import Role
from tenants.services.members import Place

Places = dict[str, Place]


class RoleOnPlace(PageForm):
    role = forms.TypedChoiceField(coerce=int)
    place = forms.ChoiceField(label="On")
    comment = comment_field()

    def __init__(self, *args: Any, actor: Actor, places: Places, may_be_none: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        role: Any = self.fields["role"]
        role.required = not may_be_none
        role.choices = [("", "No role")] if may_be_none else []
        role.choices += [(one.value, one.label.capitalize()) for one in roles_to_give(actor, places)]
        place: Any = self.fields["place"]
        place.choices = [(place_id, name_of(one)) for place_id, one in places.items()]

    def clean_place(self) -> Place:
        return self.places[self.cleaned_data["place"]]


def places_to_give(actor: Actor, organization: Organization) -> Places:
    """Where the actor may give roles, from the whole to its parts, by id."""
    places: list[Place] = [organization]
    for project in selectors.projects_with_counts(actor, organization):
        places += [project, *project.seen_environments]
    return {place.pk: place for place in places if allowed(actor, "member.edit", place)}


def roles_to_give(actor: Actor, places: Places) -> list[Role]:
    """None above the actor's own."""
    own = max((role_of(actor, place) or 0 for place in places.values()), default=0)
    return [role for role in Role if actor.may_everything or role <= own]


def name_of(place: Place) -> str:
    if isinstance(place, Environment):
        return f"{place.project} / {place}"
    return f"All of {place}" if isinstance(place, Organization) else str(place)
