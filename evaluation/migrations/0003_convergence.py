"""What changed in each version, and how far it has come."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0002_signing_key"),
        ("tenants", "0005_parked_outbox_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="manifestversion",
            name="changed_at",
            field=models.DateTimeField(help_text="When the first of its changes was made.", null=True),
        ),
        migrations.AddField(
            model_name="manifestversion",
            name="changes",
            field=models.JSONField(
                default=list, help_text="What was changed: topics, keys and versions of flags and segments."
            ),
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
    ]
