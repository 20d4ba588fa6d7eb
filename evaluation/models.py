"""Published manifests: immutable revisions of an environment."""

from typing import Any, ClassVar

from django.db import models

from tenants.models import Environment, Organization
from tenants.querysets import AliveManager, InEnvironmentQuerySet


class ManifestManager(AliveManager):
    queryset_class = InEnvironmentQuerySet


class ManifestVersion(models.Model):
    """What an environment served from `issued` until the next version. Never changed, only purged by age."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="manifests")
    version = models.PositiveBigIntegerField()
    checksum = models.CharField(max_length=71, help_text="sha256:… of the canonical bytes.")
    signature = models.TextField(blank=True)
    content = models.BinaryField(help_text="The canonical bytes, zlib-compressed.")
    issued = models.DateTimeField()

    objects: ClassVar[ManifestManager] = ManifestManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "version"], name="manifest_version_once")]

    def __str__(self) -> str:
        return f"{self.environment_id} at {self.version}"


class ManifestHead(models.Model):
    """The newest version of an environment: the one small row that everybody watches."""

    environment = models.OneToOneField(
        Environment, on_delete=models.CASCADE, primary_key=True, related_name="manifest_head"
    )
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveBigIntegerField()
    checksum = models.CharField(max_length=71)
    issued = models.DateTimeField()

    objects: ClassVar[ManifestManager] = ManifestManager()
    with_deleted: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.environment_id} at {self.version}"
