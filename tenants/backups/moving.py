"""All rows from the database in use to another one, as one moment shows them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from tenants.backups import loading, rights, rows, schema
from tenants.backups.ciphering import Unusable
from tenants.backups.making import Told, counted, silently


def move(url: str, config: Mapping[str, Any], told: Told = silently, *, source: str = "default") -> dict[str, int]:
    """Copy every row into an empty database, which is migrated first where it lacks that; returns rows by table.

    `config` is what Django's settings would hold for the URL. Raises `Unusable`, and then neither database is changed (but the
    other one may be migrated).
    """
    with rows.another_connection(dict(config)) as target:
        _require_reachable(target)
        if schema.unmigrated(target):
            _migrate(url)
        schema.require_ours(target)
        rights.require_owning(target)
        if filled := loading.filled(target):
            most = max(filled, key=lambda name: filled[name])
            raise Unusable(
                f"The other database is not empty ({most} has {filled[most]:,} rows): move into an empty one, nothing is merged."
            )
        return _copied(source, target, told)


def _copied(origin: str, target: str, told: Told) -> dict[str, int]:
    with rows.snapshot(origin) as source:
        schema.require_ours(source)
        rights.require_reading(source)
        expected = rows.counts(source)
        said = told(sum(expected.values()))
        loading.load(target, counted(rows.pages(source), said), expected=expected, sequences=rows.sequences(source))
    return expected


def _require_reachable(target: str) -> None:
    try:
        connections[target].ensure_connection()
    except DatabaseError as error:
        place = connections[target].settings_dict
        where = f"{place['HOST'] or 'the local socket'}, port {place['PORT'] or 5432}, database {place['NAME']}"
        raise Unusable(f"The other database cannot be reached ({where}): {error}".strip()) from None


def _migrate(url: str) -> None:
    """In a process of its own, to which it is the only database: migrations speak to that."""
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--no-input", "--verbosity", "0"],
        cwd=settings.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise Unusable(f"The other database cannot be migrated: {reason}. Move as the role that owns it.")
