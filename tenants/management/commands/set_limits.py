"""`manage.py set_limits acme flags_per_project=20000`: what one organization may have."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization
from tenants.problems import Invalid


class Command(BaseCommand):
    help = "Set limits of one organization; those that are not named stay. Without any, print them. See docs/limits.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="its slug, such as acme")
        parser.add_argument("limits", nargs="*", help="name=number, or name= to take the own limit away")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f'There is no organization "{options["organization"]}".')
        wanted = dict(organization.limits)
        for given in options["limits"]:
            name, number = _read(given)
            wanted[name] = number
        limits = {name: number for name, number in wanted.items() if number is not None}
        try:
            organization = services.set_limits(organization, limits=limits, actor=Actor.system("set_limits"))
        except Invalid as error:
            raise CommandError("; ".join(fault.message for fault in error.faults)) from error
        for name, number in organization.limits.items():
            self.stdout.write(f"{name}={number}")


def _read(given: str) -> tuple[str, int | None]:
    name, sign, number = given.partition("=")
    if not sign or (number and not (number.isascii() and number.isdigit())):
        raise CommandError(f"{given}: write name=number, or name= to take the own limit away.")
    return name, int(number) if number else None
