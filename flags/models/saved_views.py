"""Names for what was looked for in a project's list of flags."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from flags.querysets import SavedViewManager
from tenants.actors import Scope
from tenants.models import Organization, Project
from tenants.models.base import id_field, plain_text


class SavedView(models.Model):
    """A person's own; without a `user` it is the project's, and shown to everybody who sees that."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60, validators=[plain_text])
    query = models.CharField(max_length=2_000, help_text="What follows the ? in the address of the list.")

    objects: ClassVar[SavedViewManager] = SavedViewManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user", "name"], name="saved_view_once"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(user__isnull=True), name="shared_saved_view_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.user_id is None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.project.scopes
