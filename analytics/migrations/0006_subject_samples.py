"""A bounded sample of the subjects that met a split, for each flag, environment and day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0005_batches_by_day"),
        ("flags", "0003_prerequisite_walls"),
        ("tenants", "0016_stale_flags"),
    ]

    operations = [
        migrations.CreateModel(
            name="SubjectSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(db_index=True)),
                (
                    "content",
                    models.BinaryField(
                        default=b"", help_text="At most a thousand hashes of subjects (analytics.samples)."
                    ),
                ),
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
                    "flag",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="flags.flag"),
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
                    models.UniqueConstraint(fields=("environment", "flag", "day"), name="subject_sample_once")
                ],
            },
        ),
    ]
