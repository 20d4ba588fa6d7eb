"""What the worker does for tenants."""

from celery import shared_task

from tenants import audit, outbox


@shared_task
def sweep_outbox() -> int:
    return outbox.drain()


@shared_task
def forget_processed() -> int:
    return outbox.forget_processed()


@shared_task
def take_checkpoints() -> int:
    """Of every audit chain that has grown, and onto the disk; also what a crash left unwritten."""
    taken = audit.take_all()
    audit.store_waiting()
    return taken
