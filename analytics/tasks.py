"""What the worker does for telemetry."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from analytics import exposures, folding, partitions, services
from analytics.attributes import folding as attributes
from analytics.experiments import forgetting, snapshots
from analytics.guardrails import asking, measuring, watching
from analytics.guardrails import forgetting as guardrails
from analytics.rollouts import running
from analytics.stale import reminding
from tenants import maintenance, runtime


@shared_task
def fold_batches() -> int:
    return folding.fold(now=timezone.now())


@shared_task
def make_partitions() -> int:
    return partitions.make_ahead(now=timezone.now())


@shared_task
def sum_tallies() -> int:
    return folding.sum_up()


@shared_task
def forget_batches() -> int:
    return services.forget_batches(older_than=timedelta(days=runtime.number("telemetry_days")), now=timezone.now())


@shared_task
def forget_tallies() -> int:
    return folding.forget(now=timezone.now())


@shared_task
def forget_attributes() -> int:
    return attributes.forget(days=runtime.number("attribute_days"), now=timezone.now())


@shared_task
def remind_owners() -> int:
    return reminding.remind(timezone.now())


@shared_task
def forget_samples() -> int:
    return exposures.forget_samples(now=timezone.now())


@shared_task
def forget_experiments() -> int:
    return forgetting.forget(days=runtime.number("experiment_days"), now=timezone.now())


@shared_task
@maintenance.waits_for_its_end
def run_rollouts() -> int:
    return running.run(timezone.now())


@shared_task
def take_snapshots() -> int:
    return snapshots.take(now=timezone.now())


@shared_task
@maintenance.waits_for_its_end
def watch_guardrails() -> int:
    return watching.watch(now=timezone.now())


@shared_task
def ask_prometheus() -> int:
    return asking.ask(now=timezone.now())


@shared_task
def measure_guardrails() -> int:
    return measuring.measure(now=timezone.now())


@shared_task
def forget_points() -> int:
    return guardrails.forget_points(now=timezone.now())
