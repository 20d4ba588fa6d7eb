"""`manage.py move_to_postgresql --to postgresql://…`: from SQLite to PostgreSQL, keys and all."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, connection

from tenants.backups.ciphering import Unusable
from tenants.backups.moving import move
from tenants.backups.progress import Bar


class Command(BaseCommand):
    help = (
        "Copy everything from the SQLite database in use into an empty PostgreSQL database, which is migrated first, and count "
        "every table. Stop everything that writes before: what is written meanwhile stays behind. The SQLite database is not "
        "changed. See docs/backups.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="URL", help="postgresql://owner:password@host:5432/name")

    def handle(self, *args: Any, to: str, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(
                "DATABASE_URL is not SQLite: there is nothing to move. backup and restore copy PostgreSQL."
            )
        if urlsplit(to).scheme not in ("postgres", "postgresql"):
            raise CommandError(
                "--to must be the URL of a PostgreSQL database: postgresql://owner:password@host:5432/name"
            )
        bar: list[Bar] = []

        def told(total: int) -> Bar:
            bar.append(Bar("moving", total, self.stderr))
            return bar[0]

        try:
            counts = move(to, settings.DATABASE_OF_URL(to), told)
        except (Unusable, IntegrityError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        bar[0].end()
        for name, count in sorted(counts.items()):
            if count:
                self.stdout.write(f"{name:<45} {count:>12,}")
        self.stdout.write(f"{sum(counts.values()):,} rows in {len(counts)} tables, each counted on both sides.")
        self.stdout.write(
            "Now set DATABASE_URL to that database, keep FLAGFORGE_DATA and all keys as they are, and start."
        )
