"""All tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("analytics", "0001_first"), ("analytics", "0002_tallies")]

    initial = True

    dependencies = [
        ("tenants", "0002_squashed_0015"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.DateTimeField(db_index=True)),
                ("own", models.BinaryField(default=b"", help_text="A tally as JSON, zlib-compressed.")),
                ("below", models.BinaryField(default=b"", help_text="The same, of the finer tallies.")),
                ("is_summed", models.BooleanField(default=False, help_text="Whether the coarser tally has all of it.")),
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
                "verbose_name_plural": "day tallies",
                "abstract": False,
                "indexes": [
                    models.Index(condition=models.Q(("is_summed", False)), fields=["id"], name="daytally_waiting")
                ],
                "constraints": [models.UniqueConstraint(fields=("environment", "start"), name="daytally_once")],
            },
        ),
        migrations.CreateModel(
            name="HourTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.DateTimeField(db_index=True)),
                ("own", models.BinaryField(default=b"", help_text="A tally as JSON, zlib-compressed.")),
                ("below", models.BinaryField(default=b"", help_text="The same, of the finer tallies.")),
                ("is_summed", models.BooleanField(default=False, help_text="Whether the coarser tally has all of it.")),
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
                "verbose_name_plural": "hour tallies",
                "abstract": False,
                "indexes": [
                    models.Index(condition=models.Q(("is_summed", False)), fields=["id"], name="hourtally_waiting")
                ],
                "constraints": [models.UniqueConstraint(fields=("environment", "start"), name="hourtally_once")],
            },
        ),
        migrations.CreateModel(
            name="MinuteTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.DateTimeField(db_index=True)),
                ("own", models.BinaryField(default=b"", help_text="A tally as JSON, zlib-compressed.")),
                ("below", models.BinaryField(default=b"", help_text="The same, of the finer tallies.")),
                ("is_summed", models.BooleanField(default=False, help_text="Whether the coarser tally has all of it.")),
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
                "verbose_name_plural": "minute tallies",
                "abstract": False,
                "indexes": [
                    models.Index(condition=models.Q(("is_summed", False)), fields=["id"], name="minutetally_waiting")
                ],
                "constraints": [models.UniqueConstraint(fields=("environment", "start"), name="minutetally_once")],
            },
        ),
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
                ("ended_at", models.DateTimeField()),
                ("is_folded", models.BooleanField(default=False, help_text="Whether it is part of a tally.")),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_folded", False)), fields=["id"], name="telemetry_batch_waiting"
                    ),
                    models.Index(fields=["ended_at"], name="telemetry_batch_ended"),
                ],
                "constraints": [models.UniqueConstraint(fields=("environment", "batch"), name="telemetry_batch_once")],
            },
        ),
    ]
