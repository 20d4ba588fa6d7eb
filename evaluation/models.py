"""Published manifests, immutable revisions of an environment, and the keys that sign them."""

from typing import Any, ClassVar, Self

from django.db import models

from tenants.actors import Scope
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
    changed_at = models.DateTimeField(null=True, help_text="When the first of its changes was made.")
    changes = models.JSONField(
        default=list, help_text="What was changed: topics, keys and versions of flags and segments."
    )
    traceparent = models.CharField(
        max_length=55,
        blank=True,
        default="",
        db_default="",
        help_text="Where in a trace it was published, as W3C writes it; empty without traces.",
    )

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
    stored_version = models.PositiveBigIntegerField(
        null=True, help_text="The one of which a signed snapshot lies in object storage."
    )

    objects: ClassVar[ManifestManager] = ManifestManager()
    with_deleted: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.environment_id} at {self.version}"


class ConvergenceReport(models.Model):
    """The newest report of one serving process about one environment: which versions its clients have."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The constraint below is the index by environment.
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    reporter = models.CharField(max_length=64, help_text="An id that a process gives itself when it starts.")
    name = models.CharField(max_length=200)
    version = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Of its program; relays from before do not say."
    )
    started_at = models.DateTimeField(null=True)
    is_relay = models.BooleanField()
    holds = models.PositiveBigIntegerField(help_text="The version that the process serves.")
    seen = models.JSONField(help_text="Streams, instances and arrivals by version.")
    heard_at = models.DateTimeField(db_index=True)

    objects: ClassVar[ManifestManager] = ManifestManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "reporter"], name="convergence_report_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.environment_id}"


class SigningKeyQuerySet(models.QuerySet["SigningKey"]):
    def active(self) -> Self:
        """Those that readers may trust, the newest first."""
        return self.filter(retired_at__isnull=True).order_by("-created_at")


class SigningKey(models.Model):
    """An Ed25519 key of this installation; its private half is sealed. Read by evaluation.manifest.sign alone."""

    kid = models.CharField(primary_key=True, max_length=43, help_text="The public half's RFC 7638 thumbprint.")
    sealed = models.TextField(help_text="The private half, as `tenants.sealing` made it.")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = SigningKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.kid

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """None: the installation signs for all."""
        return ()
