"""The shares of a split's variants among the subjects that met it, beside those that are configured, and what is to be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from analytics import samples
from analytics.exposures import SAMPLE_DAYS, sample_of
from analytics.ratio import Result, compared, subjects_needed
from analytics.splits import InForce, Split, in_force
from evaluation.core.context import TARGETING_KEY
from flags.models import Flag
from tenants.models import Environment


class Verdict(StrEnum):
    """What comes of a comparison; all but the last two say why there is no test."""

    NO_SPLIT = "no-split"
    CHANGED = "changed"
    SEVERAL_SPLITS = "several-splits"
    ONE_VARIANT = "one-variant"
    BY_ATTRIBUTE = "by-attribute"
    TOO_FEW = "too-few"
    FITS = "fits"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """`subjects` are a sample of those who met a split from the first to the last day (in UTC), by the variant that they met.

    `switched` of the sample met several variants, and belong to none.
    """

    verdict: Verdict
    first: date
    last: date
    in_force: InForce
    subjects: Mapping[str, int] = field(default_factory=dict)
    switched: int = 0
    result: Result | None = None

    @property
    def split(self) -> Split | None:
        """The one that is compared with; None where there is not exactly one."""
        return self.in_force.splits[0] if len(self.in_force.splits) == 1 else None

    @property
    def needed(self) -> int:
        return subjects_needed(self.split.shares) if self.split else 0

    @property
    def sampled(self) -> int:
        return sum(self.subjects.values())


def sample_ratio(flag: Flag, environment: Environment, begin: datetime, end: datetime, *, now: datetime) -> SampleRatio:
    """Of the days that the time from `begin` to before `end` touches, as far as samples are kept; in two queries."""
    last = min(now, end - timedelta(microseconds=1)).date()
    first = max(begin.date(), now.date() - timedelta(days=SAMPLE_DAYS))
    found = in_force(flag, environment, datetime.combine(first, time(), UTC))
    if reason := _hindrance(found):
        return SampleRatio(reason, first, last, found)
    told = samples.tallied(sample_of(flag, environment, first, last))
    result = compared(told.subjects, found.splits[0].shares)
    verdict = Verdict.TOO_FEW if result is None else Verdict.MISMATCH if result.is_mismatch else Verdict.FITS
    return SampleRatio(verdict, first, last, found, told.subjects, told.switched, result)


def _hindrance(found: InForce) -> Verdict | None:
    if not found.splits:
        return Verdict.NO_SPLIT
    if found.has_changed:
        return Verdict.CHANGED
    if len(found.splits) > 1:
        return Verdict.SEVERAL_SPLITS
    if len(found.splits[0].shares) < 2:
        return Verdict.ONE_VARIANT
    return Verdict.BY_ATTRIBUTE if found.splits[0].by != TARGETING_KEY else None
