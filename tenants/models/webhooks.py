"""Webhooks: where an organization wants its events told, and what became of telling each of them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from tenants.actors import Scope
from tenants.models.base import History, id_field, plain_text
from tenants.models.organizations import Organization
from tenants.models.projects import Environment, Project
from tenants.querysets import WebhookDeliveryManager, WebhookManager

# What the worker notes with every attempt: nothing that a person has done.
NOTED = ("position", "failures", "failing_since", "is_slow", "busy_until", "tried_at")
SEALED = ("sealed_secret", "sealed_old_secret")


class Webhook(models.Model):
    """The scope is the narrowest of environment, project, organization that is set. Its URL may be a secret in itself."""

    class Format(models.TextChoices):
        STANDARD = "standard", "Standard Webhooks (JSON)"
        SLACK = "slack", "Slack, and what speaks like it"

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="webhooks")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, validators=[plain_text])
    url = models.CharField(max_length=2000)
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.STANDARD)
    events = models.JSONField(default=list, blank=True, help_text="Types of events; empty: all of them.")
    # Where either names something, of what happens to other flags, and to what is no flag, nothing is told.
    flags = models.JSONField(default=list, blank=True, help_text="Keys of flags of its project.")
    tags = models.JSONField(default=list, blank=True, help_text="Tags of flags of its project.")
    sealed_secret = models.TextField(editable=False)
    sealed_old_secret = models.TextField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=200, blank=True, help_text="Empty: somebody wanted it so.")
    position = models.PositiveBigIntegerField(
        default=0, help_text="How far in the audit chain it was told of everything."
    )
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, blank=True)
    is_slow = models.BooleanField(default=False, help_text="It failed last, or took long: it waits in the slow lane.")
    busy_until = models.DateTimeField(null=True, blank=True, help_text="Until then one worker is telling it something.")
    tried_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[WebhookManager] = WebhookManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History(excluded_fields=["url", *SEALED, *NOTED])

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


class WebhookDelivery(models.Model):
    """One event for one webhook. Made when the event is, or by a test; the worker tries it until it is told or given up."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.CharField(
        max_length=26, help_text="The same in all attempts: receivers know a repeated one by it."
    )
    event_type = models.CharField(max_length=60)
    body = models.TextField(help_text="The very bytes that are sent, in every attempt.")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Since it was made, or was last replayed.")
    attempts = models.JSONField(default=list, help_text="The latest: when, what came, and how long it took.")
    answer = models.TextField(blank=True, help_text="How the last answer began.")
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[WebhookDeliveryManager] = WebhookDeliveryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="webhook_delivery_once")]
        indexes = [
            models.Index(
                fields=["webhook", "not_before"], name="webhook_deliveries_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["webhook", "-id"], name="webhook_deliveries_newest"),
            models.Index(fields=["created_at"], name="webhook_deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} to {self.webhook}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.webhook.scopes

    @property
    def last_attempt(self) -> dict[str, Any]:
        """Empty where there was none yet."""
        return self.attempts[-1] if self.attempts else {}
