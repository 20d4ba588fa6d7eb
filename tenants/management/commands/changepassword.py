"""`manage.py changepassword`: Django's own, and an entry in the audit log of the instance."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from tenants import audit
from tenants.actors import Actor
from tenants.models import User


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        """Recorded when it is done: no transaction waits while somebody types."""
        said: str | None = super().handle(*args, **options)
        user = User.objects.get(email=options["username"].lower())
        with transaction.atomic():
            audit.record(Actor.system("changepassword"), "user.password_changed", user)
        return said
