"""Numbers as Prometheus reads them. Families are made when somebody asks; nothing is kept between two readings."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric

from ..wire.replies import Reply
from .busiest import Busiest
from .limiter import Limiter
from .tally import Latencies, Tally

# Labels, and the number that they stand beside.
Samples = Iterable[tuple[Sequence[str], float]]


def exposed(metrics: Iterable[Metric], prefix: str = "") -> Reply:
    """All of the metrics; with a prefix also the memory and descriptors of this process, below it."""
    registry = CollectorRegistry()
    registry.register(_Once(list(metrics)))
    if prefix:
        ProcessCollector(namespace=prefix, registry=registry)
    content = generate_latest(registry)
    return Reply(200, content, CONTENT_TYPE_PLAIN_0_0_4, (("Cache-Control", "no-store"),))


class _Once:
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def gauges(name: str, says: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, says, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(name, says, value=value)


def counters(name: str, says: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = CounterMetricFamily(name, says, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def histogram(name: str, says: str, latencies: Latencies) -> Metric:
    """Seconds."""
    return HistogramMetricFamily(name, says, buckets=_buckets(latencies), sum_value=latencies.seconds)


def by_organization(busiest: Busiest, prefix: str) -> Metric:
    return counters(
        f"{prefix}_organization_requests",
        "Answers to keys of the busiest organizations, and of all others as one.",
        ("organization",),
        (((name,), count) for name, count in busiest.told()),
    )


def served(tally: Tally, limiter: Limiter, prefix: str) -> Iterator[Metric]:
    """What every serving process has: answers, latencies, and what limits refused."""
    yield counters(
        f"{prefix}_requests",
        "Answers, by door and status.",
        ("door", "status"),
        (((door, str(status)), count) for door, status, count in tally.answers()),
    )
    seconds = HistogramMetricFamily(f"{prefix}_request_seconds", "From the question to the answer.", labels=["door"])
    for door, latencies in tally.latencies().items():
        seconds.add_metric([door], buckets=_buckets(latencies), sum_value=latencies.seconds)
    yield seconds
    yield counters(
        f"{prefix}_limited",
        "Refused because a key had used up its limit.",
        ("limit",),
        (((limit,), count) for limit, count in limiter.hits.items()),
    )


def _buckets(latencies: Latencies) -> list[tuple[str, float]]:
    """How many took up to each bound, as Prometheus counts: those below among them."""
    total, found = 0, []
    for bound, count in zip((*map(str, latencies.bounds), "+Inf"), latencies.counts, strict=True):
        total += count
        found.append((bound, float(total)))
    return found
