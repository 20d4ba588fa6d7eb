"""Organizations, projects and environments alike: who has which role there, and giving and taking it."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tenants import services
from tenants.actors import Actor
from tenants.admin.actions import AskForm, ServiceAction
from tenants.admin.forms import choice_field, row_field
from tenants.models import CustomRole, User
from tenants.permissions import roles_on
from tenants.role_choices import choices_of, roles_by_value
from tenants.roles import AnyRole


class MemberForm(AskForm):
    """One of the people of the organization around the place."""

    user = row_field(label="Member")

    def prepare(self) -> None:
        people = User.objects.filter(memberships__organization__in=_around(self.things)).distinct()
        self.fields["user"].queryset = people.order_by("name", "email")  # type: ignore[attr-defined]  # a row_field


class RoleForm(MemberForm):
    role = choice_field(help_text="Their one role here. What reaches a thing from elsewhere counts too.")

    def prepare(self) -> None:
        super().prepare()
        self.roles = roles_by_value(CustomRole.objects.filter(organization__in=_around(self.things)))
        self.fields["role"].choices = choices_of(self.roles)  # type: ignore[attr-defined]  # a choice_field

    def clean_role(self) -> AnyRole | None:
        return self.roles.get(self.cleaned_data["role"])


def _around(things: Sequence[Any]) -> set[str]:
    return {dict(thing.scopes)["organization"] for thing in things}


def _set_role(place: Any, actor: Actor, answers: dict[str, Any]) -> None:
    services.set_role(place, user=answers["user"], role=answers["role"], actor=actor, comment=answers["comment"])


def _withdraw_role(place: Any, actor: Actor, answers: dict[str, Any]) -> None:
    services.withdraw_role(place, user=answers["user"], actor=actor, comment=answers["comment"])


ROLE_ACTIONS = (
    ServiceAction(
        "set_role",
        "member.edit",
        "Set a role",
        _set_role,
        explains="Roles from around this place, or within it, stay as they are.",
        form=RoleForm,
        is_for_one=True,
    ),
    ServiceAction(
        "withdraw_role",
        "member.edit",
        "Withdraw a role",
        _withdraw_role,
        explains="Takes away what a member holds here itself; roles from around this place, or within it, stay.",
        form=MemberForm,
        is_dangerous=True,
        is_for_one=True,
    ),
)


def roles_table(place: Any) -> SafeString:
    """Who holds a role on the place itself, the highest first."""
    held = roles_on(place)
    people = {user.id: user for user in User.objects.filter(id__in=held)}
    rows = sorted(
        (-len(role.verbs), str(people[user_id]), role.label) for user_id, role in held.items() if user_id in people
    )
    if not rows:
        return SafeString("Nobody by name. Roles from around this place hold here too.")
    items = format_html_join("", "<li>{}: {}</li>", ((name, label) for _, name, label in rows))
    return format_html("<ul>{}</ul>", items)
