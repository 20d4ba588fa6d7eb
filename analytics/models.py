"""What applications told: raw batches, until their time is over, and what they came to by minute, hour and day."""

import json
import zlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from analytics.querysets import OfProjectManager, PrivacyManager, TelemetryManager
from flags.models import Flag
from tenants.actors import Scope
from tenants.models import ApiKey, Environment, Organization, Project
from tenants.models.base import History, id_field


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


class SeenAttribute(models.Model):
    """An attribute that contexts in an environment have (`analytics.attributes.seen`); "" stands for the contexts themselves."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField(db_index=True)
    content = models.BinaryField(default=b"", help_text="What was seen as JSON, zlib-compressed.")

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="seen_attribute_once")]

    def __str__(self) -> str:
        return f"{self.name} in {self.environment_id}"


class AttributePrivacy(models.Model):
    """How far the values of a project's attributes may be known: the classes of `evaluation.wire.observed`, by name."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    classes = models.JSONField(default=dict, blank=True, help_text="By name; * stands for all that are not named.")

    objects: ClassVar[PrivacyManager] = PrivacyManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History()

    class Meta:
        verbose_name_plural = "attribute privacy"

    def __str__(self) -> str:
        return f"privacy of {self.project_id}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.project.scopes


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
