"""`manage.py backup`: everything in the database as one encrypted file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.backups import daily
from tenants.backups.ciphering import Unusable
from tenants.backups.progress import Bar


class Command(BaseCommand):
    help = (
        "Write everything in the database, as it is at one moment, into one encrypted file, while all goes on. It is restored "
        "with the key that encrypted it, on SQLite and on PostgreSQL. See docs/backups.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            default="storage",
            metavar="PATH",
            help="a file that is not there yet, or a folder; without it the storage of backups, where older ones are then pruned",
        )

    def handle(self, *args: Any, to: str, **options: Any) -> None:
        bar: list[Bar] = []

        def told(total: int) -> Bar:
            bar.append(Bar("backing up", total, self.stderr))
            return bar[0]

        try:
            run = daily.back_up_to_storage(told) if to == "storage" else daily.back_up_to(Path(to), told)
        except (Unusable, OSError) as error:
            raise CommandError(str(error)) from error
        bar[0].end()
        self.stdout.write(f"{run.name}: {run.rows:,} rows, {run.size:,} bytes, in {run.seconds:.1f} s.")
        self.stdout.write(f"To restore it one needs {run.found['variable']} (the key {run.found['key']}).")
        if run.found["variable"] != "FLAGFORGE_ENVELOPE_KEY":
            self.stdout.write(f"And, for what lies sealed in it, FLAGFORGE_ENVELOPE_KEY ({run.found['sealed_with']}).")
