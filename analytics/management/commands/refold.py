"""`manage.py refold 2026-11-27T09:00:00Z 2026-11-27T10:00:00Z`: count a window's batches anew."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analytics import folding
from analytics.folding import MINUTES
from tenants.moments import moment_named


class Command(BaseCommand):
    help = "Count telemetry of a window anew, from the batches that are still kept. See docs/telemetry.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("begin", help="a moment, as 2026-11-27T09:00:00Z; its whole minute is counted")
        parser.add_argument("end", help="the same; minutes from this one on stay as they are")

    def handle(self, *args: Any, **options: Any) -> None:
        begin, end = (_minute(options[name]) for name in ("begin", "end"))
        try:
            count = folding.refold(begin, end, now=timezone.now())
        except ValueError as error:
            raise CommandError(f"This window cannot be counted anew: {error}.") from error
        self.stdout.write(f"{count:,} batches counted anew")


def _minute(text: str) -> datetime:
    moment = moment_named(text)
    if moment is None:
        raise CommandError(f"{text}: write a moment with an offset, as 2026-11-27T09:00:00Z.")
    return MINUTES.start_of(moment)
