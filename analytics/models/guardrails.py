"""Guardrails: what a flag in one environment must not cost, and what was counted since each was armed."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from analytics.querysets import GuardrailManager, GuardrailPointManager
from flags.models import Flag
from tenants.actors import Scope
from tenants.models import Environment, Organization
from tenants.models.base import History, id_field, plain_text

# What the worker notes with every look: nothing that a person has done.
NOTED = ("is_due", "asked_at", "looked_at", "evidence", "fault")
SEALED = ("sealed_token",)


class Guardrail(models.Model):
    """Watches from `armed_at` on until it is breached or dismissed; armed again it begins anew, with nothing counted.

    `budget` is a share from 0 to 1 of failures among requests; with a `control`, by how much the share may be greater than
    the control's, as a part of that (0.5: half as many again); of a metric, by how much it may be worse; with Prometheus, the
    limit of the value. `alpha` is the share of watches over a healthy variant that end in a wrong alarm, at most, however long
    each is and however often one looks.
    """

    class Source(models.TextChoices):
        ERRORS = "errors", "Errors that applications report"
        METRIC = "metric", "A metric of an experiment"
        PROMETHEUS = "prometheus", "A query to Prometheus"

    class Action(models.TextChoices):
        KILL = "kill", "Turn the flag off"
        PAUSE = "pause", "Pause its rollouts"
        TELL = "tell", "Only tell"

    class State(models.TextChoices):
        WATCHING = "watching", "Watching"
        BREACHED = "breached", "Breached"
        DISMISSED = "dismissed", "Dismissed"

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, validators=[plain_text])
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.ERRORS)
    variant = models.CharField(max_length=200, blank=True, help_text="Whose requests are counted.")
    control = models.CharField(
        max_length=200, blank=True, help_text="The variant that it is compared with; empty: none."
    )
    metric = models.CharField(max_length=200, blank=True, help_text="The key of one of the project.")
    budget = models.FloatField()
    alpha = models.FloatField(default=0.01)
    min_sample = models.PositiveIntegerField(default=50, help_text="So many requests it takes at least.")
    from_clients = models.BooleanField(default=False, help_text="Whether what came with client keys counts too.")
    action = models.CharField(max_length=10, choices=Action.choices, default=Action.KILL)
    is_dry_run = models.BooleanField(default=False, help_text="It says what it would have done, and does nothing.")
    recipients = models.JSONField(default=list, blank=True, help_text="Ids of members who get a mail.")

    url = models.CharField(max_length=2000, blank=True, help_text="Of the Prometheus that is asked.")
    query = models.CharField(max_length=2000, blank=True, validators=[plain_text], help_text="In PromQL; of one value.")
    is_above = models.BooleanField(default=True, help_text="Whether values above the budget break it, or those below.")
    samples = models.PositiveSmallIntegerField(default=3, help_text="So many in a row break it.")
    sealed_token = models.TextField(blank=True, editable=False)

    state = models.CharField(max_length=10, choices=State.choices, default=State.WATCHING)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    armed_at = models.DateTimeField(default=timezone.now)
    breached_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When somebody armed or dismissed it last.")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    done = models.CharField(max_length=20, blank=True, help_text="What became of the breach.")
    is_due = models.BooleanField(default=False, help_text="Whether something was counted since it was looked at.")
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When Prometheus or the experiment was asked last."
    )
    looked_at = models.DateTimeField(null=True, blank=True)
    evidence = models.JSONField(
        default=dict, blank=True, help_text="What the last look saw; of a breach, what showed it."
    )
    fault = models.CharField(max_length=300, blank=True, help_text="Why nothing could be seen last.")

    objects: ClassVar[GuardrailManager] = GuardrailManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History(excluded_fields=[*NOTED, *SEALED, "url"])

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            # What the worker asks every second or so.
            models.Index(fields=["id"], condition=models.Q(is_due=True), name="guardrail_due"),
            models.Index(
                fields=["source", "environment"], condition=models.Q(state="watching"), name="guardrail_watching"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.environment.scopes


class GuardrailPoint(models.Model):
    """What came of one variant in one minute since the guardrail was armed; of minutes long ago, in their hour.

    With Prometheus: the value that was answered at that moment.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    guardrail = models.ForeignKey(Guardrail, on_delete=models.CASCADE, related_name="points", db_index=False)
    start = models.DateTimeField(db_index=True)
    variant = models.CharField(max_length=200, blank=True)
    trials = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    value = models.FloatField(null=True)

    objects: ClassVar[GuardrailPointManager] = GuardrailPointManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guardrail", "start", "variant"], name="guardrail_point_once")]

    def __str__(self) -> str:
        return f"{self.guardrail_id} at {self.start:%Y-%m-%d %H:%M}"
