"""Organizations and who belongs to them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from tenants.actors import Scope
from tenants.models.base import History, SoftDeleted, id_field, plain_text
from tenants.querysets import InvitationManager, MembershipManager, OrganizationManager
from tenants.roles import AnyRole, Role

if TYPE_CHECKING:
    from tenants.models.projects import Environment, Project

SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
slug_validator = RegexValidator(
    SLUG_PATTERN, "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends."
)

# A role *is* the guardian permission of this name on an organization, project or environment.
ROLE_PERMISSIONS = tuple((role.codename, f"Is {role.label} here") for role in Role)


def a_week_from_now() -> datetime:
    return timezone.now() + timedelta(days=7)


class Organization(SoftDeleted):
    id = id_field()
    slug = models.CharField(max_length=63, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=100, validators=[plain_text])
    retention_days = models.PositiveIntegerField(default=30)
    audit_days = models.PositiveIntegerField(default=0, help_text="How long the audit log is kept; 0: for ever.")
    mfa_required = models.BooleanField(default=False)
    limits = models.JSONField(default=dict, blank=True, help_text="Overrides of the instance's limits, by name.")
    revokes_leaked_keys = models.BooleanField(
        default=False, help_text="A key that was found where it should not be ends at once."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[OrganizationManager] = OrganizationManager()
    history = History()

    class Meta:
        permissions = ROLE_PERMISSIONS

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("organization", self.id),)


class Membership(models.Model):
    """That a user belongs to an organization. The role is not here: it is a guardian permission."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[MembershipManager] = MembershipManager()
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("organization", self.organization_id),)


class Invitation(models.Model):
    """An e-mail address that may join, with a role on the narrowest place that is set; its link's secret is kept as a hash."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.PositiveSmallIntegerField(choices=Role.choices, null=True, blank=True)
    custom_role = models.ForeignKey(
        "tenants.CustomRole", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    project = models.ForeignKey("tenants.Project", null=True, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey("tenants.Environment", null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=a_week_from_now)
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[InvitationManager] = InvitationManager()
    history = History(excluded_fields=["token_hash"])

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"

    @property
    def granted_role(self) -> AnyRole | None:
        """None when the role was deleted since."""
        return Role(self.role) if self.role is not None else self.custom_role

    @property
    def place(self) -> "Organization | Project | Environment":
        return self.environment or self.project or self.organization

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Those of its place: whoever may let people in there may see it and take it back."""
        return self.place.scopes
