"""What people and the system said of flags that nobody needs, and of keys that are none."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from analytics.querysets import OfProjectManager
from flags.models import Flag
from tenants.models import Organization, Project


class StaleReminder(models.Model):
    """When the owner of a flag was last reminded that it seems stale. Written by `analytics.stale.reminding` alone."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    flag = models.OneToOneField(Flag, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reminded_at = models.DateTimeField()

    objects: ClassVar[OfProjectManager] = OfProjectManager()
    with_deleted: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.flag_id} to {self.owner_id}"


class HiddenKey(models.Model):
    """A key that is no flag, and that the people of a project do not want to see among the unknown ones."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    hidden_at = models.DateTimeField()

    objects: ClassVar[OfProjectManager] = OfProjectManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="hidden_key_once")]

    def __str__(self) -> str:
        return self.key
