"""`manage.py maintenance on|off`: nothing can be changed meanwhile, and applications go on getting their values."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import services
from tenants.actors import Actor
from tenants.problems import Invalid


class Command(BaseCommand):
    help = "Begin or end maintenance; in force everywhere within two seconds. See docs/maintenance.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["on", "off"])
        parser.add_argument("--reason", default="", help="told to whoever wants to change something")

    def handle(self, *args: Any, what: str, reason: str, **options: Any) -> None:
        begins = what == "on"
        wanted = {"maintenance": True, "maintenance_reason": reason or None} if begins else dict.fromkeys(NAMES)
        try:
            services.change_runtime_settings(wanted, actor=Actor.system("maintenance"), comment=reason)
        except Invalid as error:
            raise CommandError("; ".join(fault.message for fault in error.faults)) from error
        self.stdout.write("Nothing can be changed from now on." if begins else "Everything can be changed again.")


NAMES = ("maintenance", "maintenance_reason")
