"""A backup in the place of what a database holds."""

import time
from datetime import datetime
from typing import IO

from django.utils import timezone

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.backups import files, loading, quieting, rights, schema
from tenants.backups.ciphering import Unusable
from tenants.backups.files import Header
from tenants.backups.making import Told, silently
from tenants.backups.rows import tables
from tenants.heartbeats import MISSING
from tenants.models import BackupRun, Environment, Process

# Whoever publishes goes on with a version that nobody has seen yet.
RESTORED = "environment.restored"


def put_back(
    file: IO[bytes], *, name: str, replaces: bool = False, outgoing: bool = True, told: Told = silently
) -> Header:
    """Restore a file that can be read twice. All or nothing: raises `Unusable`, and then nothing is changed.

    `replaces`: also where the database holds something already, all of which goes. Without `outgoing`, mails and webhooks that
    waited when the backup was made are given up.
    """
    began, started_at = time.monotonic(), timezone.now()
    header = files.check(file)
    schema.require_same(header.schema, header.version)
    _require_columns(header)
    schema.require_ours("default")
    rights.require_owning("default")
    if not replaces:
        _require_empty()
    file.seek(0)
    loading.load(
        "default",
        files.read_pages(file),
        expected=header.counts,
        sequences=header.sequences,
        then=lambda: _finish(header, name, started_at, began, outgoing),
        said=told(header.rows),
    )
    return header


def _require_columns(header: Header) -> None:
    mine = {table.name: table.columns for table in tables()}
    if wrong := [name for name in {*mine, *header.columns} if mine.get(name) != header.columns.get(name)]:
        raise Unusable(f"The backup has other columns than this version: {', '.join(sorted(wrong)[:3])}.")


def _require_empty() -> None:
    if running := list(Process.objects.filter(seen_at__gt=timezone.now() - MISSING).values_list("name", flat=True)):
        raise Unusable(f"FlagForge still runs on this database ({', '.join(running[:3])}): stop it first.")
    if filled := loading.filled("default"):
        most = sorted(filled, key=lambda name: -filled[name])[:3]
        rows = ", ".join(f"{name} {filled[name]:,}" for name in most)
        raise Unusable(
            f"The database is not empty ({rows} rows, and others). To throw all of that away and restore, say --force."
        )


def _finish(header: Header, name: str, started_at: datetime, began: float, outgoing: bool) -> None:
    if not outgoing:
        quieting.give_up_outgoing(started_at)
    _tell(header, name, started_at, began)


def _tell(header: Header, name: str, started_at: datetime, began: float) -> None:
    run = BackupRun(
        kind=BackupRun.Kind.RESTORE,
        name=name,
        started_at=started_at,
        seconds=time.monotonic() - began,
        rows=header.rows,
        found={"made_at": header.made_at, "version": header.version},
    )
    run.save(force_insert=True)
    audit.record(Actor.system("restore"), "backup.restored", run, None, {"name": name, "made_at": header.made_at})
    outbox.put_everywhere(RESTORED, Environment.objects.all())
