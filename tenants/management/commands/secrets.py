"""`manage.py secrets status|rotate`: which envelope key seals what, and everything sealed anew with the first of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import audit, resealing
from tenants.audit.rekeying import Marks
from tenants.resealing import MOST_AT_ONCE, Found
from tenants.sealing import writing_key_id


class Command(BaseCommand):
    help = (
        "status: count what lies sealed in the database, by the id of the envelope key that sealed it. "
        "rotate: seal all of it with the first key of FLAGFORGE_ENVELOPE_KEY, and mark the ends of audit chains with it; may be "
        "interrupted and called again. "
        "See docs/secrets.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["status", "rotate"])
        parser.add_argument("--dry-run", action="store_true", help="say what would be sealed anew, and change nothing")
        parser.add_argument("--batch", type=int, default=MOST_AT_ONCE, help="rows in one transaction (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch takes a whole number from 1 on.")
        changes = options["what"] == "rotate" and not options["dry_run"]
        found = resealing.reseal(most_at_once=options["batch"]) if changes else resealing.look()
        self.stdout.write(f"{writing_key_id()} seals from now on.")
        for one in found:
            self.stdout.write(_line(one, changes))
        marks = audit.rekey(changes=changes)
        self.stdout.write(_line_of_marks(marks, changes))
        _refuse_broken(found, marks)
        if not changes and (marks.older or any(one.older for one in found)):
            self.stdout.write("`manage.py secrets rotate` seals the rest with it; then older keys can go.")
        else:
            self.stdout.write("Nothing is sealed with another key: older ones can go.")


def _line(found: Found, changes: bool) -> str:
    keys = ", ".join(f"{count} with {key_id or 'an unnamed key'}" for key_id, count in sorted(found.by_key.items()))
    done = f"; {found.resealed} sealed anew" if changes else ""
    return f"{found.column.name}: {keys or 'nothing'}{done}"


def _line_of_marks(marks: Marks, changes: bool) -> str:
    done = f"; {marks.older} marked anew" if changes else ""
    return f"ends of audit chains: {marks.all}, of which {marks.older} marked with an older key{done}"


def _refuse_broken(found: list[Found], marks: Marks) -> None:
    broken = [f"{one.column.name} {', '.join(one.broken)}" for one in found if one.broken]
    if marks.broken:
        broken.append(f"ends of audit chains {', '.join(marks.broken)}")
    if broken:
        raise CommandError(
            f"No key here opens {'; '.join(broken)}. They stay as they are: give this process the key that sealed them, "
            "as a further one in FLAGFORGE_ENVELOPE_KEY."
        )
