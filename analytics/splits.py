"""Which split of a flag was in force in an environment, and whether it was the same all the time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from evaluation.core.context import TARGETING_KEY
from flags import selectors
from flags.allocation import Range
from flags.documents.splits import Splits, as_ranges, splits_of
from flags.models import Flag
from tenants.models import Environment

# Applications hear of a change within a second, and tell of what they did within a minute.
DELAY = timedelta(minutes=10)
MOST_VERSIONS = 200

# Each variant's part of those who are served by the split.
Shares = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Split:
    """`by` is the attribute that tells people apart; `is_of_all`: no split before it takes part of whom it would serve."""

    shares: Shares
    by: str
    is_of_all: bool = True

    @property
    def is_testable(self) -> bool:
        return len(self.shares) > 1 and self.by == TARGETING_KEY and self.is_of_all


@dataclass(frozen=True, slots=True)
class InForce:
    """The splits of a flag now by the ids of their rules ("" for the fallthrough), since when, and which version.

    `since` is None where nobody ever changed the flag.
    """

    by_rule: Mapping[str, Split]
    since: datetime | None
    version: int
    has_changed: bool

    @property
    def splits(self) -> Sequence[Split]:
        """Those that are different."""
        return _different(self.by_rule)


def splits_in(rules: Sequence[dict[str, Any]], fallthrough: dict[str, Any] | None) -> dict[str, Split]:
    """By rule; without what serves one variant to everybody, which is no split to an application."""
    stored = splits_of(rules, fallthrough)
    left_over = _left_over(stored)
    found = {rule or "": _read(split, is_of_all=rule not in left_over) for rule, split in stored.items()}
    return {rule: split for rule, split in found.items() if split is not None}


def _different(by_rule: Mapping[str, Split]) -> list[Split]:
    found: list[Split] = []
    for split in by_rule.values():
        if split not in found:
            found.append(split)
    return found


def _left_over(stored: Splits) -> set[str | None]:
    """Splits before which another one took some of the same buckets, of whom it matched too."""
    found: set[str | None] = set()
    before: list[tuple[object, list[Range]]] = []
    for rule, split in stored.items():
        lot, ranges = (split.get("salt"), split.get("by") or TARGETING_KEY), as_ranges(split)
        served = [each for each in ranges if each[0] is not None]
        if any(lot == other and _meet(served, taken) for other, taken in before):
            found.add(rule)
        if len(served) < len(ranges):
            before.append((lot, served))
    return found


def _meet(some: Sequence[Range], others: Sequence[Range]) -> bool:
    return any(max(one[1], other[1]) < min(one[2], other[2]) for one in some for other in others)


def _read(stored: Mapping[str, Any], *, is_of_all: bool) -> Split | None:
    ranges = as_ranges(dict(stored))
    if len({variant for variant, _, _ in ranges}) < 2:
        return None
    widths: dict[str, int] = {}
    for variant, first, past in ranges:
        if variant is not None:
            widths[variant] = widths.get(variant, 0) + past - first
    whole = sum(widths.values())
    shares = {variant: Fraction(width, whole) for variant, width in widths.items() if width}
    return Split(shares, stored.get("by") or TARGETING_KEY, is_of_all)


def _is_other(before: Mapping[str, Split], now: Mapping[str, Split]) -> bool:
    """Which rule splits matters only where they do it differently."""
    return before != now and not (_different(before) == _different(now) and len(_different(now)) == 1)


def in_force(flag: Flag, environment: Environment, begin: datetime) -> InForce:
    """What splits now, and whether anything else split since `begin`; in one query.

    A change just before counts as one within, since who had not heard of it yet still told of the old split.
    """
    columns = ("history_date", "version", "rules", "fallthrough")
    rows = list(selectors.versions_of(flag, environment).values(*columns)[:MOST_VERSIONS])
    if not rows:
        return InForce({}, None, 1, has_changed=False)
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
        if before and _is_other(before, splits):
            return InForce(splits, since, version, has_changed=True)
        seen_to = row["history_date"]
        if before:
            since, version = seen_to, row["version"]
    is_known = seen_to < begin - DELAY or len(rows) < MOST_VERSIONS
    return InForce(splits, since, version, has_changed=not is_known)
