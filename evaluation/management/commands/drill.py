"""`manage.py drill`: restore a backup on trial, and compare its answers with those that are live."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.manifest.drill import drill
from tenants.backups.progress import Bar


class Command(BaseCommand):
    help = (
        "Restore a backup into a scratch database, and compare what it answers for golden contexts, environment by environment, "
        "with what is live. Nothing that is live is touched. See docs/backups.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="latest", help="a path or a name in the storage (%(default)s)")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        run = drill(file, lambda total: Bar("restoring", total, self.stderr))
        if not run.is_good:
            raise CommandError(f"The drill with {run.name} failed: {run.error}")
        found = run.found
        self.stdout.write(f"{run.name}: {run.rows:,} rows restored in {found['restored_in']} s.")
        self.stdout.write(
            f"{found['answers']:,} answers for {found['contexts']:,} contexts in {found['environments']} environments compared "
            f"in {found['compared_in']} s, all equal."
        )
