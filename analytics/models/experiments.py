"""Experiments: what is compared in which environment, by which metrics; who met which variant first, and what they did."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from analytics.querysets import (
    EnrolmentManager,
    ExclusionGroupManager,
    ExperimentManager,
    MetricManager,
    TelemetryManager,
)
from flags.models import Flag
from flags.models.flags import key_validator, new_salt
from flags.models.stored_json import StoredJson
from tenants.actors import Scope
from tenants.models import Environment, Organization, Project
from tenants.models.base import History, id_field, plain_text

PER_CENT = [MinValueValidator(0.0), MaxValueValidator(100.0)]


class Metric(models.Model):
    """What is measured of each subject, made of the events that applications tell. Its key never changes."""

    class Kind(models.TextChoices):
        CONVERSION = "conversion", "Whether the event came at all"
        MEAN = "mean", "The sum of the event's values, of each subject"
        RATIO = "ratio", "The sum of one event's values by that of another's"
        QUANTILE = "quantile", "A quantile of the event's values"

    class Goal(models.TextChoices):
        INCREASE = "increase"
        DECREASE = "decrease"

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="metrics")
    key = models.CharField(max_length=200, validators=[key_validator])
    name = models.CharField(max_length=200, validators=[plain_text])
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    event = models.CharField(max_length=200, validators=[plain_text])
    denominator_event = models.CharField(
        max_length=200, blank=True, validators=[plain_text], help_text="Of a ratio: what its event is divided by."
    )
    quantile = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.5), MaxValueValidator(0.99)], help_text="0.5 to 0.99."
    )
    goal = models.CharField(max_length=10, choices=Goal.choices, default=Goal.INCREASE)
    cap = models.FloatField(null=True, blank=True, help_text="What counts of one subject at most; empty: all of it.")
    window_hours = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 365)],
        help_text="So long after the first exposure events count; empty: until the experiment stops.",
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[MetricManager] = MetricManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History()

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint("project", Lower("key"), name="metric_key_unique_whatever_the_case")]

    def __str__(self) -> str:
        return self.key

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.project.scopes

    @property
    def events(self) -> tuple[str, ...]:
        return (self.event, self.denominator_event) if self.denominator_event else (self.event,)


class ExclusionGroup(models.Model):
    """Experiments that nobody takes part in two of: in each environment they share a salt and take disjoint buckets.

    The last `holdout` per cent of the buckets are in none of them.
    """

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exclusion_groups")
    key = models.CharField(max_length=200, validators=[key_validator])
    name = models.CharField(max_length=200, validators=[plain_text])
    description = models.TextField(blank=True)
    salt = models.CharField(max_length=100, default=new_salt, editable=False)
    holdout = models.FloatField(default=0.0, validators=PER_CENT, help_text="Per cent, at most 3 decimals.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[ExclusionGroupManager] = ExclusionGroupManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint("project", Lower("key"), name="exclusion_group_key_unique_whatever_the_case")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.project.scopes


class Experiment(models.Model):
    """A comparison of a flag's variants in one environment, among those whom one rule splits.

    Metrics are named by their keys. What is written into the flag at `start`, and whenever the traffic changes, is kept in
    `splits`, so that a change by somebody else is noticed.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        RUNNING = "running"
        STOPPED = "stopped"
        CONCLUDED = "concluded"

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="experiments")
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="experiments")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="experiments")
    key = models.CharField(max_length=200, validators=[key_validator])
    name = models.CharField(max_length=200, validators=[plain_text])
    hypothesis = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    rule_id = models.CharField(
        max_length=200, blank=True, help_text='The rule that splits; "" is what serves all whom no rule names.'
    )
    control = models.CharField(max_length=200)
    weights = models.JSONField(decoder=StoredJson, help_text="Variant → per cent of those who take part; together 100.")
    traffic = models.FloatField(default=100.0, validators=PER_CENT, help_text="Per cent who take part.")
    group = models.ForeignKey(
        ExclusionGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="experiments"
    )
    primary_metric = models.CharField(max_length=200, blank=True)
    metrics = models.JSONField(
        decoder=StoredJson, default=list, blank=True, help_text="Keys of those looked at besides."
    )
    guardrail_metrics = models.JSONField(
        decoder=StoredJson, default=list, blank=True, help_text="Keys of those that must not get worse."
    )
    servers_only = models.BooleanField(
        default=False, help_text="Whether what client keys tell, which anybody may make up, is left out."
    )
    salt = models.CharField(max_length=100, blank=True, editable=False)
    homes = models.JSONField(
        decoder=StoredJson, default=dict, editable=False, help_text="Variant → ranges of buckets that are its for good."
    )
    splits = models.JSONField(
        decoder=StoredJson, default=list, editable=False, help_text="What was written into the flag, and when."
    )
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    concluded_at = models.DateTimeField(null=True, blank=True, editable=False)
    winner = models.CharField(max_length=200, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[ExperimentManager] = ExperimentManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint("project", Lower("key"), name="experiment_key_unique_whatever_the_case"),
            models.UniqueConstraint(
                fields=["flag", "environment", "rule_id"],
                condition=models.Q(status="running"),
                name="experiment_runs_alone_on_its_rule",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.environment.scopes

    @property
    def variants(self) -> list[str]:
        """The control first, the others by name."""
        return sorted(self.weights, key=lambda name: (name != self.control, name))

    @property
    def metric_keys(self) -> list[str]:
        """All of them, the primary one first."""
        return list(dict.fromkeys([self.primary_metric, *self.metrics, *self.guardrail_metrics]))


class Enrolment(models.Model):
    """A subject of an experiment: the variant it met first, and when it met another one."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The constraint below is the index by experiment.
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="enrolments", db_index=False)
    subject = models.BinaryField(max_length=16, help_text="A keyed hash (analytics.experiments.subjects).")
    variant = models.CharField(max_length=200)
    first_at = models.DateTimeField()
    switched_at = models.DateTimeField(null=True, blank=True)
    is_public = models.BooleanField(help_text="Whether only client keys told of it, which anybody may have.")

    objects: ClassVar[EnrolmentManager] = EnrolmentManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "subject"], name="enrolment_once")]

    def __str__(self) -> str:
        return f"{self.variant} in {self.experiment_id}"


class Outcome(models.Model):
    """An event of a subject that a metric of the project names. `batch` and `position` say which one, so that it counts once."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The index below is that by environment.
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.CharField(max_length=200)
    subject = models.BinaryField(max_length=16, help_text="As in an enrolment.")
    at = models.DateTimeField(db_index=True)
    value = models.FloatField(null=True, blank=True)
    is_public = models.BooleanField(help_text="Whether a client key told of it.")
    batch = models.BigIntegerField()
    position = models.PositiveSmallIntegerField()

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="outcome_once")]
        indexes = [models.Index(fields=["environment", "event", "at"], name="outcome_by_event")]

    def __str__(self) -> str:
        return f"{self.event} in {self.environment_id}"


class HeldOut(models.Model):
    """A subject that an exclusion group holds out, and that did something a metric names."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # The constraint below is the index by group.
    group = models.ForeignKey(ExclusionGroup, on_delete=models.CASCADE, related_name="+", db_index=False)
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    subject = models.BinaryField(max_length=16, help_text="As in an enrolment.")
    seen_at = models.DateTimeField(db_index=True)

    objects: ClassVar[TelemetryManager] = TelemetryManager()
    with_deleted: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name_plural = "held out"
        constraints = [models.UniqueConstraint(fields=["group", "environment", "subject"], name="held_out_once")]

    def __str__(self) -> str:
        return f"held out by {self.group_id}"
