"""How much telemetry is not counted yet."""

from django.db.models import Count, Min

from analytics.models import TelemetryBatch
from tenants.queues import Queue


def batches() -> Queue:
    found = TelemetryBatch.with_deleted.filter(is_folded=False).aggregate(
        waiting=Count("pk"), oldest=Min("received_at")
    )
    return Queue("Telemetry to count", **found)
