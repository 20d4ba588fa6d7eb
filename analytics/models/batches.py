"""What applications told, as it came: kept until its time is over."""

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
    # When what it tells of was over, by the clock of who sent it, as far as that clock can be believed.
    ended_at = models.DateTimeField()
    # The day of its own `to`, whatever the clock: the same whenever it comes again. On PostgreSQL, of the partition.
    day = models.DateField()
    is_folded = models.BooleanField(default=False, help_text="Whether it is part of a tally.")
    content = models.BinaryField(help_text="The document as JSON, zlib-compressed.")
    # Apart from the document, so that it goes as soon as it is counted.
    contexts = models.BinaryField(
        default=b"", help_text="What is kept of its contexts until they are counted, compressed."
    )

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "telemetry batches"
        constraints = [models.UniqueConstraint(fields=["environment", "batch", "day"], name="telemetry_batch_once")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(is_folded=False), name="telemetry_batch_waiting"),
            models.Index(fields=["ended_at"], name="telemetry_batch_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} of {self.environment_id}"

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(zlib.decompress(self.content))
        return document
