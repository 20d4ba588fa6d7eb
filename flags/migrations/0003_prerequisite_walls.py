"""Triggers on PostgreSQL that refuse circular or too deep prerequisites, whoever writes them (SQLite: flags/walls.py)."""

from typing import Any

from django.db import migrations

# Keys, not ids, and whether or not a flag of that key exists: so a flag that is made later cannot close a circle unseen.
# Deleted flags do not count; they are looked at again when they come back. Archived ones count.
# A circle has no longest walk, so that one question answers both.
CHECK = """
CREATE FUNCTION flags_check_prerequisites(place varchar, allowed integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Of two writers the second waits here, and its next statement then sees what the first one committed.
    -- Under a stricter isolation it would still see its old snapshot, so that half a circle each could slip through.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'prerequisites are written at READ COMMITTED only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('flags.prerequisites ' || place, 0));
    IF EXISTS (
        WITH RECURSIVE
        edge(child, parent) AS MATERIALIZED (
            SELECT DISTINCT flag.key::text, named.value #>> '{}'
            FROM flags_flagconfig AS config
            JOIN flags_flag AS flag ON flag.id = config.flag_id
            CROSS JOIN LATERAL jsonb_path_query(config.prerequisites, '$.**.flag') AS named(value)
            WHERE config.environment_id = place AND flag.deleted_at IS NULL AND jsonb_typeof(named.value) = 'string'
        ),
        walk(key, steps) AS (
            SELECT child, 0 FROM edge
            UNION
            SELECT edge.parent, walk.steps + 1 FROM walk JOIN edge ON edge.child = walk.key WHERE walk.steps <= allowed
        )
        SELECT FROM walk WHERE steps > allowed
    ) THEN
        RAISE EXCEPTION 'prerequisites would go in a circle, or deeper than the project allows'
            USING ERRCODE = 'integrity_constraint_violation', DETAIL = 'in environment ' || place;
    END IF;
END $$;

CREATE FUNCTION flags_state_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.prerequisites, NEW.flag_id, NEW.environment_id)
            IS NOT DISTINCT FROM (OLD.prerequisites, OLD.flag_id, OLD.environment_id) THEN
        RETURN NULL;
    END IF;
    PERFORM flags_check_prerequisites(NEW.environment_id, project.max_prerequisite_depth)
        FROM tenants_project AS project JOIN flags_flag AS flag ON flag.project_id = project.id WHERE flag.id = NEW.flag_id;
    RETURN NULL;
END $$;

CREATE FUNCTION flags_flag_undeleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM flags_check_prerequisites(config.environment_id, project.max_prerequisite_depth)
        FROM flags_flagconfig AS config JOIN tenants_project AS project ON project.id = NEW.project_id
        WHERE config.flag_id = NEW.id AND config.prerequisites IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION flags_project_made_flatter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM flags_check_prerequisites(environment.id, NEW.max_prerequisite_depth)
        FROM tenants_environment AS environment WHERE environment.project_id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION flags_flag_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of a flag never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER flags_prerequisites_written
    AFTER INSERT OR UPDATE OF prerequisites, flag_id, environment_id ON flags_flagconfig
    FOR EACH ROW WHEN (NEW.prerequisites IS NOT NULL) EXECUTE FUNCTION flags_state_written();
CREATE TRIGGER flags_flag_undeleted AFTER UPDATE OF deleted_at ON flags_flag
    FOR EACH ROW WHEN (OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL) EXECUTE FUNCTION flags_flag_undeleted();
CREATE TRIGGER flags_project_made_flatter AFTER UPDATE OF max_prerequisite_depth ON tenants_project
    FOR EACH ROW WHEN (NEW.max_prerequisite_depth < OLD.max_prerequisite_depth)
    EXECUTE FUNCTION flags_project_made_flatter();
CREATE TRIGGER flags_flag_renamed BEFORE UPDATE OF key ON flags_flag
    FOR EACH ROW WHEN (NEW.key <> OLD.key) EXECUTE FUNCTION flags_flag_renamed();
"""

UNDO = """
DROP TRIGGER flags_prerequisites_written ON flags_flagconfig;
DROP TRIGGER flags_flag_undeleted ON flags_flag;
DROP TRIGGER flags_project_made_flatter ON tenants_project;
DROP TRIGGER flags_flag_renamed ON flags_flag;
DROP FUNCTION flags_state_written, flags_flag_undeleted, flags_project_made_flatter, flags_flag_renamed;
DROP FUNCTION flags_check_prerequisites;
"""


class RunOnPostgreSQL(migrations.RunSQL):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("flags", "0001_squashed_0006"), ("tenants", "0002_squashed_0015")]

    operations = [RunOnPostgreSQL(CHECK, UNDO)]
