"""`manage.py toggle`: turn a flag on or off from a terminal, through the same service as everybody."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flags import services
from flags.models import Flag
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment
from tenants.problems import Conflict


class Command(BaseCommand):
    help = "Turn a flag on or off in one environment: toggle acme/shop/production new-checkout off"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("environment", help="organization/project/environment, such as acme/shop/production")
        parser.add_argument("flag", help="the flag's key")
        parser.add_argument("state", choices=["on", "off"])
        parser.add_argument("--comment", default="", help="why, for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = _environment(options["environment"])
        flag = Flag.objects.filter(project_id=environment.project_id, key=options["flag"]).first()
        if flag is None:
            raise CommandError(f"There is no flag {options['flag']} in {options['environment']}.")
        try:
            saved = services.toggle_flag(
                flag,
                environment,
                enabled=options["state"] == "on",
                actor=Actor.system("command line"),
                comment=options["comment"],
            )
        except Conflict as error:
            raise CommandError(error.detail) from error
        outbox.drain()
        said = "is now" if saved.changed else "was already"
        self.stdout.write(f"{flag.key} {said} {options['state']} in {options['environment']}.")


def _environment(path: str) -> Environment:
    try:
        organization, project, key = path.split("/")
        found: Environment = Environment.objects.get(organization__slug=organization, project__key=project, key=key)
    except (ValueError, Environment.DoesNotExist):
        raise CommandError(f"There is no environment {path}; write organization/project/environment.") from None
    return found
