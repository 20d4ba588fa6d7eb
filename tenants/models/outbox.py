"""What must happen after a change, written in the same transaction as the change."""

from django.db import models

from tenants.actors import Scope
from tenants.models.organizations import Organization
from tenants.models.projects import Environment


class OutboxEvent(models.Model):
    """Written by `tenants.outbox.put`, worked off by `tenants.outbox.drain`."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=60)
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, null=True, on_delete=models.CASCADE, related_name="+")
    payload = models.JSONField(default=dict)
    request_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Of the request that changed something; for logs.",
    )
    traceparent = models.CharField(
        max_length=55,
        blank=True,
        default="",
        db_default="",
        help_text="Where in a trace something was changed, as W3C writes it; empty without traces.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    parked_at = models.DateTimeField(
        null=True, help_text="Since when it is not tried any more, for it failed too often."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["environment", "id"], name="outbox_waiting", condition=models.Q(processed_at__isnull=True)
            ),
            models.Index(fields=["processed_at"], name="outbox_processed"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """From the environment outwards, as far as it has them."""
        held: list[Scope] = []
        if self.environment_id:
            held.append(("environment", self.environment_id))
        if self.organization_id:
            held.append(("organization", self.organization_id))
        return tuple(held)
