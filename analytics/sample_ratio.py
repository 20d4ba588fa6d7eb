"""The shares of a split's variants among the subjects that met it, beside those that are configured, and what is to be said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction

from analytics import samples
from analytics.exposures import SAMPLE_DAYS, sample_of
from analytics.ratio import Result, compared, subjects_needed, together
from analytics.samples import Sample
from analytics.splits import InForce, Shares, in_force
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

    Of several splits, each is compared with those who met its rules alone, and these tests are put together: `expected` is the
    share that is due to each variant among all of them. `switched` of the sample met several variants, and belong to none;
    `left_out` met one by several rules, or by a split that is not compared. It takes `needed` subjects of one split for a test.
    """

    verdict: Verdict
    first: date
    last: date
    in_force: InForce
    subjects: Mapping[str, int] = field(default_factory=dict)
    switched: int = 0
    left_out: int = 0
    needed: int = 0
    compared: int = 0
    expected: Shares = field(default_factory=dict)
    result: Result | None = None

    @property
    def sampled(self) -> int:
        return sum(self.subjects.values())


def sample_ratio(flag: Flag, environment: Environment, begin: datetime, end: datetime, *, now: datetime) -> SampleRatio:
    """Of the days that the time from `begin` to before `end` touches, as far as samples are kept; in two queries."""
    last = min(now, end - timedelta(microseconds=1)).date()
    first = max(begin.date(), now.date() - timedelta(days=SAMPLE_DAYS))
    found = in_force(flag, environment, datetime.combine(first, time(), UTC))
    if reason := _hindrance(found):
        expected = found.splits[0].shares if len(found.splits) == 1 else {}
        return SampleRatio(reason, first, last, found, expected=expected)
    sample = sample_of(flag, environment, first, last)
    told = samples.tallied(sample)
    several = _of_each_split(found, sample) if len(found.splits) > 1 else [Part(found.splits[0].shares, told.subjects)]
    tested = [each for each in several if each.result] or several
    subjects = sum((Counter(each.subjects) for each in tested), Counter())
    results = [each.result for each in tested if each.result]
    result = together(results) if results else None
    return SampleRatio(
        verdict=Verdict.TOO_FEW if result is None else Verdict.MISMATCH if result.is_mismatch else Verdict.FITS,
        first=first,
        last=last,
        in_force=found,
        subjects=subjects,
        switched=told.switched,
        left_out=told.subjects.total() - subjects.total(),
        needed=min(subjects_needed(each.shares) for each in tested),
        compared=len(tested),
        expected=_expected(tested),
        result=result,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Those who met one split."""

    shares: Shares
    subjects: Mapping[str, int]

    @property
    def result(self) -> Result | None:
        return compared(self.subjects, self.shares)


def _of_each_split(found: InForce, sample: Sample) -> list[Part]:
    by_rule = samples.by_rule(sample)
    parts = []
    for split in found.splits:
        if split.is_testable:
            of_rules = (by_rule.get(rule, {}) for rule, each in found.by_rule.items() if each == split)
            parts.append(Part(split.shares, sum(map(Counter, of_rules), Counter())))
    return parts


def _expected(parts: Sequence[Part]) -> Shares:
    """By the number of subjects of each part; where there are none, all parts count alike."""
    sizes = [sum(each.subjects.values()) for each in parts]
    sizes = sizes if any(sizes) else [1] * len(parts)
    found: dict[str, Fraction] = {}
    for part, size in zip(parts, sizes, strict=True):
        for variant, share in part.shares.items():
            found[variant] = found.get(variant, Fraction(0)) + share * size / sum(sizes)
    return found


def _hindrance(found: InForce) -> Verdict | None:
    if not found.splits:
        return Verdict.NO_SPLIT
    if found.has_changed:
        return Verdict.CHANGED
    if len(found.splits) > 1:
        return None if any(each.is_testable for each in found.splits) else Verdict.SEVERAL_SPLITS
    if len(found.splits[0].shares) < 2:
        return Verdict.ONE_VARIANT
    return Verdict.BY_ATTRIBUTE if found.splits[0].by != TARGETING_KEY else None
