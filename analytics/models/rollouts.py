"""Progressive rollouts: a variant's way into a split, step by step."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from analytics.querysets import RolloutManager
from flags.models import Flag
from tenants.actors import Scope
from tenants.models import Environment, Organization
from tenants.models.base import id_field, plain_text


class Rollout(models.Model):
    """Written by `analytics.rollouts` alone, in the transaction that changes the flag: so a step is taken once, or not at all.

    At most one of a rule goes on at a time; of those that are over, each flag keeps some in each environment
    (`analytics.rollouts.services.MOST_ENDED`).
    """

    class Status(models.TextChoices):
        PLANNED = "planned", "planned"
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        FINISHED = "finished", "finished"
        STOPPED = "stopped", "stopped"
        ROLLED_BACK = "rolled_back", "rolled back"

    class Preset(models.TextChoices):
        CANARY = "canary", "Canary"
        BLUE_GREEN = "blue_green", "Blue/green"
        OWN = "own", "Steps of its own"

    # Those that still may change something.
    LIVE = (Status.PLANNED, Status.RUNNING, Status.PAUSED)

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, validators=[plain_text])
    preset = models.CharField(max_length=10, choices=Preset.choices)
    rule_id = models.CharField(max_length=200, blank=True, help_text="Empty: what all get whom no rule names.")
    variant = models.CharField(max_length=200, help_text="What comes.")
    baseline = models.CharField(max_length=200, blank=True, help_text="What it comes in the place of.")
    steps = models.JSONField(help_text="As analytics.rollouts.steps reads them.")
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.PLANNED)
    position = models.PositiveSmallIntegerField(default=0, help_text="How many of the steps are taken.")
    taken = models.JSONField(
        default=list, blank=True, help_text="Each step as it was taken: number, percent, version, at."
    )
    is_hurried = models.BooleanField(default=False, help_text="Whether a person ended the time of the newest step.")

    # What is served since the newest step, and was before the first, as states store it; and what tells that it may be
    # something else by now.
    serves = models.JSONField(null=True, blank=True)
    served_before = models.JSONField(null=True, blank=True)
    salt = models.CharField(max_length=200, blank=True)
    config_version = models.PositiveIntegerField(default=0)
    flag_version = models.PositiveIntegerField(default=0)

    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="When it starts by itself; None: when a person says so."
    )
    since = models.DateTimeField(
        null=True, blank=True, help_text="Where the time and the sample of the newest step begin."
    )
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When the worker looks again; None: there is nothing to wait for."
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="One after the other, up to now.")
    last_error = models.CharField(max_length=500, blank=True)
    is_step_failing = models.BooleanField(
        default=False, db_default=False, help_text="Whether what a look does failed, and not only the looking."
    )

    reason = models.CharField(max_length=2_000, blank=True, help_text="Why it is paused, or was ended.")
    evidence = models.JSONField(null=True, blank=True, help_text="What a guardrail saw.")
    paused_at = models.DateTimeField(null=True, blank=True)
    # A person, else the name of what it was.
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[RolloutManager] = RolloutManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "environment", "rule_id"],
                condition=Q(status__in=["planned", "running", "paused"]),
                name="rollout_of_a_rule_once",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status__in=["planned", "running"]), name="rollout_goes_on")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.environment.scopes

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE
