"""Webhooks, and what became of telling them."""

import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0012_purges"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalWebhook",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "format",
                    models.CharField(
                        choices=[("standard", "Standard Webhooks (JSON)"), ("slack", "Slack, and what speaks like it")],
                        default="standard",
                        max_length=10,
                    ),
                ),
                (
                    "events",
                    models.JSONField(blank=True, default=list, help_text="Types of events; empty: all of them."),
                ),
                ("old_secret_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "disabled_because",
                    models.CharField(blank=True, help_text="Empty: somebody wanted it so.", max_length=200),
                ),
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
                "verbose_name": "historical webhook",
                "verbose_name_plural": "historical webhooks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Webhook",
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
                ("url", models.CharField(max_length=2000)),
                (
                    "format",
                    models.CharField(
                        choices=[("standard", "Standard Webhooks (JSON)"), ("slack", "Slack, and what speaks like it")],
                        default="standard",
                        max_length=10,
                    ),
                ),
                (
                    "events",
                    models.JSONField(blank=True, default=list, help_text="Types of events; empty: all of them."),
                ),
                ("sealed_secret", models.TextField(editable=False)),
                ("sealed_old_secret", models.TextField(blank=True, editable=False)),
                ("old_secret_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "disabled_because",
                    models.CharField(blank=True, help_text="Empty: somebody wanted it so.", max_length=200),
                ),
                (
                    "position",
                    models.PositiveBigIntegerField(
                        default=0, help_text="How far in the audit chain it was told of everything."
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, help_text="In a row.")),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "is_slow",
                    models.BooleanField(
                        default=False, help_text="It failed last, or took long: it waits in the slow lane."
                    ),
                ),
                (
                    "busy_until",
                    models.DateTimeField(
                        blank=True, help_text="Until then one worker is telling it something.", null=True
                    ),
                ),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="tenants.organization"
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
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "event_id",
                    models.CharField(
                        help_text="The same in all attempts: receivers know a repeated one by it.", max_length=26
                    ),
                ),
                ("event_type", models.CharField(max_length=60)),
                ("body", models.TextField(help_text="The very bytes that are sent, in every attempt.")),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, help_text="Since it was made, or was last replayed."),
                ),
                (
                    "attempts",
                    models.JSONField(default=list, help_text="The latest: when, what came, and how long it took."),
                ),
                ("answer", models.TextField(blank=True, help_text="How the last answer began.")),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="tenants.webhook"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["webhook", "not_before"],
                        name="webhook_deliveries_due",
                    ),
                    models.Index(fields=["webhook", "-id"], name="webhook_deliveries_newest"),
                    models.Index(fields=["created_at"], name="webhook_deliveries_by_age"),
                ],
                "constraints": [models.UniqueConstraint(fields=("webhook", "event_id"), name="webhook_delivery_once")],
            },
        ),
    ]
