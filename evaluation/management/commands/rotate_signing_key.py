"""`manage.py rotate_signing_key`: sign manifests with a new key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from evaluation.manifest import sign


class Command(BaseCommand):
    help = "Sign manifests with a new key. The one before stays public until the next rotation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drop-previous",
            action="store_true",
            help="trust no older key from now on: for a key that others may know, or that nobody can open any more",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kid = sign.rotate(keep_previous=not options["drop_previous"])
        self.stdout.write(f"{kid} signs from now on; running processes follow within 30 seconds.")
