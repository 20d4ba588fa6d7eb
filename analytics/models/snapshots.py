"""What experiments had shown, day by day, so that a page shows it at once."""

from typing import Any, ClassVar

from django.db import models

from analytics.models.experiments import Experiment
from analytics.querysets import EnrolmentManager
from flags.models.stored_json import StoredJson
from tenants.models import Organization


class ResultSnapshot(models.Model):
    """The last results of an experiment on one day (in UTC). Written by `analytics.experiments.snapshots` alone.

    Of days before the last only the course is kept, so a row takes 300 bytes; the last takes 1 KB for each metric and variant.
    There is one a day while somebody may tell of the experiment, at most 184, and they go with it.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The constraint below is the index by experiment.
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    taken_at = models.DateTimeField()
    seconds = models.FloatField(help_text="How long the analysis took.")
    course = models.JSONField(
        decoder=StoredJson,
        help_text="Variant → [difference, low, high] of the primary metric, by sequential intervals.",
    )
    document = models.JSONField(decoder=StoredJson, help_text="analytics.experiments.analysis")

    objects: ClassVar[EnrolmentManager] = EnrolmentManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "day"], name="result_snapshot_once_a_day")]

    def __str__(self) -> str:
        return f"{self.experiment_id} on {self.day}"
