"""Progressive rollouts: at most 200 that go on of a project; of those that are over, 20 of each flag and environment."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0008_experiments"),
        ("flags", "0003_prerequisite_walls"),
        ("tenants", "0016_stale_flags"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rollout",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=tenants.models.base.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "preset",
                    models.CharField(
                        choices=[("canary", "Canary"), ("blue_green", "Blue/green"), ("own", "Steps of its own")],
                        max_length=10,
                    ),
                ),
                (
                    "rule_id",
                    models.CharField(blank=True, help_text="Empty: what all get whom no rule names.", max_length=200),
                ),
                ("variant", models.CharField(help_text="What comes.", max_length=200)),
                ("baseline", models.CharField(blank=True, help_text="What it comes in the place of.", max_length=200)),
                ("steps", models.JSONField(help_text="As analytics.rollouts.steps reads them.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("finished", "finished"),
                            ("stopped", "stopped"),
                            ("rolled_back", "rolled back"),
                        ],
                        default="planned",
                        max_length=11,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, help_text="How many of the steps are taken.")),
                (
                    "taken",
                    models.JSONField(
                        blank=True, default=list, help_text="Each step as it was taken: number, percent, version, at."
                    ),
                ),
                (
                    "is_hurried",
                    models.BooleanField(default=False, help_text="Whether a person ended the time of the newest step."),
                ),
                ("serves", models.JSONField(blank=True, null=True)),
                ("served_before", models.JSONField(blank=True, null=True)),
                ("salt", models.CharField(blank=True, max_length=200)),
                ("config_version", models.PositiveIntegerField(default=0)),
                ("flag_version", models.PositiveIntegerField(default=0)),
                (
                    "starts_at",
                    models.DateTimeField(
                        blank=True, help_text="When it starts by itself; None: when a person says so.", null=True
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(
                        blank=True, help_text="Where the time and the sample of the newest step begin.", null=True
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the worker looks again; None: there is nothing to wait for.",
                        null=True,
                    ),
                ),
                ("failures", models.PositiveSmallIntegerField(default=0, help_text="One after the other, up to now.")),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("reason", models.CharField(blank=True, help_text="Why it is paused, or was ended.", max_length=2000)),
                ("evidence", models.JSONField(blank=True, help_text="What a guardrail saw.", null=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("paused_by_name", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="flags.flag"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "paused_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["planned", "running"])),
                        fields=["due_at"],
                        name="rollout_goes_on",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["planned", "running", "paused"])),
                        fields=("flag", "environment", "rule_id"),
                        name="rollout_of_a_rule_once",
                    )
                ],
            },
        ),
    ]
