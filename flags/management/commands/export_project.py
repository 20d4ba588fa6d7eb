"""`manage.py export_project acme/shop`: one project as a file."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flags.carrying import exported
from tenants.actors import Actor
from tenants.models import Project


class Command(BaseCommand):
    help = (
        "Print one project as JSON: environments, segments, flags and their states, no keys. See docs/project-files.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="organization/project, such as acme/shop")

    def handle(self, *args: Any, project: str, **options: Any) -> None:
        organization, _, key = project.partition("/")
        found = Project.objects.filter(organization__slug=organization, key=key).first()
        if found is None:
            raise CommandError(f"There is no project {project}; write organization/project.")
        document = exported(found, actor=Actor.system("export_project"))
        self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
