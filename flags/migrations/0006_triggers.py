"""Triggers: secret addresses that set one flag."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("flags", "0005_flag_states_by_name"),
        ("tenants", "0013_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalFlagTrigger",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("on", "Turn it on"),
                            ("off", "Turn it off"),
                            ("toggle", "Turn it to the other side"),
                            ("serve", "Serve a variant to all whom no rule names"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "variant",
                    models.CharField(blank=True, help_text="What is served; with that action alone.", max_length=200),
                ),
                (
                    "prefix",
                    models.CharField(
                        help_text="The first characters, so that people can tell them apart.", max_length=24
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
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
                    "flag",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="flags.flag",
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
            ],
            options={
                "verbose_name": "historical trigger",
                "verbose_name_plural": "historical triggers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="FlagTrigger",
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
                    "action",
                    models.CharField(
                        choices=[
                            ("on", "Turn it on"),
                            ("off", "Turn it off"),
                            ("toggle", "Turn it to the other side"),
                            ("serve", "Serve a variant to all whom no rule names"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "variant",
                    models.CharField(blank=True, help_text="What is served; with that action alone.", max_length=200),
                ),
                (
                    "prefix",
                    models.CharField(
                        help_text="The first characters, so that people can tell them apart.", max_length=24
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="triggers", to="flags.flag"
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
                "verbose_name": "trigger",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "serve"), models.Q(("variant", ""), _negated=True)),
                            models.Q(models.Q(("action", "serve"), _negated=True), ("variant", "")),
                            _connector="OR",
                        ),
                        name="trigger_variant_is_what_it_serves",
                    )
                ],
            },
        ),
    ]
