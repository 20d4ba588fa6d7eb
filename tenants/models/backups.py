"""What became of backups and of drills with them."""

from typing import Any, ClassVar

from django.db import models

from tenants.actors import Scope
from tenants.models.base import id_field


class BackupRun(models.Model):
    """One backup that was made, restored or tried out in a drill, or an attempt that failed: then `error` says why."""

    class Kind(models.TextChoices):
        BACKUP = "backup", "Backup"
        RESTORE = "restore", "Restore"
        DRILL = "drill", "Restore drill"

    id = id_field()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200, help_text="Of the file.")
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    size = models.PositiveBigIntegerField(default=0, help_text="Of the file, in bytes.")
    rows = models.PositiveBigIntegerField(default=0)
    found = models.JSONField(default=dict, help_text="What a drill compared, and what differed.")
    error = models.TextField(blank=True)
    late_told_at = models.DateTimeField(null=True, help_text="When people were told that none followed in time.")

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "started_at"], name="backup_run_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_good(self) -> bool:
        return not self.error

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """None: it is of the whole installation."""
        return ()
