"""Batches by the day that they name; on PostgreSQL in partitions, those that are there already too."""

from datetime import timedelta
from typing import Any

from django.db import migrations, models
from django.db.models.functions import TruncDate

TABLE = "analytics_telemetrybatch"
# Its primary key and that which hands out its ids are made anew.
CONSTRAINTS = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = to_regclass(%s) AND contype IN ('f', 'u')"""
INDEXES = """SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s
    AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s))"""


def name_the_day(apps: Any, schema_editor: Any) -> None:
    """That of the moment that was believed: only of a clock that was far off it is not the day of the batch's `to`."""
    apps.get_model("analytics", "TelemetryBatch").objects.update(day=TruncDate("ended_at"))


def part(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS, [TABLE])
        constraints = cursor.fetchall()
        cursor.execute(INDEXES, [TABLE, TABLE])
        indexes = [definition for (definition,) in cursor.fetchall()]
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM analytics_telemetrybatch")
        (first,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {TABLE}_whole")
        cursor.execute(f"CREATE TABLE {TABLE} (LIKE {TABLE}_whole INCLUDING DEFAULTS) PARTITION BY RANGE (day)")
        _make_partitions(cursor)
        cursor.execute("INSERT INTO analytics_telemetrybatch SELECT * FROM analytics_telemetrybatch_whole")
        cursor.execute(f"DROP TABLE {TABLE}_whole")
        cursor.execute(f"CREATE SEQUENCE {TABLE}_id_seq AS bigint START {first} OWNED BY {TABLE}.id")
        cursor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN id SET DEFAULT nextval('{TABLE}_id_seq')")
        cursor.execute(f"ALTER TABLE {TABLE} ADD PRIMARY KEY (id, day)")
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {TABLE} ADD CONSTRAINT "{name}" {definition}')
        for definition in indexes:
            cursor.execute(definition)


def _make_partitions(cursor: Any) -> None:
    """Of all days that there are; the worker makes what comes. Nobody reaches one but through the whole table."""
    cursor.execute("SELECT DISTINCT day FROM analytics_telemetrybatch_whole ORDER BY day")
    bounds = [
        (f"{TABLE}_{day:%Y%m%d}", f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')") for (day,) in cursor
    ]
    for name, bound in [*bounds, (f"{TABLE}_default", "DEFAULT")]:
        cursor.execute(f"CREATE TABLE {name} PARTITION OF {TABLE} {bound}")
        cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_stale_flags")]

    operations = [
        migrations.AddField("telemetrybatch", "day", models.DateField(null=True)),
        migrations.RunPython(name_the_day, migrations.RunPython.noop),
        migrations.AlterField("telemetrybatch", "day", models.DateField()),
        migrations.RemoveConstraint("telemetrybatch", "telemetry_batch_once"),
        migrations.AddConstraint(
            "telemetrybatch",
            models.UniqueConstraint(fields=("environment", "batch", "day"), name="telemetry_batch_once"),
        ),
        migrations.RunPython(part, migrations.RunPython.noop),
    ]
