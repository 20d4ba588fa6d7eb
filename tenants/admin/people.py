"""Members, invitations and users in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from tenants import selectors, services
from tenants.acting import acting
from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.filters import OrganizationFilter
from tenants.admin.forms import ServiceForm, choice_field, row_field, text_field
from tenants.admin.site import site
from tenants.admin.walls import DELETE, WalledAdmin
from tenants.models import CustomRole, Invitation, Membership, Organization, User
from tenants.permissions import roles_on
from tenants.problems import Fault, Invalid
from tenants.role_choices import choices_of, roles_by_value, value_of
from tenants.roles import AnyRole


class MembershipForm(ServiceForm):
    organization = row_field()
    email = text_field(help_text="Of somebody who has verified it here.")
    role = choice_field(help_text="On the whole organization. Roles on parts are set there.")

    def initial_of(self, thing: Any) -> dict[str, Any]:
        return {"role": value_of(roles_on(thing.organization).get(thing.user_id))}

    def wall(self, actor: Actor) -> None:
        organizations = Organization.objects.visible_to(actor, "member.edit").order_by("name")
        self.offer("organization", organizations)
        self.roles = roles_by_value(CustomRole.objects.filter(organization__in=organizations))
        role: Any = self.fields.get("role")
        if role is not None:
            role.choices = choices_of(self.roles)

    def clean_role(self) -> AnyRole | None:
        return self.roles.get(self.cleaned_data["role"])


def _remove(membership: Membership, actor: Actor, answers: dict[str, Any]) -> None:
    services.remove_member(membership.organization, user=membership.user, actor=actor, comment=answers["comment"])


@admin.register(Membership, site=site)
class MembershipAdmin(WalledAdmin):
    page_route, page_names = "tenants:member", ("organization__slug", "user_id")
    view_verb, add_verb, change_verb, delete_verb = "member.view", "member.edit", "member.edit", "member.edit"
    form = MembershipForm
    list_display = ("user", "email", "organization", "created_at")
    list_display_links = ("user", "email")
    list_filter = (OrganizationFilter,)
    list_select_related = ("user", "organization")
    search_fields = ("user__name", "user__email")
    ordering = ("organization__name", "user__name", "user__email")
    add_fields = ("organization", "email", "role")
    change_fields = ("role",)
    info_fields = ("user", "email", "organization", "role", "created_at")
    service_actions = (
        ServiceAction(
            DELETE,
            "member.edit",
            "Remove from the organization",
            _remove,
            explains="Every role in the organization goes with the membership, and their pending invitations too.",
            is_dangerous=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in super().get_readonly_fields(request, obj) if self._is_read(name, request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        sets = super().get_fieldsets(request, obj)
        for _, options in sets[1:]:
            options["fields"] = [name for name in options["fields"] if self._is_read(name, request, obj)]
        return sets

    def _is_read(self, name: str, request: HttpRequest, obj: Any) -> bool:
        """The role is shown to those who cannot choose it."""
        return name != "role" or not self.has_change_permission(request, obj)

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Membership:
        how = {"role": values["role"], "actor": actor, "comment": values["comment"]}
        if change:
            services.set_role(obj.organization, user=obj.user, **how)
            membership: Membership = obj
            return membership
        return services.add_member(values["organization"], user=_verified(values["email"]), **how)

    @admin.display(ordering="user__email")
    def email(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description="role on the whole organization")
    def role(self, membership: Membership) -> str:
        held = roles_on(membership.organization).get(membership.user_id)
        return held.label if held else "none; on parts of it only"


def _verified(email: str) -> User:
    user = selectors.find_verified_user(email)
    if user is None:
        raise Invalid([Fault("email", "Nobody has verified this address here: invite it on the page of the members.")])
    return user


def _revoke(invitation: Invitation, actor: Actor, answers: dict[str, Any]) -> None:
    services.revoke_invitation(invitation, actor=actor, comment=answers["comment"])


@admin.register(Invitation, site=site)
class InvitationAdmin(WalledAdmin):
    """To be read and revoked; they are made where the link can be shown, on the page of the members."""

    view_verb = "member.edit"
    list_display = ("email", "granted_role", "place", "state", "invited_by", "created_at")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization", "project", "environment", "invited_by", "custom_role")
    search_fields = ("email",)
    ordering = ("-created_at", "-id")
    info_fields = ("email", "granted_role", "place", "organization", "state", "invited_by", "created_at", "expires_at")
    service_actions = (
        ServiceAction(
            "revoke",
            "member.edit",
            "Revoke",
            _revoke,
            explains="Its link leads nowhere any more.",
            is_dangerous=True,
            applies_to=lambda invitation: invitation.accepted_at is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="role")
    def granted_role(self, invitation: Invitation) -> str:
        role = invitation.granted_role
        return role.label if role else "was deleted"

    @admin.display
    def place(self, invitation: Invitation) -> str:
        return str(invitation.place)

    @admin.display
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at is not None:
            return f"accepted {invitation.accepted_at:%Y-%m-%d}"
        is_over = invitation.expires_at <= timezone.now()
        return f"{'expired' if is_over else 'open until'} {invitation.expires_at:%Y-%m-%d}"


@admin.register(User, site=site)
class UserAdmin(WalledAdmin):
    """Oneself and the people of one's organizations, to be read. Everybody changes their own account on its own pages."""

    view_verb = "member.view"
    list_display = ("email", "name", "is_active", "date_joined")
    list_filter = ("is_active",)
    search_fields = ("email", "name")
    ordering = ("email",)
    info_fields = ("email", "name", "is_active", "date_joined")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = acting(request)
        return obj is None or User.objects.visible_to(actor).filter(pk=obj.pk).exists()
