"""Make the key of the relay that runs beside this control plane."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tenants import keys_file, services
from tenants.actors import Actor
from tenants.keys import kind_of, minted, sha256_of
from tenants.models import ApiKey

NAME = "script/server"


class Command(BaseCommand):
    help = (
        "Sees that keys.json holds a relay key for the whole instance, so that the relay of script/server serves "
        "every tenant, later ones included. Does nothing where there is one that works. With FLAGFORGE_RELAY_KEY, it sees "
        "instead that this key is known, so that relays can be described before there is a database."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if given := os.environ.get("FLAGFORGE_RELAY_KEY"):
            self._know(given)
        else:
            self._make()

    def _know(self, secret: str) -> None:
        if kind_of(secret) != "relay":
            raise CommandError("FLAGFORGE_RELAY_KEY is no relay key: deploy/new_env.py makes one.")
        if not _works(secret):
            if ApiKey.objects.filter(sha256=sha256_of(secret)).exists():
                raise CommandError("FLAGFORGE_RELAY_KEY was revoked, or has expired: choose another.")
            services.create_api_key(
                kind="relay", scope=None, name="relays", minted=minted(secret), actor=Actor.system("deploy")
            )
            self.stdout.write("The key of the relays is known now.")

    def _make(self) -> None:
        kept = keys_file.read()
        if _works(kept.get(keys_file.OWN_RELAY_KEY)):
            return
        with transaction.atomic():
            _, secret = services.create_api_key(kind="relay", scope=None, name=NAME, actor=Actor.system(NAME))
            keys_file.write(kept | {keys_file.OWN_RELAY_KEY: secret})
        self.stdout.write("Made the key of this server's own relay; it is in keys.json.")


def _works(secret: object) -> bool:
    return isinstance(secret, str) and ApiKey.objects.usable().filter(sha256=sha256_of(secret), kind="relay").exists()
