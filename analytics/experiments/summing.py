"""What a metric is of each variant, added up by the database: one query a metric, three a quantile, however many subjects.

It starts from the events that the metric names, and finds the subject of each: who did nothing adds nothing to any sum. An event
counts from the first exposure on, to the end of the metric's window; what came in the `BEFORE` before it tells how subjects
differed from the start. Events whose value is beyond `LARGEST_VALUE` are left out: none is taken any more, but old
ones may be there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

from django.db import connection

from analytics.models import Enrolment, Experiment, Metric, Outcome
from analytics.statistics import comparisons, quantiles
from analytics.statistics.comparisons import Measured
from analytics.statistics.moments import Moments
from analytics.statistics.quantiles import Line
from evaluation.wire.telemetry_items import LARGEST_VALUE

BEFORE = timedelta(days=14)

# SQLite takes a CROSS JOIN in the order in which it is written; PostgreSQL chooses by itself.
_FOUND = """
FROM {outcome} o CROSS JOIN {enrolment} e
WHERE o.environment_id = %(environment)s AND o.event IN (%(event)s, %(under)s) AND o.at >= %(since)s AND o.at < %(until)s
  AND e.experiment_id = %(experiment)s AND e.subject = o.subject {trusted} {entered}
  AND (o.value IS NULL OR ABS(o.value) <= %(largest)s)"""
_SUMMED = """
SELECT variant, {sums} FROM (SELECT e.variant AS variant, {columns} {found} GROUP BY e.id, e.variant) s GROUP BY variant"""
_VALUES = "SELECT e.variant AS variant, e.id AS subject, {value} AS value {found} AND {after} AND o.value IS NOT NULL"
# Distinct values, each with the share of values below it, to which half of those count that are the same.
_SHARES = """
SELECT variant, value, whole, (upto - many / 2.0) / whole AS share FROM (
  SELECT variant, value, many, SUM(many) OVER (PARTITION BY variant) AS whole,
    CAST(SUM(many) OVER (PARTITION BY variant ORDER BY value) AS DOUBLE PRECISION) AS upto
  FROM (SELECT variant, value, COUNT(*) AS many FROM ({values}) v GROUP BY variant, value) d) counted"""
_AROUND = "SELECT variant, MAX(whole), {sides} FROM ({shares}) s GROUP BY variant"
_SIDES = """
COALESCE(MAX(CASE WHEN share <= {at} THEN value END), MIN(value)), COALESCE(MAX(CASE WHEN share <= {at} THEN share END), 0.0),
COALESCE(MIN(CASE WHEN share > {at} THEN value END), MAX(value)), COALESCE(MIN(CASE WHEN share > {at} THEN share END), 1.0)"""
_BELOW = """
SELECT variant, COUNT(*), SUM(below), SUM(whole), SUM(below * below), SUM(below * whole), SUM(whole * whole) FROM (
  SELECT variant, SUM(1.0) AS whole, SUM(CASE WHEN value < {low} THEN 1.0 WHEN value <= {low} THEN {of_low}
    WHEN value <= {high} THEN {of_high} ELSE 0.0 END) AS below
  FROM ({values}) v GROUP BY subject, variant) s GROUP BY variant"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose events are added up, until when; `subjects` are those enrolled, by variant.

    first_since: only of those who were enrolled from then on; None: of all
    servers_only: without what client keys told, also where the experiment has that
    """

    experiment: Experiment
    until: datetime
    subjects: Mapping[str, int]
    first_since: datetime | None = None
    servers_only: bool = False

    def measure(self, metric: Metric) -> dict[str, Measured]:
        """By variant; those of which too little is known are missing."""
        if metric.kind == Metric.Kind.QUANTILE:
            return _quantiles(self, metric)
        measures = {"conversion": comparisons.rates, "mean": comparisons.means, "ratio": comparisons.ratios}
        return measures[metric.kind](_moments(self, metric))


def _moments(scope: Scope, metric: Metric) -> dict[str, Moments]:
    columns = _columns(metric)
    pairs = list(combinations_with_replacement(range(len(columns)), 2))
    sums = [f"SUM(c{place})" for place in range(len(columns))] + [f"SUM(c{one} * c{other})" for one, other in pairs]
    named = ", ".join(f"{column} AS c{place}" for place, column in enumerate(columns))
    rows = _rows(_SUMMED.format(sums=", ".join(sums), columns=named, found=_found(scope)), scope, metric)
    found = {variant: [float(each) for each in numbers] for variant, *numbers in rows}
    nothing = [0.0] * len(sums)
    return {
        variant: _moments_of(subjects, found.get(variant, nothing), pairs, len(columns))
        for variant, subjects in scope.subjects.items()
        if subjects >= comparisons.LEAST_SUBJECTS
    }


def _moments_of(subjects: int, numbers: Sequence[float], pairs: Sequence[tuple[int, int]], size: int) -> Moments:
    products = [[0.0] * size for _ in range(size)]
    for (one, other), product in zip(pairs, numbers[size:], strict=True):
        products[one][other] = products[other][one] = product
    return Moments.summed(subjects, numbers[:size], products)


def _columns(metric: Metric) -> list[str]:
    """SQL of what each subject did: (after, before), of a ratio for each of its two events."""
    if metric.kind == Metric.Kind.CONVERSION:
        return [f"MAX(CASE WHEN {when} THEN 1.0 ELSE 0.0 END)" for when in (_after(metric), _before())]
    events = ("%(event)s", "%(under)s") if metric.kind == Metric.Kind.RATIO else ("%(event)s",)
    return [_total(metric, event, when) for when in (_after(metric), _before()) for event in events]


def _total(metric: Metric, event: str, when: str) -> str:
    whole = f"COALESCE(SUM(CASE WHEN o.event = {event} AND {when} THEN COALESCE(o.value, 1.0) END), 0.0)"
    return whole if metric.cap is None or event != "%(event)s" else _least(whole, "%(cap)s")


def _least(one: str, other: str) -> str:
    return f"{'MIN' if connection.vendor == 'sqlite' else 'LEAST'}({one}, {other})"


def _after(metric: Metric) -> str:
    """From the first exposure on, to the end of the window."""
    if metric.window_hours is None:
        return "o.at >= e.first_at"
    return f"o.at >= e.first_at AND o.at < {_shifted(timedelta(hours=metric.window_hours))}"


def _before() -> str:
    return f"o.at < e.first_at AND o.at >= {_shifted(-BEFORE)}"


def _shifted(by: timedelta) -> str:
    """SQL of so long after the first exposure; SQLite keeps moments as texts, which sort."""
    seconds = int(by.total_seconds())
    if connection.vendor == "sqlite":
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', e.first_at, '{seconds:+d} seconds')"
    return f"e.first_at + interval '{seconds} seconds'"


def _found(scope: Scope) -> str:
    trusted = "AND NOT o.is_public AND NOT e.is_public" if scope.servers_only or scope.experiment.servers_only else ""
    entered = "AND e.first_at >= %(first_since)s" if scope.first_since else ""
    tables = {"outcome": Outcome._meta.db_table, "enrolment": Enrolment._meta.db_table}
    return _FOUND.format(**tables, trusted=trusted, entered=entered)


def _rows(query: str, scope: Scope, metric: Metric, **more: Any) -> list[tuple[Any, ...]]:
    adapted = connection.ops.adapt_datetimefield_value
    began = scope.first_since or scope.experiment.started_at or scope.until
    asked = {
        "environment": scope.experiment.environment_id,
        "experiment": scope.experiment.pk,
        "event": metric.event,
        "under": metric.denominator_event or metric.event,
        "since": adapted(began - BEFORE),
        "first_since": adapted(began),
        "until": adapted(scope.until),
        "cap": metric.cap,
        "largest": float(LARGEST_VALUE),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, asked | more)
        return list(cursor.fetchall())


# Quantiles


class _Found(NamedTuple):
    """How many values a variant has, and of each share that was asked for the line on which it is."""

    values: int
    lines: list[Line]

    def at(self, shares: Sequence[float]) -> Iterator[float]:
        return (line.at(share) for line, share in zip(self.lines, shares, strict=True))


def _quantiles(scope: Scope, metric: Metric) -> dict[str, Measured]:
    value = "o.value" if metric.cap is None else _least("o.value", "%(cap)s")
    values = _VALUES.format(value=value, found=_found(scope), after=_after(metric))
    at = metric.quantile or 0.5
    found = _lines(scope, metric, values, dict.fromkeys(scope.subjects, (at,)))
    lines = {name: each.lines[0] for name, each in found.items()}
    below = _below(
        scope, metric, values, {name: (each.low, each.high, *each.weights(at)) for name, each in lines.items()}
    )
    around = {name: quantiles.shares_around(found[name].values, at, each) for name, each in below.items()}
    ends = _lines(scope, metric, values, around)
    return {
        name: Measured(quantiles.estimate(lines[name], at, ends[name].at(around[name]), below[name].subjects))
        for name in below
    }


def _lines(scope: Scope, metric: Metric, values: str, shares: Mapping[str, Sequence[float]]) -> dict[str, _Found]:
    """Of the variants that are named, and have values."""
    if not shares:
        return {}
    cases, named = _by_variant(shares)
    sides = ", ".join(_SIDES.format(at=case) for case in cases)
    rows = _rows(_AROUND.format(sides=sides, shares=_SHARES.format(values=values)), scope, metric, **named)
    return {variant: _Found(int(whole), _lines_of(numbers)) for variant, whole, *numbers in rows if variant in shares}


def _lines_of(numbers: Sequence[Any]) -> list[Line]:
    return [Line(*map(float, numbers[at : at + 4])) for at in range(0, len(numbers), 4)]


def _below(scope: Scope, metric: Metric, values: str, weights: Mapping[str, Sequence[float]]) -> dict[str, Moments]:
    """Of each variant's subjects: how many values are below its quantile, and how many there are.

    weights: of each variant both ends of the line on which its quantile is, and how much of each is below the quantile
    """
    if not weights:
        return {}
    cases, named = _by_variant(weights)
    low, high, of_low, of_high = cases
    query = _BELOW.format(values=values, low=low, high=high, of_low=of_low, of_high=of_high)
    found = {}
    for variant, subjects, *numbers in _rows(query, scope, metric, **named):
        below, whole, squared, both, wholes = map(float, numbers)
        if subjects >= comparisons.LEAST_SUBJECTS:
            found[variant] = Moments.summed(subjects, [below, whole], [[squared, both], [both, wholes]])
    return found


def _by_variant(numbers: Mapping[str, Sequence[float]]) -> tuple[list[str], dict[str, Any]]:
    """SQL of each number, which is another one for each variant, and what it names."""
    named: dict[str, Any] = {f"v{row}": variant for row, variant in enumerate(numbers)}
    named |= {f"n{row}_{column}": each for row, many in enumerate(numbers.values()) for column, each in enumerate(many)}
    columns = len(next(iter(numbers.values()), ()))
    whens = [[f"WHEN %(v{row})s THEN %(n{row}_{column})s" for row in range(len(numbers))] for column in range(columns)]
    return [f"CASE variant {' '.join(each)} END" for each in whens], named
