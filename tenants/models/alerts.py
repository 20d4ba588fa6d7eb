"""Alerts: what an organization wants its people told at once, and each event that was told because of one."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from tenants.actors import Scope
from tenants.models.base import History, id_field, plain_text
from tenants.models.organizations import Organization
from tenants.models.projects import Environment, Project
from tenants.querysets import AlertManager, RaisedAlertManager


class Alert(models.Model):
    """The scope is the narrowest of environment, project, organization that is set."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="alerts")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, validators=[plain_text])
    events = models.JSONField(
        default=list, blank=True, help_text="Types of events, or what they are about; empty: all of them."
    )
    by = models.JSONField(
        default=list, blank=True, help_text="Kinds of actors, and ids of people and API keys; empty: whoever it is."
    )
    working_hours = models.JSONField(
        default=dict, blank=True, help_text="In which nothing is told; empty: it is told at any time."
    )
    recipients = models.JSONField(default=list, blank=True, help_text="Ids of members who get a mail.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    position = models.PositiveBigIntegerField(default=0, help_text="How far in the audit chain it has looked.")

    objects: ClassVar[AlertManager] = AlertManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History(excluded_fields=["position"])

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> Organization | Project | Environment:
        return self.environment or self.project or self.organization

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.place.scopes


class RaisedAlert(models.Model):
    """An event of the audit log of which an alert told. Written by `tenants.alerts` alone."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="raised", db_index=False)
    # Not a foreign key: the audit log is purged by a policy of its own.
    event_id = models.CharField(max_length=26)
    raised_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="When it was mailed; null: it waits for the summary.")
    is_summed_up = models.BooleanField(default=False, help_text="Whether it was mailed in a summary.")

    objects: ClassVar[RaisedAlertManager] = RaisedAlertManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "event_id"], name="raised_alert_once")]
        indexes = [
            models.Index(fields=["raised_at"], name="raised_alert_waiting", condition=models.Q(told_at__isnull=True)),
            models.Index(fields=["alert", "told_at"], name="raised_alert_told"),
        ]

    def __str__(self) -> str:
        return f"{self.alert} because of {self.event_id}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.alert.scopes
