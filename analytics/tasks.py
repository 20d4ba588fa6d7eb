"""What the worker does for telemetry."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from analytics import services


@shared_task
def forget_batches() -> int:
    return services.forget_batches(older_than=timedelta(days=settings.TELEMETRY_DAYS), now=timezone.now())
