"""Whether what was counted since a guardrail was armed breaks its budget. Pure; it may be asked as often as one likes.

One always-valid test from the moment of arming would need as long to see a fault as it saw none before: a week of success speaks
for a variant that began to fail a minute ago. So there is a test for each minute in which the fault may have begun, and `alpha`
is divided among them: half to the first, and of the other half 1 / k(k + 1) to the minute k, which adds up to no more than
`alpha`, however long it goes on. (A union bound over always-valid tests; `analytics.statistics.sequential` names their source.)
A fault in the hundredth minute costs as much as evidence 20,000 times stronger: of requests that all fail, three more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from analytics.statistics.sequential import Evidence, e_value, exceeds, exceeds_control

MINUTE = timedelta(minutes=1)
# Each of so many minutes may be the first of a fault, and before them each whole hour.
RECENT = 60
# JSON has no infinity.
MOST = 1e300


class Count(NamedTuple):
    trials: int = 0
    failures: int = 0

    def __add__(self, other: Any) -> "Count":
        return Count(self.trials + other.trials, self.failures + other.failures)

    @property
    def rate(self) -> float:
        return self.failures / self.trials if self.trials else 0.0


# What came of the variant, and of its control, in the time from each start.
Points = Mapping[datetime, tuple[Count, Count]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is promised. With `is_compared` the budget is by how much the rate may be greater than the control's, as a part of it.

    `unmixed_since` is when the shares of variant and control changed last; what was counted before is not compared with later.
    """

    armed_at: datetime
    budget: float
    alpha: float
    min_sample: int
    is_compared: bool = False
    unmixed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a minute on until now; `alpha` is its part of the whole."""

    since: datetime
    variant: Count
    control: Count
    alpha: float
    terms: Terms

    def judged(self) -> Evidence:
        (trials, failures), budget = self.variant, self.terms.budget
        if self.terms.is_compared:
            other = self.control
            return exceeds_control(failures, trials, other.failures, other.trials, tolerance=budget, alpha=self.alpha)
        return exceeds(failures, trials, budget=budget, alpha=self.alpha)

    @property
    def strength(self) -> float:
        """From 1 on it is a breach. Quicker than `judged`, which says besides what the rate is at least."""
        if self.terms.is_compared:
            return self.judged().e_value * self.alpha
        return e_value(self.variant.failures, self.variant.trials, self.terms.budget) * self.alpha

    @property
    def is_suspect(self) -> bool:
        """Whether it is worth a test."""
        allowed = (1 + self.terms.budget) * self.control.rate if self.terms.is_compared else self.terms.budget
        return self.variant.trials >= self.terms.min_sample and self.variant.rate > allowed


class Finding(NamedTuple):
    """The stretch that speaks most against the variant; where the budget is kept, all of the watch."""

    stretch: Stretch
    evidence: Evidence
    is_breach: bool


def find(points: Points, terms: Terms) -> Finding:
    stretches = list(stretches_of(points, terms))
    worst = max((each for each in stretches if each.is_suspect), key=lambda each: each.strength, default=None)
    if worst is not None and worst.strength >= 1:
        return Finding(worst, worst.judged(), True)
    whole = stretches[-1] if stretches else Stretch(terms.armed_at, Count(), Count(), terms.alpha / 2, terms)
    return Finding(whole, whole.judged(), False)


def stretches_of(points: Points, terms: Terms) -> Iterator[Stretch]:
    """The shortest first; the last is the longest: the whole watch.

    Once minutes are folded into their hour (`analytics.guardrails.forgetting`) its point stands for all of the hour that was
    watched, so the first one may stand before the moment of arming. That moves no part of `alpha`: what was told from an hour on
    is told from its first minute that was watched, and has the part of that minute, before the folding as after it.
    All that folding takes away are the tests of faults that began in the middle of an hour, days ago.
    """
    first = since = minute_of(terms.armed_at)
    starts = sorted(points, reverse=True)
    if terms.unmixed_since and terms.unmixed_since > terms.armed_at:
        since = minute_of(terms.unmixed_since) + MINUTE
        starts = [start for start in starts if start >= since]
    variant, control = Count(), Count()
    for place, (start, older) in enumerate(zip(starts, [*starts[1:], None], strict=False)):
        variant, control = variant + points[start][0], control + points[start][1]
        begin = _begin(start, older, since)
        if begin or place < RECENT:
            part = part_of(((begin or start) - first) // MINUTE)
            yield Stretch(max(start, since), variant, control, terms.alpha * part, terms)


def _begin(start: datetime, older: datetime | None, since: datetime) -> datetime | None:
    """From which minute on the same was told as from this first one of its hour; None where it is not the first."""
    hour = start.replace(minute=0)
    if older is None:
        return since
    return max(hour, since) if older < hour else None


def part_of(minute: int) -> float:
    """Of `alpha`, for a fault that begins in this minute of the watch."""
    return 0.5 / (minute * (minute + 1)) if minute else 0.5


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def evidence_document(finding: Finding) -> dict[str, Any]:
    """As it stands in the audit log and on the guardrail."""
    stretch, evidence = finding.stretch, finding.evidence
    document: dict[str, Any] = {
        "since": stretch.since.isoformat(),
        "requests": stretch.variant.trials,
        "failures": stretch.variant.failures,
        "rate": stretch.variant.rate,
        "budget": stretch.terms.budget,
        "e_value": min(evidence.e_value, MOST),
        "needed": 1 / stretch.alpha,
        "alpha": stretch.terms.alpha,
        "test": "exceeds_control" if stretch.terms.is_compared else "exceeds",
    }
    if evidence.at_least is not None:
        document["at_least"] = evidence.at_least
    if stretch.terms.is_compared:
        control = stretch.control
        document["control"] = {"requests": control.trials, "failures": control.failures, "rate": control.rate}
    return document
