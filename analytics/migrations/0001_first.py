"""Telemetry as it comes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0003_api_keys_by_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="TelemetryBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch", models.CharField(help_text="The id that the SDK gave it.", max_length=64)),
                (
                    "key_kind",
                    models.CharField(
                        choices=[("client", "Client"), ("server", "Server"), ("relay", "Relay"), ("token", "Token")],
                        help_text="Of the key that sent it; client keys are public.",
                        max_length=10,
                    ),
                ),
                ("received_at", models.DateTimeField(db_index=True)),
                ("content", models.BinaryField(help_text="The document as JSON, zlib-compressed.")),
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
                "verbose_name_plural": "telemetry batches",
                "constraints": [models.UniqueConstraint(fields=("environment", "batch"), name="telemetry_batch_once")],
            },
        ),
    ]
