"""`/metrics`: what Prometheus reads of a relay. No key, and nothing of what flags say."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from prometheus_client.metrics_core import Metric

from ..delivery.busiest import OTHERS
from ..delivery.exposition import by_organization, counter, counters, exposed, gauge, gauges, histogram, served
from ..sdk.hearing.circuit import State
from ..wire.replies import Reply
from .follower import Follower
from .holdings import Holdings

PREFIX = "flagforge_relay"
# A relay of a whole installation has as many environments as that; each by name would be a series, at every relay.
MOST_NAMED = 100


def metrics(holdings: Holdings, follower: Follower, clients: Mapping[str, int]) -> Reply:
    found = [
        *served(holdings.tally, holdings.limiter, PREFIX),
        *_environments(holdings, follower),
        *_upstream(follower),
        *_clients(holdings, clients),
        *_telemetry(holdings),
        by_organization(holdings.organizations, PREFIX),
    ]
    return exposed(found, PREFIX)


def _environments(holdings: Holdings, follower: Follower) -> Iterator[Metric]:
    now, named = time.time(), sorted(holdings.rules)[:MOST_NAMED]
    ages = {
        each: max(0.0, now - copy.trusted.freshness.as_of.timestamp()) for each, copy in follower.mirror.copies.items()
    }
    yield gauge(f"{PREFIX}_environments", "Environments below the relay's key.", len(holdings.places))
    yield gauges(
        f"{PREFIX}_manifest_version",
        "The version that is served.",
        ("environment",),
        (((each,), holdings.rules[each].version) for each in named),
    )
    yield gauges(
        f"{PREFIX}_manifest_age_seconds",
        "Since upstream last stated that what is served is the newest.",
        ("environment",),
        (((each,), age) for each, age in _and_the_oldest(ages, named)),
    )
    yield counters(
        f"{PREFIX}_refused",
        "Manifests and deltas that were not taken, by why.",
        ("kind",),
        (((kind,), count) for kind, count in follower.refusals.by_kind.items()),
    )
    failures = follower.store.failures if follower.store else 0
    yield counter(f"{PREFIX}_store_failures", "What could not be written to disk.", failures)


def _and_the_oldest(ages: Mapping[str, float], named: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Of the named each, and of all others the greatest: none of them is old unnoticed."""
    yield from ((each, ages[each]) for each in named if each in ages)
    if others := ages.keys() - set(named):
        yield OTHERS, max(ages[each] for each in others)


def _upstream(follower: Follower) -> Iterator[Metric]:
    state = follower.circuit.state(time.monotonic())
    yield gauge(
        f"{PREFIX}_upstream_connected", "1 while the stream upstream is open.", follower.connected_since is not None
    )
    yield gauges(
        f"{PREFIX}_upstream_circuit",
        "1 at the state of the circuit breaker.",
        ("state",),
        (((each,), float(each == state)) for each in get_args(State)),
    )


def _clients(holdings: Holdings, clients: Mapping[str, int]) -> Iterator[Metric]:
    yield gauge(f"{PREFIX}_keys", "Keys of applications that are known.", len(holdings.keys))
    yield gauges(
        f"{PREFIX}_streams",
        "Open streams and waiting polls, by kind.",
        ("kind",),
        (((kind,), count) for kind, count in clients.items()),
    )
    fan_out = holdings.hub.reach.fan_out
    yield histogram(f"{PREFIX}_fan_out_seconds", "From hearing of a version until a stream has it.", fan_out)


def _telemetry(holdings: Holdings) -> Iterator[Metric]:
    batches = holdings.batches
    yield gauge(f"{PREFIX}_telemetry_queued", "Batches that wait to be passed on.", len(batches))
    yield counters(
        f"{PREFIX}_telemetry",
        "Batches, by what became of them.",
        ("outcome",),
        (((outcome,), getattr(batches, outcome)) for outcome in ("sent", "refused", "dropped")),
    )
