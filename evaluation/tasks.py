"""What the worker does for delivery."""

from celery import shared_task
from django.utils import timezone

from evaluation.convergence import reports
from evaluation.manifest import drill, snapshots


@shared_task
def forget_reports() -> int:
    return reports.forget(now=timezone.now())


@shared_task
def drill_backup() -> bool:
    return drill.drill_daily(timezone.now())


@shared_task
def store_changed_snapshots() -> int:
    return snapshots.store_changed()


@shared_task
def store_all_snapshots() -> int:
    return snapshots.store_all()
