"""`manage.py revoke_leaked_keys FILE|-`: what a scanner of secrets found, taken out of use."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import outbox
from tenants.actors import Actor
from tenants.keys import keys_in
from tenants.leaks import report


class Command(BaseCommand):
    help = (
        "Find API keys in any text, such as a scanner's report, and revoke those that work; client keys, which are public, stay. "
        "Their admins get a mail. See docs/leaked-keys.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file, or - for what comes in")
        parser.add_argument(
            "--mark", action="store_true", help="tell their admins, and revoke only where they want that"
        )
        parser.add_argument("--found-at", default="", help="where, for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = list(keys_in(_text_of(options["file"])))
        actor = Actor.system("revoke_leaked_keys")
        for one in report(keys, found_at=options["found_at"], revoke=not options["mark"], actor=actor):
            self.stdout.write(f"{one.prefix}…  {one.outcome}")
        outbox.drain()
        if not keys:
            self.stdout.write("No key of FlagForge is in there.")


def _text_of(name: str) -> str:
    """Whatever its encoding: keys are ASCII."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    return content.decode("utf-8", "replace")
