"""Roles that organizations made for themselves, and teams: in the admin by the same services as on the pages."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tenants import services
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.filters import OrganizationFilter
from tenants.admin.forms import ServiceForm, row_field, text_field
from tenants.admin.places import MemberForm
from tenants.admin.site import site
from tenants.admin.walls import DELETE, WalledAdmin
from tenants.models import CustomRole, Organization, Team, User
from tenants.models.roles import LONGEST_DESCRIPTION
from tenants.permissions import holders_of, roles_of_team
from tenants.roles import GIVEABLE


class CustomRoleForm(ServiceForm):
    organization = row_field()
    key = text_field(max_length=63, help_text="For programs. It stays for ever.")
    name = text_field(max_length=100)
    description = text_field(max_length=LONGEST_DESCRIPTION, required=False)
    verbs = forms.MultipleChoiceField(
        choices=[(verb, verb) for verb in GIVEABLE],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="None that you do not hold yourself. The looks at what is changed are added.",
    )

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {"name": thing.name, "description": thing.description, "verbs": thing.verbs}

    def wall(self, actor: Actor) -> None:
        self.offer("organization", Organization.objects.visible_to(actor, "role.edit").order_by("name"))


def _delete_role(role: CustomRole, actor: Actor, answers: dict[str, Any]) -> None:
    services.delete_role(role, actor=actor, comment=answers["comment"])


@admin.register(CustomRole, site=site)
class CustomRoleAdmin(WalledAdmin):
    page_route, page_names = "tenants:role", ("organization__slug", "key")
    view_verb, add_verb, change_verb, delete_verb = "member.view", "role.edit", "role.edit", "role.edit"
    form = CustomRoleForm
    list_display = ("name", "key", "organization", "description")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization",)
    search_fields = ("name", "key")
    ordering = ("organization__name", "name", "id")
    add_fields = ("organization", "key", "name", "description", "verbs")
    change_fields = ("name", "description", "verbs")
    view_fields = ("name", "description", "verbs")
    info_fields = ("key", "organization", "holders", "created_at")
    service_actions = (
        ServiceAction(
            DELETE,
            "role.edit",
            "Delete",
            _delete_role,
            explains="Whoever holds it loses it at once, for good; tokens with it may nothing any more.",
            is_dangerous=True,
        ),
    )

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> CustomRole:
        if change:
            return services.edit_role(obj, **values, actor=actor)
        return services.create_role(values.pop("organization"), **values, actor=actor)

    @admin.display(description="held in so many places")
    def holders(self, role: CustomRole) -> int:
        return len(holders_of(role))


class TeamForm(ServiceForm):
    organization = row_field()
    key = text_field(max_length=63, help_text="For programs. It stays for ever.")
    name = text_field(max_length=100)

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {"name": thing.name}

    def wall(self, actor: Actor) -> None:
        self.offer("organization", Organization.objects.visible_to(actor, "team.edit").order_by("name"))


class InTeamForm(MemberForm):
    """One of the people of the team."""

    def prepare(self) -> None:
        groups = [team.group_id for team in self.things]
        self.fields["user"].queryset = User.objects.filter(groups__in=groups).order_by("name", "email")  # type: ignore[attr-defined]  # a row_field


def _add(team: Team, actor: Actor, answers: dict[str, Any]) -> None:
    services.add_to_team(team, user=answers["user"], actor=actor, comment=answers["comment"])


def _remove(team: Team, actor: Actor, answers: dict[str, Any]) -> None:
    services.remove_from_team(team, user=answers["user"], actor=actor, comment=answers["comment"])


def _delete_team(team: Team, actor: Actor, answers: dict[str, Any]) -> None:
    services.delete_team(team, actor=actor, comment=answers["comment"])


@admin.register(Team, site=site)
class TeamAdmin(WalledAdmin):
    page_route, page_names = "tenants:team", ("organization__slug", "key")
    view_verb, add_verb, change_verb, delete_verb = "member.view", "team.edit", "team.edit", "team.edit"
    form = TeamForm
    list_display = ("name", "key", "organization")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization",)
    search_fields = ("name", "key")
    ordering = ("organization__name", "name", "id")
    add_fields = ("organization", "key", "name")
    change_fields = ("name",)
    view_fields = ("name",)
    info_fields = ("key", "organization", "people", "roles", "created_at")
    service_actions = (
        ServiceAction("add", "team.edit", "Let somebody in", _add, form=MemberForm, is_for_one=True),
        ServiceAction("remove", "team.edit", "Take somebody out", _remove, form=InTeamForm, is_for_one=True),
        ServiceAction(
            DELETE,
            "team.edit",
            "Delete",
            _delete_team,
            explains="Its people lose at once what they hold by it, and keep what they hold themselves.",
            is_dangerous=True,
        ),
    )

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Team:
        if change:
            return services.edit_team(obj, **values, actor=actor)
        return services.create_team(values.pop("organization"), **values, actor=actor)

    @admin.display
    def people(self, team: Team) -> str:
        return ", ".join(str(user) for user in team.group.user_set.order_by("name", "email")) or "nobody yet"

    @admin.display(description="roles, set on the pages of the teams")
    def roles(self, team: Team) -> str:
        return ", ".join(f"{role.label} on one {kind}" for (kind, _), role in roles_of_team(team).items()) or "none yet"
