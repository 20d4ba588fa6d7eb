"""Make the demo organization on the first start."""

from typing import Any

from django.core.management.base import BaseCommand

from flags.demo import EMAIL, seed


class Command(BaseCommand):
    help = "Makes organization Acme with a shop and eight flags, where there is no organization yet. Else does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if seed() is not None:
            self.stdout.write(
                f"Made the demo organization Acme for {EMAIL}; its keys and the password are in keys.json."
            )
