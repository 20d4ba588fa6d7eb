"""What the worker does for tenants."""

from celery import shared_task
from django.utils import timezone

from tenants import audit, heartbeats, maintenance, outbox, outgoing_mail, purging, runtime
from tenants.alerts import raising
from tenants.backups import watching
from tenants.webhooks import attempts, courier


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


@shared_task
def send_mails() -> int:
    return outgoing_mail.send_due()


@shared_task
def forget_mails() -> int:
    return outgoing_mail.forget_old()


@shared_task
@maintenance.waits_for_its_end
def sweep_purges() -> int:
    return purging.work()


@shared_task
def forget_purges() -> int:
    return purging.forget_finished(timezone.now())


@shared_task
@maintenance.waits_for_its_end
def purge_logs() -> int:
    return purging.purge_logs(timezone.now())


@shared_task
def deliver_webhooks() -> None:
    courier.wake()


@shared_task
def forget_deliveries() -> int:
    return attempts.forget_deliveries(timezone.now(), runtime.number("webhook_log_days"))


@shared_task
def raise_alerts() -> int:
    return raising.raise_alerts(timezone.now())


@shared_task
def keep_time() -> None:
    heartbeats.keep_time(now=timezone.now())


@shared_task
def forget_raised_alerts() -> int:
    return raising.forget_raised(timezone.now())


@shared_task
def keep_up_backups() -> bool:
    return watching.keep_up(timezone.now())
