"""`manage.py import_project acme FILE`: a project out of a file, in any organization."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flags.carrying import take_in
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Organization
from tenants.problems import Conflict, Invalid, TooMany


class Command(BaseCommand):
    help = "Make the project of a file that export_project wrote: all of it or nothing. See docs/project-files.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug, such as acme")
        parser.add_argument("file", help="a path, or - for standard input")
        parser.add_argument("--key", default="", help="of the project, where it is to be another than in the file")
        parser.add_argument("--dry-run", action="store_true", help="check everything, and change nothing")

    def handle(self, *args: Any, organization: str, file: str, key: str, dry_run: bool, **options: Any) -> None:
        found = Organization.objects.filter(slug=organization).first()
        if found is None:
            raise CommandError(f'There is no organization "{organization}".')
        try:
            document = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text())
            made = take_in(found, document, key=key, actor=Actor.system("import_project"), dry_run=dry_run)
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        except (Conflict, TooMany) as error:
            raise CommandError(error.detail) from error
        except Invalid as error:
            raise CommandError(str(error)) from error
        outbox.drain()
        would = "Would import" if dry_run else "Imported"
        self.stdout.write(
            f"{would} {made.environments} environments, {made.segments} segments, {made.flags} flags with {made.states} states. "
            "API keys are made anew."
        )
