"""An environment's telemetry of today as Prometheus reads it, in a bounded number of series, for whoever may see it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from prometheus_client.metrics_core import Metric
from rest_framework.request import Request

from analytics import selectors, tallies
from analytics.api import schema
from analytics.folding import DAYS
from analytics.selectors import SHARES, Window, by_variant_and_reason, counts_of
from analytics.tallies import Tally
from evaluation.api.doors import respond
from evaluation.delivery.exposition import counter, counters, exposed, gauges
from tenants.api.doors import EnvironmentView

MOST_FLAGS, MOST_VARIANTS, MOST_OTHERS = 100, 10, 20
OTHER = "other"
Counted = Mapping[tuple[str, ...], int]


@schema.metrics
class Metrics(EnvironmentView):
    """What was told since midnight in UTC, when counters begin again."""

    def get(self, request: Request, **names: str) -> HttpResponse:
        self.asked()
        today = DAYS.start_of(timezone.now())
        found = selectors.tallies_in(Window("day", today, today + DAYS.length), self.environment)
        return respond(exposed(metrics_of(found.get(today, {}))))


def metrics_of(tally: Tally) -> Iterator[Metric]:
    """At most a thousand and some hundred series, whatever names there are in it."""
    _, reasons = by_variant_and_reason(counts_of(tally))
    yield _counters("evaluations", "Evaluations, by flag and variant.", ("flag", "variant"), _by_flag(tally))
    yield _counters("reasons", "Evaluations, by reason.", ("reason",), _named(reasons))
    yield _counters("cache", "Evaluations, by how good the cache was.", ("state",), _named(tally.get("cache", {})))
    yield _counters("breaker_turns", "What circuit breakers went to.", ("to",), _named(tally.get("breaker", {})))
    yield _counters("batches", "Batches of telemetry, by who sent them.", ("sdk", "version"), _by_sdk(tally))
    yield counter("flagforge_unknown_flags", "Asked for, and no flags.", tallies.total(tally.get("unknown")))
    seconds = [each / 1e9 for each in selectors.percentiles(tally)] if tally.get("durations") else []
    yield gauges(
        "flagforge_evaluation_seconds",
        "So long at most took this share of the evaluations that were timed.",
        ("quantile",),
        (((str(share),), value) for share, value in zip(SHARES, seconds, strict=False)),
    )


def _counters(name: str, says: str, labels: tuple[str, ...], counted: Counted) -> Metric:
    return counters(f"flagforge_{name}", says, labels, counted.items())


def _by_flag(tally: Tally) -> Counted:
    counts: dict[tuple[str, ...], int] = {}
    flags = tally.get("counts", {})
    named = set(sorted(flags, key=lambda key: (-tallies.total(flags[key]), key))[:MOST_FLAGS])
    for key, variants in flags.items():
        kept = set(sorted(variants, key=lambda name: (-tallies.total(variants[name]), name))[:MOST_VARIANTS])
        for variant, reasons in variants.items():
            label = (key, variant if variant in kept else OTHER) if key in named else (OTHER, "")
            counts[label] = counts.get(label, 0) + tallies.total(reasons)
    return counts


def _by_sdk(tally: Tally) -> Counted:
    counts: dict[tuple[str, ...], int] = {
        (name, version): tallies.total(applications)
        for name, versions in tally.get("sdks", {}).items()
        for version, applications in versions.items()
    }
    return _bounded(counts, (OTHER, ""))


def _named(counts: Mapping[str, int]) -> Counted:
    return _bounded({(name,): number for name, number in counts.items()}, (OTHER,))


def _bounded(counts: Mapping[tuple[str, ...], int], other: tuple[str, ...]) -> Counted:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    kept: dict[tuple[str, ...], Any] = dict(ordered[:MOST_OTHERS])
    if rest := ordered[MOST_OTHERS:]:
        kept[other] = kept.get(other, 0) + sum(number for _, number in rest)
    return kept
