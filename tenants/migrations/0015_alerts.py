"""Alerts, and what they told."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0014_audit_days"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
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
                    "events",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Types of events, or what they are about; empty: all of them.",
                    ),
                ),
                (
                    "by",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Kinds of actors, and ids of people and API keys; empty: whoever it is.",
                    ),
                ),
                (
                    "working_hours",
                    models.JSONField(
                        blank=True, default=dict, help_text="In which nothing is told; empty: it is told at any time."
                    ),
                ),
                ("recipients", models.JSONField(blank=True, default=list, help_text="Ids of members who get a mail.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "position",
                    models.PositiveBigIntegerField(default=0, help_text="How far in the audit chain it has looked."),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAlert",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "events",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Types of events, or what they are about; empty: all of them.",
                    ),
                ),
                (
                    "by",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Kinds of actors, and ids of people and API keys; empty: whoever it is.",
                    ),
                ),
                (
                    "working_hours",
                    models.JSONField(
                        blank=True, default=dict, help_text="In which nothing is told; empty: it is told at any time."
                    ),
                ),
                ("recipients", models.JSONField(blank=True, default=list, help_text="Ids of members who get a mail.")),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical alert",
                "verbose_name_plural": "historical alerts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RaisedAlert",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event_id", models.CharField(max_length=26)),
                ("raised_at", models.DateTimeField()),
                (
                    "told_at",
                    models.DateTimeField(help_text="When it was mailed; null: it waits for the summary.", null=True),
                ),
                ("is_summed_up", models.BooleanField(default=False, help_text="Whether it was mailed in a summary.")),
                (
                    "alert",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="raised",
                        to="tenants.alert",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at__isnull", True)), fields=["raised_at"], name="raised_alert_waiting"
                    ),
                    models.Index(fields=["alert", "told_at"], name="raised_alert_told"),
                ],
                "constraints": [models.UniqueConstraint(fields=("alert", "event_id"), name="raised_alert_once")],
            },
        ),
    ]
