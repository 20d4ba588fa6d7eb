"""`manage.py remove_second_factors`: for whoever lost their phone, their keys and their recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import services
from tenants.actors import Actor
from tenants.models import User


class Command(BaseCommand):
    help = "Remove every second factor of a person, so that the password alone signs in. Be sure who is asking for it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's primary address")
        parser.add_argument("--comment", default="", help="why; it stands in the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is no account for {options['email']}.")
        services.remove_second_factors(user, actor=Actor.system("operator"), comment=options["comment"])
        self.stdout.write(f"{user.email} signs in with the password alone now.")
