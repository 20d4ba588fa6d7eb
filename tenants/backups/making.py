"""A backup of the database as it is at one moment, while everything goes on."""

from collections.abc import Callable, Iterator
from typing import IO

from django.conf import settings
from django.db import connections
from django.utils import timezone

from tenants.backups import files, rights, rows, schema
from tenants.backups.ciphering import new_lock
from tenants.backups.files import Header, Page
from tenants.sealing import writing_key_id

# Called once with all rows that there will be, then with those of each page.
Told = Callable[[int], Callable[[int], object]]


def silently(total: int) -> Callable[[int], object]:
    return lambda rows: None


def back_up(into: IO[bytes], told: Told = silently) -> Header:
    """Write the whole database into a file. Raises `Unusable` where it would not be whole."""
    with rows.snapshot() as alias:
        header = header_of(alias)
        files.write(header, counted(rows.pages(alias), told(header.rows)), into)
    return header


def header_of(alias: str) -> Header:
    """Of a snapshot. Raises `Unusable` for a schema that is not ours, or a role that may not read all."""
    schema.require_ours(alias)
    rights.require_reading(alias)
    return Header(
        version=settings.VERSION,
        made_at=timezone.now().isoformat(timespec="seconds"),
        database=connections[alias].vendor,
        schema=schema.ours(),
        counts=rows.counts(alias),
        columns={table.name: table.columns for table in rows.tables()},
        sequences=rows.sequences(alias),
        sealed_with=writing_key_id(),
        lock=new_lock(),
    )


def counted(pages: Iterator[Page], said: Callable[[int], object]) -> Iterator[Page]:
    for name, page in pages:
        yield name, page
        said(len(page))
