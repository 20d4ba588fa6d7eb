"""Results of experiments: one row a day of each while it runs, at most 184, which go with their experiment."""

import django.db.models.deletion
from django.db import migrations, models

import flags.models.stored_json


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0009_rollouts"),
        ("tenants", "0016_stale_flags"),
    ]

    operations = [
        migrations.CreateModel(
            name="ResultSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("taken_at", models.DateTimeField()),
                ("seconds", models.FloatField(help_text="How long the analysis took.")),
                (
                    "course",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        help_text="Variant → [difference, low, high] of the primary metric, by sequential intervals.",
                    ),
                ),
                (
                    "document",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson, help_text="analytics.experiments.analysis"
                    ),
                ),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="analytics.experiment",
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
                "constraints": [
                    models.UniqueConstraint(fields=("experiment", "day"), name="result_snapshot_once_a_day")
                ],
            },
        ),
    ]
