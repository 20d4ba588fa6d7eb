"""Roles that an organization makes for itself, and teams that hold roles together."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.contrib.auth.models import Group
from django.db import models

from tenants.actors import Scope
from tenants.models.base import History, id_field, plain_text
from tenants.models.organizations import Organization, slug_validator
from tenants.querysets import CustomRoleManager, TeamManager
from tenants.roles import completed

LONGEST_DESCRIPTION = 500


class CustomRole(models.Model):
    """A set of verbs under a name, granted like one of the four roles: it is the guardian permission of its `codename`."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="custom_roles")
    key = models.CharField(max_length=63, validators=[slug_validator])
    name = models.CharField(max_length=100, validators=[plain_text])
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True, validators=[plain_text])
    verbs = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[CustomRoleManager] = CustomRoleManager()
    history = History()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="custom_role_key_unique")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        """With the verbs that every role has, also those that came after it was stored."""
        role = super().from_db(db, field_names, values, **options)
        if "verbs" in field_names:
            role.verbs = completed(role.verbs)
        return role

    @property
    def label(self) -> str:
        return self.name

    @property
    def codename(self) -> str:
        return f"role_{self.id}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("organization", self.organization_id),)


class Team(models.Model):
    """People of one organization who hold roles together. Its group, which guardian grants to, has the same members."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="teams")
    key = models.CharField(max_length=63, validators=[slug_validator])
    name = models.CharField(max_length=100, validators=[plain_text])
    group = models.OneToOneField(Group, on_delete=models.CASCADE, editable=False, related_name="team")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TeamManager] = TeamManager()
    history = History(excluded_fields=["group"])

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="team_key_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("organization", self.organization_id),)
