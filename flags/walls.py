"""The last wall on SQLite: triggers that refuse circular or too deep prerequisites, whoever writes them.

PostgreSQL has the same ones by migration. On SQLite they are taken down before every `migrate` and raised after it, because
SQLite cannot rebuild a table that a trigger mentions, and rebuilding is how Django alters tables there.
"""

from typing import Any

from django.db import connections

TABLE = "flags_flagconfig"

# Keys, not ids, and whether or not a flag of that key exists: so a flag that is made later cannot close a circle unseen.
# Deleted flags do not count; they are looked at again when they come back. Archived ones count.
# A circle has no longest walk, so that one question answers both.
TOO_DEEP = """
    WITH RECURSIVE
    edge(environment_id, child, parent) AS MATERIALIZED (
        SELECT DISTINCT config.environment_id, flag.key, named.value
        FROM flags_flagconfig AS config
        JOIN flags_flag AS flag ON flag.id = config.flag_id
        JOIN json_tree(config.prerequisites) AS named
        WHERE config.environment_id IN ({environments}) AND flag.deleted_at IS NULL
          AND named.key = 'flag' AND named.type = 'text'
    ),
    walk(environment_id, key, steps) AS (
        SELECT environment_id, child, 0 FROM edge
        UNION
        SELECT edge.environment_id, edge.parent, walk.steps + 1
        FROM walk JOIN edge ON edge.environment_id = walk.environment_id AND edge.child = walk.key
        WHERE walk.steps <= ({allowed})
    )
    SELECT RAISE(ABORT, 'prerequisites would go in a circle, or deeper than the project allows')
    WHERE (SELECT max(steps) FROM walk) > ({allowed});
"""

_ALLOWED = """SELECT project.max_prerequisite_depth FROM tenants_project AS project
    JOIN flags_flag AS its ON its.project_id = project.id WHERE its.id = {flag}"""
_STATE = TOO_DEEP.format(environments="NEW.environment_id", allowed=_ALLOWED.format(flag="NEW.flag_id"))
_BACK = TOO_DEEP.format(
    environments="SELECT environment_id FROM flags_flagconfig WHERE flag_id = NEW.id",
    allowed=_ALLOWED.format(flag="NEW.id"),
)
_FLATTER = TOO_DEEP.format(
    environments="SELECT id FROM tenants_environment WHERE project_id = NEW.id", allowed="NEW.max_prerequisite_depth"
)

TRIGGERS = {
    "flags_prerequisites_inserted": f"""
        AFTER INSERT ON flags_flagconfig WHEN NEW.prerequisites IS NOT NULL
        BEGIN {_STATE} END""",
    "flags_prerequisites_updated": f"""
        AFTER UPDATE OF prerequisites, flag_id, environment_id ON flags_flagconfig WHEN NEW.prerequisites IS NOT NULL AND
        (NEW.prerequisites, NEW.flag_id, NEW.environment_id) IS NOT (OLD.prerequisites, OLD.flag_id, OLD.environment_id)
        BEGIN {_STATE} END""",
    "flags_flag_undeleted": f"""
        AFTER UPDATE OF deleted_at ON flags_flag WHEN OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL
        BEGIN {_BACK} END""",
    "flags_project_made_flatter": f"""
        AFTER UPDATE OF max_prerequisite_depth ON tenants_project
        WHEN NEW.max_prerequisite_depth < OLD.max_prerequisite_depth
        BEGIN {_FLATTER} END""",
    "flags_flag_renamed": """
        BEFORE UPDATE OF key ON flags_flag WHEN NEW.key <> OLD.key
        BEGIN SELECT RAISE(ABORT, 'the key of a flag never changes'); END""",
}


def take_down(using: str, **_: Any) -> None:
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "sqlite":
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def put_up(using: str, **_: Any) -> None:
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "sqlite" and TABLE in connections[using].introspection.table_names(cursor):
            for name, does in TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {does}")
