"""Functions that make and drop a day's partition, with the rights of whoever owns the table: the role that serves makes no tables.

Whoever may not delete rows of the table may call neither.
"""

from typing import Any

from django.db import migrations

CREATE = """
CREATE FUNCTION analytics_set_day_aside(of_day date, since timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT has_table_privilege(session_user, 'analytics_telemetrybatch', 'DELETE') THEN
        RAISE EXCEPTION '% may not delete batches of telemetry', session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    CREATE TEMP TABLE analytics_aside AS
        SELECT * FROM analytics_telemetrybatch WHERE day = of_day AND received_at >= since;
END $$;

CREATE FUNCTION analytics_put_back() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO analytics_telemetrybatch SELECT * FROM pg_temp.analytics_aside;
    DROP TABLE pg_temp.analytics_aside;
END $$;

CREATE FUNCTION analytics_make_day(of_day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER {path} AS $$
DECLARE
    name text := 'analytics_telemetrybatch_' || to_char(of_day, 'YYYYMMDD');
BEGIN
    PERFORM analytics_set_day_aside(of_day, '-infinity');
    DELETE FROM analytics_telemetrybatch WHERE day = of_day;
    EXECUTE format('CREATE TABLE %I PARTITION OF analytics_telemetrybatch FOR VALUES FROM (%L) TO (%L)', name, of_day, of_day + 1);
    -- Without a policy of its own: nobody reaches it but through the whole table, whose policy holds.
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    PERFORM analytics_put_back();
END $$;

CREATE FUNCTION analytics_drop_day(of_day date, since timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER {path} AS $$
BEGIN
    PERFORM analytics_set_day_aside(of_day, since);
    EXECUTE format('DROP TABLE %I', 'analytics_telemetrybatch_' || to_char(of_day, 'YYYYMMDD'));
    PERFORM analytics_put_back();
END $$;
"""
UNDO = """
DROP FUNCTION analytics_make_day(date), analytics_drop_day(date, timestamptz);
DROP FUNCTION analytics_put_back(), analytics_set_day_aside(date, timestamptz);
"""


def create(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT quote_ident(current_schema())")
            (schema,) = cursor.fetchone()
            # Nobody's own tables or functions stand in for ours.
            cursor.execute(CREATE.replace("{path}", f"SET search_path = {schema}, pg_temp"))


def undo(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(UNDO)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0006_subject_samples")]

    operations = [migrations.RunPython(create, undo)]
