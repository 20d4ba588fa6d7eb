"""What batches came to: by minute, by hour, by day. Batches that are there already are folded too, by when they were received."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def believe_the_receipt(apps: Any, schema_editor: Any) -> None:
    apps.get_model("analytics", "TelemetryBatch").objects.update(ended_at=models.F("received_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_first"),
        ("tenants", "0003_api_keys_by_name"),
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
            ],
            options={
                "verbose_name_plural": "day tallies",
                "abstract": False,
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
            ],
            options={
                "verbose_name_plural": "hour tallies",
                "abstract": False,
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
            ],
            options={
                "verbose_name_plural": "minute tallies",
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="telemetrybatch",
            name="ended_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunPython(believe_the_receipt, migrations.RunPython.noop),
        migrations.AddField(
            model_name="telemetrybatch",
            name="is_folded",
            field=models.BooleanField(default=False, help_text="Whether it is part of a tally."),
        ),
        migrations.AddIndex(
            model_name="telemetrybatch",
            index=models.Index(condition=models.Q(("is_folded", False)), fields=["id"], name="telemetry_batch_waiting"),
        ),
        migrations.AddIndex(
            model_name="telemetrybatch",
            index=models.Index(fields=["ended_at"], name="telemetry_batch_ended"),
        ),
        migrations.AddField(
            model_name="daytally",
            name="environment",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
            ),
        ),
        migrations.AddField(
            model_name="daytally",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
            ),
        ),
        migrations.AddField(
            model_name="hourtally",
            name="environment",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
            ),
        ),
        migrations.AddField(
            model_name="hourtally",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
            ),
        ),
        migrations.AddField(
            model_name="minutetally",
            name="environment",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
            ),
        ),
        migrations.AddField(
            model_name="minutetally",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
            ),
        ),
        migrations.AddIndex(
            model_name="daytally",
            index=models.Index(condition=models.Q(("is_summed", False)), fields=["id"], name="daytally_waiting"),
        ),
        migrations.AddConstraint(
            model_name="daytally",
            constraint=models.UniqueConstraint(fields=("environment", "start"), name="daytally_once"),
        ),
        migrations.AddIndex(
            model_name="hourtally",
            index=models.Index(condition=models.Q(("is_summed", False)), fields=["id"], name="hourtally_waiting"),
        ),
        migrations.AddConstraint(
            model_name="hourtally",
            constraint=models.UniqueConstraint(fields=("environment", "start"), name="hourtally_once"),
        ),
        migrations.AddIndex(
            model_name="minutetally",
            index=models.Index(condition=models.Q(("is_summed", False)), fields=["id"], name="minutetally_waiting"),
        ),
        migrations.AddConstraint(
            model_name="minutetally",
            constraint=models.UniqueConstraint(fields=("environment", "start"), name="minutetally_once"),
        ),
    ]
