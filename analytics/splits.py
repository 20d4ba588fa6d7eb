"""Which split of a flag was in force in an environment, and whether it was the same all the time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from evaluation.core.context import TARGETING_KEY
from flags import selectors
from flags.documents.splits import as_ranges, splits_of
from flags.models import Flag
from tenants.models import Environment

# Applications hear of a change within a second, and tell of what they did within a minute.
DELAY = timedelta(minutes=10)
MOST_VERSIONS = 200

# Each variant's part of those who are served by the split.
Shares = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Split:
    """`by` is the attribute that tells people apart."""

    shares: Shares
    by: str


@dataclass(frozen=True, slots=True)
class InForce:
    """The different splits of a flag now, since when (None: nobody ever changed the flag) and which version.

    Where there are several, telemetry does not tell which one somebody met.
    """

    splits: Sequence[Split]
    since: datetime | None
    version: int
    has_changed: bool


def splits_in(rules: Sequence[dict[str, Any]], fallthrough: dict[str, Any] | None) -> list[Split]:
    """Those that are different; without what serves one variant to everybody, which is no split to an application."""
    different: list[Split] = []
    for stored in splits_of(rules, fallthrough).values():
        split = _read(stored)
        if split is not None and split not in different:
            different.append(split)
    return different


def _read(stored: Mapping[str, Any]) -> Split | None:
    ranges = as_ranges(dict(stored))
    if len({variant for variant, _, _ in ranges}) < 2:
        return None
    widths: dict[str, int] = {}
    for variant, first, past in ranges:
        if variant is not None:
            widths[variant] = widths.get(variant, 0) + past - first
    whole = sum(widths.values())
    shares = {variant: Fraction(width, whole) for variant, width in widths.items() if width}
    return Split(shares, stored.get("by") or TARGETING_KEY)


def in_force(flag: Flag, environment: Environment, begin: datetime) -> InForce:
    """What splits now, and whether anything else split since `begin`; in one query.

    A change just before counts as one within, since who had not heard of it yet still told of the old split.
    """
    columns = ("history_date", "version", "rules", "fallthrough")
    rows = list(selectors.versions_of(flag, environment).values(*columns)[:MOST_VERSIONS])
    if not rows:
        return InForce((), None, 1, has_changed=False)
    newest, *older = rows
    splits, since, version = (
        splits_in(newest["rules"], newest["fallthrough"]),
        newest["history_date"],
        newest["version"],
    )
    seen_to = since
    for row in older:
        if seen_to < begin - DELAY:
            break
        before = splits_in(row["rules"], row["fallthrough"])
        if before and before != splits:
            return InForce(splits, since, version, has_changed=True)
        seen_to = row["history_date"]
        if before:
            since, version = seen_to, row["version"]
    is_known = seen_to < begin - DELAY or len(rows) < MOST_VERSIONS
    return InForce(splits, since, version, has_changed=not is_known)
