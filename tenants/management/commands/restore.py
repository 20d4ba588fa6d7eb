"""`manage.py restore`: a backup in the place of what the database holds."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, connection
from django.db.migrations.recorder import MigrationRecorder

from tenants.backups.ciphering import Unusable
from tenants.backups.keeping import fetched
from tenants.backups.progress import Bar
from tenants.backups.putting_back import put_back
from tenants.sealing import writing_key_id


class Command(BaseCommand):
    help = (
        "Restore a backup: all or nothing. Stop everything that uses the database before. An empty one is migrated first; one "
        "that holds something is refused without --force. See docs/backups.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a path, the name of a backup in the storage, or latest")
        parser.add_argument(
            "--without-outgoing",
            action="store_true",
            help="give up mails and webhooks that waited when the backup was made; otherwise they are sent",
        )
        parser.add_argument("--force", action="store_true", help="throw away what the database holds")

    def handle(self, *args: Any, file: str, force: bool, without_outgoing: bool, **options: Any) -> None:
        if not MigrationRecorder(connection).applied_migrations():
            call_command("migrate", verbosity=0, interactive=False)
        bar: list[Bar] = []

        def told(total: int) -> Bar:
            bar.append(Bar("restoring", total, self.stderr))
            return bar[0]

        try:
            with fetched(file) as (name, opened):
                header = put_back(opened, name=name, replaces=force, outgoing=not without_outgoing, told=told)
        except (Unusable, OSError, IntegrityError) as error:
            raise CommandError(str(error)) from error
        bar[0].end()
        self.stdout.write(
            f"{name} of {header.made_at}: {header.rows:,} rows in {len(header.counts)} tables, all counted."
        )
        if header.sealed_with != writing_key_id():
            self.stderr.write(
                f"What lies sealed in it needs FLAGFORGE_ENVELOPE_KEY with the id {header.sealed_with}; this process seals with "
                f"{writing_key_id()}. Give every process that key too before it starts: manage.py secrets status."
            )
        self.stdout.write(
            "Start everything, and empty Redis if there is one. manage.py audit verify looks at the chains."
        )
