"""Organizations, projects and environments alike: who has which role there, and giving and taking it."""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tenants import services
from tenants.actors import Actor
from tenants.admin.actions import AskForm, ServiceAction
from tenants.admin.forms import choice_field, row_field
from tenants.models import User
from tenants.permissions import roles_on
from tenants.roles import Role


class MemberForm(AskForm):
    """One of the people of the organization around the place."""

    user = row_field(label="Member")

    def prepare(self) -> None:
        organizations = {dict(thing.scopes)["organization"] for thing in self.things}
        people = User.objects.filter(memberships__organization__in=organizations).distinct()
        self.fields["user"].queryset = people.order_by("name", "email")  # type: ignore[attr-defined]  # a row_field


class RoleForm(MemberForm):
    role = choice_field(choices=Role.choices, help_text="Their one role here; the highest that reaches a thing counts.")


def _set_role(place: Any, actor: Actor, answers: dict[str, Any]) -> None:
    role = Role(int(answers["role"]))
    services.set_role(place, user=answers["user"], role=role, actor=actor, comment=answers["comment"])


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
    rows = sorted(((role, str(people[user_id])) for user_id, role in held.items() if user_id in people), reverse=True)
    if not rows:
        return SafeString("Nobody by name. Roles from around this place hold here too.")
    items = format_html_join("", "<li>{}: {}</li>", ((name, role.label) for role, name in rows))
    return format_html("<ul>{}</ul>", items)
