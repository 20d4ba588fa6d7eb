"""`manage.py orphans`: whether anything is left of what is gone."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.orphans import orphans


class Command(BaseCommand):
    help = "Name every row whose parents are gone. Ends with 1 when there is one. It changes nothing. See docs/deletion.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document a line and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for orphan in orphans():
            count += 1
            self.stdout.write(json.dumps(asdict(orphan)) if options["json"] else str(orphan))
        if count:
            raise CommandError(f"{count:,} rows are orphans.")
        if not options["json"]:
            self.stdout.write("No orphans.")
