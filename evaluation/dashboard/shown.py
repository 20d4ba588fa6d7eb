"""What an open page shows when its socket opens: one flag at these versions, or whatever there was at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from evaluation.delivery.held import Held

# A version's time has whole seconds, and the clocks of two servers differ. Looking once too often costs little.
SLACK = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Shown:
    """`at` is when the page was asked for; None: nobody knows. `versions` are the flag's in manifests, by environment."""

    at: datetime | None = None
    flag: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)

    def has(self, held: Held, environment: str) -> bool:
        """Whether the page is about a flag, and shows that at least as new as it is held."""
        flag = held.ruleset.flags.get(self.flag)
        return flag is not None and self.versions.get(environment, 0) >= flag.version

    def is_younger(self, held: Held) -> bool:
        return self.at is not None and self.at > datetime.fromisoformat(held.ruleset.issued)


def read_shown(query: Mapping[str, str]) -> Shown:
    """From a socket's address: `age`, the milliseconds since the page was asked for, and `shows`: "checkout production:4 …".

    Whoever says neither, or not in this way, is told to look at everything.
    """
    flag, *places = query.get("shows", "").split() or [""]
    said = [(environment, read_number(version)) for environment, _, version in (each.partition(":") for each in places)]
    versions = {environment: version for environment, version in said if version is not None}
    age = read_number(query.get("age", ""))
    at = timezone.now() - timedelta(milliseconds=age) - SLACK if age is not None else None
    return Shown(at, flag, versions)


def read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
