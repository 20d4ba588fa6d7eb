"""Purges, with a row for each of their stages."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_mails_and_devices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Purge",
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
                ("kind", models.CharField(help_text="The name of the model, as flag or organization.", max_length=40)),
                ("thing_id", models.CharField(max_length=26, unique=True)),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="The key or slug, which is free again in the end.", max_length=254
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=254)),
                (
                    "project_id",
                    models.CharField(blank=True, help_text="Of the project that it lies in.", max_length=26),
                ),
                (
                    "is_at_once",
                    models.BooleanField(default=False, help_text="Somebody asked for it before its time was over."),
                ),
                ("begun_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PurgeStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=20)),
                ("removed", models.JSONField(default=dict, help_text="How many rows of which table.")),
                ("attempts", models.PositiveIntegerField(default=0, help_text="How often it failed.")),
                ("last_error", models.TextField(blank=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                (
                    "purge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stages", to="tenants.purge"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "default_manager_name": "with_deleted",
                "constraints": [models.UniqueConstraint(fields=("purge", "position"), name="purge_stage_once")],
            },
            managers=[
                ("with_deleted", django.db.models.manager.Manager()),
            ],
        ),
    ]
