"""How often each flag was evaluated, with which variants and when last, in many tallies together.

The sum of all but the latest is kept under the hash of what it is the sum of: so it is taken once, and never an old one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache

from analytics import stored

KEPT_SECONDS = 86_400
# When each begins, and what it holds.
Timed = Sequence[tuple[datetime, bytes]]


@dataclass(slots=True)
class Usage:
    """How often a flag was evaluated, with which variants, and in which of the tallies last."""

    evaluations: int = 0
    variants: dict[str, int] = field(default_factory=dict)
    last: datetime | None = None

    def take(self, variant: str, number: int, last: datetime) -> None:
        self.evaluations += number
        self.variants[variant] = self.variants.get(variant, 0) + number
        self.last = max(last, self.last or last)


Usages = dict[str, Usage]


def usages_in(contents: Timed) -> Usages:
    """By the flag's key. Of several that begin at once, each counts."""
    latest = max((start for start, _ in contents), default=None)
    found = _kept_sum([each for each in contents if each[0] != latest])
    _add(found, [each for each in contents if each[0] == latest])
    return found


def _kept_sum(contents: Timed) -> Usages:
    if not contents:
        return {}
    hashed = sha256()
    for start, content in contents:
        hashed.update(f"{start.timestamp()} {len(content)} ".encode() + content)
    name = f"usages:{hashed.hexdigest()}"
    if (kept := cache.get(name)) is not None:
        return _read(kept)
    found: Usages = {}
    _add(found, contents)
    cache.set(name, _written(found), KEPT_SECONDS)
    return found


def _add(found: Usages, contents: Timed) -> None:
    for name, (number, last) in _outcomes(contents).items():
        flag, variant, _ = name.split(stored.NUL)
        found.setdefault(flag, Usage()).take(variant, number, last)


def _outcomes(contents: Timed) -> dict[str, tuple[int, datetime]]:
    """The sum of each outcome, and the latest tally that has it: added up by whole names, which is most of the work."""
    numbers: dict[str, int] = {}
    lasts: dict[str, datetime] = {}
    for start, content in sorted(contents, key=lambda each: each[0], reverse=True):
        for name, number in stored.outcomes_of(content):
            if name in numbers:
                numbers[name] += number
            else:
                numbers[name], lasts[name] = number, start
    return {name: (number, lasts[name]) for name, number in numbers.items()}


def _written(usages: Usages) -> bytes:
    rows = {flag: [each.variants, str(each.last)] for flag, each in usages.items()}
    return json.dumps(rows, separators=(",", ":")).encode()


def _read(kept: bytes) -> Usages:
    rows: Iterable[tuple[str, Any]] = json.loads(kept).items()
    return {
        flag: Usage(sum(variants.values()), variants, datetime.fromisoformat(last)) for flag, (variants, last) in rows
    }
