"""`manage.py erase_account`: the name of whoever deleted their account, erased before the month is over."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import services
from tenants.actors import Actor
from tenants.models import User
from tenants.problems import Conflict


class Command(BaseCommand):
    help = "Begin to erase a deleted account's name everywhere; the worker goes on with it. See docs/deletion.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="its id, or an address that it had")
        parser.add_argument("--comment", default="", help="why; it stands in the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        user = _deleted(options["account"])
        if user is None:
            raise CommandError(f"There is no deleted account that was {options['account']}.")
        try:
            services.erase_account(user, actor=Actor.system("operator"), comment=options["comment"])
        except Conflict as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"Begun: the account {user.pk}.")


def _deleted(account: str) -> User | None:
    """The latest, where one address was given up more than once."""
    was = User.history.filter(email=account.lower()).values("id")
    accounts = User.with_deleted.filter(deleted_at__isnull=False)
    found: User | None = (
        accounts.filter(pk=account).first() or accounts.filter(pk__in=was).order_by("deleted_at").last()
    )
    return found
