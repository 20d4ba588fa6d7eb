"""What applications told: raw batches, until they are folded and their time is over."""

import json
import zlib
from typing import Any, ClassVar

from django.db import models

from analytics.querysets import TelemetryManager
from tenants.models import ApiKey, Environment, Organization


class TelemetryBatch(models.Model):
    """One accepted batch, as it was judged: the envelope and its good items."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The constraint below is the index by environment.
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.CharField(max_length=64, help_text="The id that the SDK gave it.")
    key_kind = models.CharField(
        max_length=10, choices=ApiKey.Kind.choices, help_text="Of the key that sent it; client keys are public."
    )
    received_at = models.DateTimeField(db_index=True)
    content = models.BinaryField(help_text="The document as JSON, zlib-compressed.")

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "telemetry batches"
        constraints = [models.UniqueConstraint(fields=["environment", "batch"], name="telemetry_batch_once")]

    def __str__(self) -> str:
        return f"{self.batch} of {self.environment_id}"

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(zlib.decompress(self.content))
        return document
