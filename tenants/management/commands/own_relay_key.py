"""Make the key of the relay that runs beside this control plane."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from tenants import keys_file, services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey

NAME = "script/server"


class Command(BaseCommand):
    help = (
        "Sees that keys.json holds a relay key for the whole instance, so that the relay of script/server serves "
        "every tenant, later ones included. Does nothing where there is one that works."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = keys_file.read()
        if _works(kept.get(keys_file.OWN_RELAY_KEY)):
            return
        with transaction.atomic():
            _, secret = services.create_api_key(kind="relay", scope=None, name=NAME, actor=Actor.system(NAME))
            keys_file.write(kept | {keys_file.OWN_RELAY_KEY: secret})
        self.stdout.write("Made the key of this server's own relay; it is in keys.json.")


def _works(secret: object) -> bool:
    return isinstance(secret, str) and ApiKey.objects.usable().filter(sha256=sha256_of(secret), kind="relay").exists()
