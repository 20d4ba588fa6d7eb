"""`manage.py audit verify`, `export`, `checkpoint`, `keys`, `rotate-key`: the audit log from the server's own terminal."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import audit
from tenants.actors import Actor
from tenants.audit import exporting, reading, signing
from tenants.chain.checkpoints import Checkpoint, keys_of
from tenants.chain.verify import files_below, trusted
from tenants.models import INSTANCE_CHAIN, AuditEvent, Organization

BROKEN = 1


class Command(BaseCommand):
    help = "Verify and export the audit log, and sign where it stands. See docs/audit.md."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        verify = acts.add_parser("verify", help="follow every chain, or one; exit code 1 when one is broken")
        _add_place(verify)
        verify.add_argument("--json", action="store_true", help="a JSON object a line instead of text")
        verify.add_argument("--checkpoints", type=Path, nargs="+", default=[], help="checkpoints kept elsewhere")
        verify.add_argument("--keys", type=Path, help="public keys for those, as a JWKS; without it, those of here")
        export = acts.add_parser("export", help="write the entries to standard output")
        _add_place(export)
        export.add_argument("--format", choices=exporting.FORMATS, default="ndjson")
        acts.add_parser("checkpoint", help="sign now where every chain stands, and write the files")
        acts.add_parser("keys", help="print the public keys as a JWKS, for whoever verifies elsewhere")
        acts.add_parser("rotate-key", help="sign with a new key from now on; what older ones signed stays good")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        getattr(self, act.replace("-", "_"))(**options)

    def verify(self, json: bool, checkpoints: list[Path], keys: Path | None, **options: Any) -> None:
        kept, doubts = _kept(checkpoints, keys)
        reports = [audit.verify(chain, kept) for chain in _chosen(options) or audit.chains(kept)]
        for report in reports:
            self.stdout.write(_line(report.document()) if json else "\n".join(report.lines()))
        for doubt in doubts:
            self.stderr.write(f"CHECKPOINT: {doubt}")
        if doubts or not all(report.is_intact for report in reports):
            sys.exit(BROKEN)

    def export(self, format: str, **options: Any) -> None:  # noqa: A002  (as the option is called)
        chosen = _chosen(options)
        if not chosen:
            raise CommandError("Say --organization SLUG, or --instance: a file holds one chain.")
        events = AuditEvent.with_deleted.filter(chain=chosen[0])
        for line in exporting.lines_of(reading.in_order(events), format):
            self.stdout.write(line, ending="")

    def checkpoint(self, **options: Any) -> None:
        taken = audit.take_all()
        self.stdout.write(f"{taken} taken, {audit.store_waiting()} written.")

    def keys(self, **options: Any) -> None:
        self.stdout.write(_line(signing.jwks()))

    def rotate_key(self, **options: Any) -> None:
        kid = signing.rotate(actor=Actor.system("audit rotate-key"))
        self.stdout.write(f"{kid} signs from now on; keep its public half: manage.py audit keys.")


def _add_place(parser: CommandParser) -> None:
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--organization", help="its slug, such as acme; a deleted one too")
    place.add_argument("--instance", action="store_true", help="what belongs to no organization")


def _chosen(options: dict[str, Any]) -> list[str]:
    """The chain that was asked for; none: all."""
    if options["instance"]:
        return [INSTANCE_CHAIN]
    if not (slug := options["organization"]):
        return []
    organization = Organization.with_deleted.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f'There is no organization "{slug}".')
    return [organization.pk]


def _kept(places: list[Path], keys: Path | None) -> tuple[list[Checkpoint], list[str]]:
    try:
        known = keys_of(json.loads(keys.read_bytes())) if keys else signing.public_keys()
        return trusted(files_below(places), known)
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error


def _line(document: object) -> str:
    return json.dumps(document, sort_keys=True)
