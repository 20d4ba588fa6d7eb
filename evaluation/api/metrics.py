"""`/metrics`: what Prometheus reads of the control plane. No key, no flag, and of tenants nothing but ids."""

from collections.abc import Iterator

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client.metrics_core import Metric

from evaluation.api.doors import respond
from evaluation.api.installation import of_the_installation
from evaluation.delivery.exposition import by_organization, exposed, gauge, gauges, histogram, served
from evaluation.manifest import counting, memory
from evaluation.manifest.admission import limiter
from evaluation.manifest.numbers import PREFIX, of_this_process
from evaluation.stream import service

# More would be more series than anybody looks at.
MOST_ENVIRONMENTS = 200


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Eight small queries; without the database all that this process knows by itself."""
    return respond(exposed(families(), PREFIX))


def families() -> list[Metric]:
    return [
        *served(counting.tally, limiter, PREFIX),
        *of_this_process(),
        *_known_here(),
        *_in_the_database(),
    ]


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
        (((each.environment_id,), each.version) for each in memory.everything_held()[:MOST_ENVIRONMENTS]),
    )
    yield by_organization(counting.organizations, PREFIX)
    yield histogram(
        f"{PREFIX}_fan_out_seconds", "From hearing of a version until a stream has it.", service.reach.fan_out
    )
    if (age := service.seconds_since_look()) is not None:
        yield gauge(
            f"{PREFIX}_look_age_seconds", "Since this process last compared what it holds with the database.", age
        )


def _in_the_database() -> Iterator[Metric]:
    try:
        found = of_the_installation(timezone.now())
    except DatabaseError:
        yield gauge(f"{PREFIX}_database_up", "1 when the database answers.", 0)
        return
    yield gauge(f"{PREFIX}_database_up", "1 when the database answers.", 1)
    yield from found
