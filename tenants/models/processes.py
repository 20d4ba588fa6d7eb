"""What runs of this installation."""

from typing import Any, ClassVar

from django.db import models


class Process(models.Model):
    """One process of the control plane or the worker, as it last told of itself. Written by `tenants.heartbeats` alone.

    As many rows as processes were started within the last hour; relays report of themselves elsewhere.
    """

    class Kind(models.TextChoices):
        WEB = "web", "Control plane"
        WORKER = "worker", "Worker"
        TIMETABLE = "timetable", "Timetable (beat)"

    id = models.CharField(primary_key=True, max_length=64, help_text="One that a process gives itself when it starts.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    messages = models.PositiveIntegerField(null=True, help_text="Of a worker: how many wait for any of them.")

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
