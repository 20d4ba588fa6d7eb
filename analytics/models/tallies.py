"""What batches came to by minute, hour and day, and who met a split."""

from typing import Any, ClassVar

from django.db import models

from analytics.querysets import TelemetryManager
from flags.models import Flag
from tenants.models import Environment, Organization


class Tally(models.Model):
    """What batches of one environment came to in one stretch of time (`analytics.tallies`), in two parts.

    `below` is the sum of the finer tallies, and can be summed up again as long as these are kept. `own` was added here, since
    none finer is kept for a time so long ago; in the finest tally it is everything.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    start = models.DateTimeField(db_index=True)
    own = models.BinaryField(default=b"", help_text="A tally as JSON, zlib-compressed.")
    below = models.BinaryField(default=b"", help_text="The same, of the finer tallies.")
    is_summed = models.BooleanField(default=False, help_text="Whether the coarser tally has all of it.")

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["environment", "start"], name="%(class)s_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(is_summed=False), name="%(class)s_waiting")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of {self.environment_id} from {self.start:%Y-%m-%d %H:%M}"


class MinuteTally(Tally):
    class Meta(Tally.Meta):
        verbose_name_plural = "minute tallies"


class HourTally(Tally):
    class Meta(Tally.Meta):
        verbose_name_plural = "hour tallies"


class DayTally(Tally):
    class Meta(Tally.Meta):
        verbose_name_plural = "day tallies"


class SubjectSample(models.Model):
    """Some of the subjects that met a flag's splits in one environment on one day in UTC, each with its variant."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The constraint below is the index by environment.
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(db_index=True)
    content = models.BinaryField(default=b"", help_text="At most a thousand hashes of subjects (analytics.samples).")

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "flag", "day"], name="subject_sample_once")]

    def __str__(self) -> str:
        return f"subjects of {self.flag_id} in {self.environment_id} on {self.day:%Y-%m-%d}"
