"""All tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("evaluation", "0001_first"),
        ("evaluation", "0002_signing_key"),
        ("evaluation", "0003_convergence"),
        ("evaluation", "0004_sealed_as_text"),
    ]

    initial = True

    dependencies = [
        ("tenants", "0002_squashed_0015"),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "kid",
                    models.CharField(
                        help_text="The public half's RFC 7638 thumbprint.",
                        max_length=43,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sealed", models.TextField(help_text="The private half, as `tenants.sealing` made it.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ManifestHead",
            fields=[
                (
                    "environment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="manifest_head",
                        serialize=False,
                        to="tenants.environment",
                    ),
                ),
                ("version", models.PositiveBigIntegerField()),
                ("checksum", models.CharField(max_length=71)),
                ("issued", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ConvergenceReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reporter",
                    models.CharField(help_text="An id that a process gives itself when it starts.", max_length=64),
                ),
                ("name", models.CharField(max_length=200)),
                ("is_relay", models.BooleanField()),
                ("holds", models.PositiveBigIntegerField(help_text="The version that the process serves.")),
                ("seen", models.JSONField(help_text="Streams, instances and arrivals by version.")),
                ("heard_at", models.DateTimeField(db_index=True)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "reporter"), name="convergence_report_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ManifestVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveBigIntegerField()),
                ("checksum", models.CharField(help_text="sha256:… of the canonical bytes.", max_length=71)),
                ("signature", models.TextField(blank=True)),
                ("content", models.BinaryField(help_text="The canonical bytes, zlib-compressed.")),
                ("issued", models.DateTimeField()),
                ("changed_at", models.DateTimeField(help_text="When the first of its changes was made.", null=True)),
                (
                    "changes",
                    models.JSONField(
                        default=list, help_text="What was changed: topics, keys and versions of flags and segments."
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="manifests", to="tenants.environment"
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
                    models.UniqueConstraint(fields=("environment", "version"), name="manifest_version_once")
                ],
            },
        ),
    ]
