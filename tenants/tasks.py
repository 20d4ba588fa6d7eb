"""What the worker does for tenants."""

from celery import shared_task

from tenants import outbox


@shared_task
def sweep_outbox() -> int:
    return outbox.drain()


@shared_task
def forget_processed() -> int:
    return outbox.forget_processed()
