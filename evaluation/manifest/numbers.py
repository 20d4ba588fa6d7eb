"""What every process of the control plane and the worker tells Prometheus of itself."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from evaluation.delivery.exposition import counter, counters, gauge, histogram
from evaluation.manifest import counting
from tenants.breaker import redis_breaker

PREFIX = "flagforge"


def of_this_process() -> Iterator[Metric]:
    """From memory alone."""
    yield from _publishing()
    yield counters(
        f"{PREFIX}_cache_reads",
        "Reads of rules and keys in memory and of manifests in the shared cache, by whether these were there.",
        ("cache", "result"),
        (((name, "hit" if hit else "miss"), count) for (name, hit), count in counting.reads.items()),
    )
    yield gauge(f"{PREFIX}_redis_breaker_open", "1 while Redis is left alone.", redis_breaker.is_open)
    yield counter(f"{PREFIX}_redis_failures", "What failed at Redis; each leaves it alone.", redis_breaker.failures)
    yield counters(
        f"{PREFIX}_database_errors",
        "What the database failed at: queries, or a look for new versions.",
        ("at",),
        (((at,), count) for at, count in counting.database_errors.items()),
    )

    yield counter(
        f"{PREFIX}_slow_queries",
        "Queries that took longer than FLAGFORGE_SLOW_QUERY_MS.",
        sum(counting.slow_queries.counts),
    )
    yield counter(f"{PREFIX}_slow_query_seconds", "How long they took together.", counting.slow_queries.seconds)


def _publishing() -> Iterator[Metric]:
    yield counters(
        f"{PREFIX}_publications",
        "Batches of changes that were worked off here, by what became of them.",
        ("outcome",),
        (((outcome,), count) for outcome, count in counting.publications.items()),
    )
    yield histogram(f"{PREFIX}_publish_seconds", "How long working off took.", counting.publishing)
    yield histogram(
        f"{PREFIX}_publish_delay_seconds", "From a change until a version with it was there.", counting.delays
    )
