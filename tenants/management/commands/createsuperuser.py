"""`manage.py createsuperuser`: Django's own, and an entry in the audit log of the instance."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db import transaction

from tenants import audit
from tenants.actors import Actor
from tenants.models import User


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Recorded when it is done: no transaction waits while somebody types."""
        known = set(User.with_deleted.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in User.objects.filter(is_superuser=True).exclude(pk__in=known):
            after = {"email": user.email, "is_superuser": True}
            with transaction.atomic():
                audit.record(Actor.system("createsuperuser"), "user.registered", user, None, after)
