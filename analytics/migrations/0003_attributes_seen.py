"""Attributes seen and how far they may be known; contexts leave the batches in which they were kept as they came."""

import json
import zlib
from typing import Any

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


def drop_contexts(apps: Any, schema_editor: Any) -> None:
    batches = apps.get_model("analytics", "TelemetryBatch").objects
    for batch in batches.only("content").iterator(chunk_size=200):
        document = json.loads(zlib.decompress(batch.content)) if batch.content else {}
        if document.pop("contexts", None):
            content = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)
            batches.filter(pk=batch.pk).update(content=content)


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_tallies"),
        ("tenants", "0015_alerts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="telemetrybatch",
            name="contexts",
            field=models.BinaryField(
                default=b"", help_text="What is kept of its contexts until they are counted, compressed."
            ),
        ),
        migrations.RunPython(drop_contexts, migrations.RunPython.noop),
        migrations.CreateModel(
            name="AttributePrivacy",
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
                (
                    "classes",
                    models.JSONField(
                        blank=True, default=dict, help_text="By name; * stands for all that are not named."
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.project"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "attribute privacy",
            },
        ),
        migrations.CreateModel(
            name="HistoricalAttributePrivacy",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "classes",
                    models.JSONField(
                        blank=True, default=dict, help_text="By name; * stands for all that are not named."
                    ),
                ),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                "verbose_name": "historical attribute privacy",
                "verbose_name_plural": "historical attribute privacy",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="SeenAttribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField(db_index=True)),
                ("content", models.BinaryField(default=b"", help_text="What was seen as JSON, zlib-compressed.")),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
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
                "constraints": [models.UniqueConstraint(fields=("environment", "name"), name="seen_attribute_once")],
            },
        ),
    ]
