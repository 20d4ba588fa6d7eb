"""What the worker does for delivery."""

from celery import shared_task
from django.utils import timezone

from evaluation.convergence import reports


@shared_task
def forget_reports() -> int:
    return reports.forget(now=timezone.now())
