"""The audit log: append-only, and chained by hashes per organization."""

from typing import Any, ClassVar

from django.db import models

from tenants.actors import Scope
from tenants.models.base import id_field
from tenants.models.organizations import Organization
from tenants.querysets import AuditCheckpointManager, AuditEventManager

INSTANCE_CHAIN = "instance"


class AuditEvent(models.Model):
    """One thing that somebody did. Written by `tenants.audit.record` and by nobody else."""

    id = id_field()
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="audit_events")
    chain = models.CharField(max_length=26)
    position = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=26, blank=True)
    actor_name = models.CharField(max_length=254)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=254)
    project_id = models.CharField(max_length=26, blank=True)
    environment_id = models.CharField(max_length=26, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    comment = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    ip = models.GenericIPAddressField(null=True)
    nonce = models.CharField(max_length=32, blank=True, help_text="Empty once the payload was erased.")
    payload_hash = models.CharField(max_length=64, help_text="sha256(nonce‖payload); stays when the payload is erased.")
    person_nonce = models.CharField(max_length=32, blank=True, help_text="Empty once it was erased who it was.")
    person_hash = models.CharField(
        max_length=64, blank=True, help_text="sha256(person_nonce‖who); empty before there were two parts."
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects: ClassVar[AuditEventManager] = AuditEventManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["chain", "position"]
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="audit_chain_has_no_fork")]
        indexes = [models.Index(fields=["organization", "-at"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.object_name}"


class AuditHead(models.Model):
    """Where a chain ends. Its row is the last lock that a service takes."""

    chain = models.CharField(max_length=26, primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    mac = models.CharField(max_length=64, blank=True, help_text="Of all three, with a key that is not in the database.")

    def __str__(self) -> str:
        return "the audit log"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return () if self.chain == INSTANCE_CHAIN else (("organization", self.chain),)


class AuditKey(models.Model):
    """An Ed25519 key that signs checkpoints; its private half is sealed. Read by tenants.audit.signing alone."""

    kid = models.CharField(primary_key=True, max_length=43, help_text="The public half's RFC 7638 thumbprint.")
    sealed = models.TextField(help_text="The private half, sealed.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.kid

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """None: the installation signs for all."""
        return ()


class AuditCheckpoint(models.Model):
    """Where a chain stood, signed. What counts is the copy outside of this database."""

    class Kind(models.TextChoices):
        HEAD = "head"
        PURGE = "purge"
        END = "end"

    id = id_field()
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    chain = models.CharField(max_length=26)
    position = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    kid = models.CharField(max_length=43)
    signature = models.CharField(max_length=86)
    stored_at = models.DateTimeField(null=True, help_text="When its file was written; null: not yet.")

    objects: ClassVar[AuditCheckpointManager] = AuditCheckpointManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["chain", "position"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "position", "kind"], name="audit_checkpoint_once"),
        ]
        indexes = [
            models.Index(fields=["id"], name="audit_checkpoint_to_store", condition=models.Q(stored_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.chain} at {self.position}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("organization", self.organization_id),) if self.organization_id else ()
