"""`manage.py import_project acme FILE`: a project out of a file, new in any organization or into one that is there."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flags.carrying import Carried, Counts, bring_into, take_in
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Organization, Project
from tenants.problems import Conflict, Invalid, TooMany


class Command(BaseCommand):
    help = "Make the project of a file that export_project wrote: all of it or nothing. See docs/project-files.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug, such as acme")
        parser.add_argument("file", help="a path, or - for standard input")
        place = parser.add_mutually_exclusive_group()
        place.add_argument("--key", default="", help="of the project, where it is to be another than in the file")
        place.add_argument(
            "--into", default="", help="the key of a project that is there, which gets what the file holds"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, and change nothing")

    def handle(
        self, *args: Any, organization: str, file: str, key: str, into: str, dry_run: bool, **options: Any
    ) -> None:
        found = Organization.objects.filter(slug=organization).first()
        if found is None:
            raise CommandError(f'There is no organization "{organization}".')
        try:
            document = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text())
            carried = _carried(found, document, into, key=key, dry_run=dry_run)
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        except (Conflict, TooMany) as error:
            raise CommandError(error.detail) from error
        except Invalid as error:
            raise CommandError(str(error)) from error
        outbox.drain()
        would = "Would import" if dry_run else "Imported"
        self.stdout.write(
            f"{would} {_told(carried.environments, 'environment')}, {_told(carried.segments, 'segment')}, "
            f"{_told(carried.flags, 'flag')} with {_told(carried.states, 'state')}. API keys are made anew."
        )


def _carried(organization: Organization, document: object, into: str, *, key: str, dry_run: bool) -> Carried:
    actor = Actor.system("import_project")
    if not into:
        return take_in(organization, document, key=key, actor=actor, dry_run=dry_run)
    project = Project.objects.filter(organization=organization, key=into).first()
    if project is None:
        raise CommandError(f'There is no project "{into}" in {organization.slug}; without --into, a new one is made.')
    return bring_into(project, document, actor=actor, dry_run=dry_run)


def _told(counts: Counts, what: str) -> str:
    """As in "2 flags", or "2 flags (1 changed, 4 as they were)"."""
    others = [f"{counts.changed} changed"] if counts.changed else []
    others += [f"{counts.left} as they were"] if counts.left else []
    return f"{counts.made} {what}{'' if counts.made == 1 else 's'}" + (f" ({', '.join(others)})" if others else "")
