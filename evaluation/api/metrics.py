"""`/metrics`: what Prometheus reads of the control plane. No key, no flag, and of tenants nothing but ids of environments."""

from collections.abc import Iterator

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client.metrics_core import Metric

from evaluation.api.doors import respond
from evaluation.delivery.exposition import counters, exposed, gauge, gauges, served
from evaluation.manifest import counting, memory
from evaluation.manifest.admission import limiter
from evaluation.stream import service
from tenants import outbox
from tenants.models import ApiKey
from tenants.selectors import ending_keys

PREFIX = "flagforge"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Two queries; without the database all that this process knows by itself."""
    return respond(exposed([*served(counting.tally, limiter, PREFIX), *_known_here(), *_in_the_database()], PREFIX))


def _known_here() -> Iterator[Metric]:
    yield gauges(
        f"{PREFIX}_streams",
        "Open streams, waiting polls and open pages, by kind.",
        ("kind",),
        (((kind,), count) for kind, count in counting.streams.items()),
    )
    yield gauges(
        f"{PREFIX}_manifest_version",
        "The version that this process serves.",
        ("environment",),
        (((each.environment_id,), each.version) for each in memory.everything_held()),
    )
    yield counters(
        f"{PREFIX}_database_errors",
        "What the database failed at: queries, or a look for new versions.",
        ("at",),
        (((at,), count) for at, count in counting.database_errors.items()),
    )
    if (age := service.seconds_since_look()) is not None:
        yield gauge(
            f"{PREFIX}_look_age_seconds", "Since this process last compared what it holds with the database.", age
        )


def _in_the_database() -> Iterator[Metric]:
    try:
        backlog, ending = outbox.backlog(), ending_keys(ApiKey.objects.all(), timezone.now()).count()
    except DatabaseError:
        yield gauge(f"{PREFIX}_database_up", "1 when the database answers.", 0)
        return
    age = (timezone.now() - backlog.oldest).total_seconds() if backlog.oldest else 0.0
    yield gauge(f"{PREFIX}_database_up", "1 when the database answers.", 1)
    yield gauge(f"{PREFIX}_outbox_waiting", "Changes that are not told yet.", backlog.waiting)
    yield gauge(f"{PREFIX}_outbox_oldest_seconds", "How long the oldest of them waits.", max(0.0, age))
    yield gauge(
        f"{PREFIX}_outbox_parked", "Changes that could not be told, and are not tried any more.", backlog.parked
    )
    yield gauge(f"{PREFIX}_api_keys_ending", "Keys that end within 14 days, and have no successor.", ending)
