"""Make the demo organization on the first start, with telemetry of some weeks."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics import demo, demo_experiment
from flags.demo import EMAIL, seed


class Command(BaseCommand):
    help = "Makes organization Acme with a shop and eight flags, where there is no organization yet. Else does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if seed() is not None:
            demo.tell(now=timezone.now())
            demo_experiment.tell(now=timezone.now())
            self.stdout.write(
                f"Made the demo organization Acme for {EMAIL}; its keys and the password are in keys.json."
            )
