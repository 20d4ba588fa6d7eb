"""Who watches which flag, what of it they are still to be told, and how far in each organization that was looked for."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from flags.models.flags import Flag
from flags.querysets import WatchedEventManager, WatchManager, WatchPositionManager
from tenants.actors import Scope
from tenants.models import Organization


class Watch(models.Model):
    """That somebody hears of what others do to a flag; its owner does so without a row.

    Where `is_on` is false, its owner would rather not.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="watches", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_on = models.BooleanField(default=True)
    environments = models.JSONField(default=list, blank=True, help_text="Ids of environments; empty: all of them.")
    since = models.DateTimeField()

    objects: ClassVar[WatchManager] = WatchManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "watches"
        constraints = [models.UniqueConstraint(fields=["flag", "user"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.flag_id}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.flag.scopes


class WatchedEvent(models.Model):
    """An entry of the audit log that one person is to be told of, or was. Written by `flags.watching` alone."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    # No foreign keys: the audit log is purged by a policy of its own, and an environment may go before this is told.
    event_id = models.CharField(max_length=26)
    environment_id = models.CharField(max_length=26, blank=True, help_text="Empty: it happened in all of them at once.")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    objects: ClassVar[WatchedEventManager] = WatchedEventManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event_id"], name="watched_event_once")]
        indexes = [
            models.Index(fields=["organization", "user", "told_at"], name="watched_event_told"),
            models.Index(
                fields=["organization", "user", "at"],
                name="watched_event_untold",
                condition=models.Q(told_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} for {self.user_id}"


class WatchPosition(models.Model):
    """How far in an organization's audit chain it was looked for what watchers are told."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, primary_key=True, related_name="+")
    position = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[WatchPositionManager] = WatchPositionManager()
    with_deleted: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.organization_id} at {self.position}"
