"""How it stands with backups, in sentences for whoever runs the installation."""

from collections.abc import Iterator
from datetime import datetime

from evaluation.dashboard.system.parts import length
from tenants.backups.standing import Standing


def faults(found: Standing, now: datetime) -> Iterator[str]:
    """What wants a look."""
    if found.is_late:
        since = (
            f"The last backup is {length(now - found.backup.started_at)} old"
            if found.backup
            else "No backup succeeded yet"
        )
        why = f": {found.failed.error}" if found.failed else ", and nobody tried since."
        yield f"{since}{why}"
    elif found.failed:
        yield f"The newest backup failed, and is tried again every hour: {found.failed.error}"
    if found.drill and not found.drill.is_good:
        yield f"The restore drill failed: {found.drill.error.splitlines()[0]}"
