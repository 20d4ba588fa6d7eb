"""The status of the whole installation, for whoever runs it; and what of it an organization depends on."""

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluation.dashboard.system import parts, stores
from evaluation.dashboard.system.backups import faults
from evaluation.models import ConvergenceReport
from tenants.backups.standing import standing
from tenants.dashboard.doors import PageRequest, organization_page, page, show
from tenants.models import Organization, OutboxEvent, Process, WebhookDelivery
from tenants.permissions import require
from tenants.queues import Queue, all_queues


@page
def system(request: PageRequest) -> HttpResponse:
    """Nobody else learns that it is there, whatever method they try."""
    if not request.actor.may_everything:
        raise Http404
    return _status(request)


@require_safe
def _status(request: PageRequest) -> HttpResponse:
    now = timezone.now()
    running, queues = [*parts.processes(now), *parts.all_relays(now)], all_queues()
    backups = standing(now)
    kept = [stores.database(), stores.redis_store()]
    away = [f"{store.name} {store.note}." for store in kept if store.is_used and store.milliseconds is None]
    context = {
        "parts": running,
        "queues": queues,
        "stores": kept,
        "backups": backups,
        "troubles": [
            *away,
            *parts.absent(running),
            *parts.silent(running, now),
            *parts.stuck(queues, now),
            *faults(backups, now),
        ],
        "version": settings.VERSION,
        "now": now,
    }
    return show(request, "evaluation/system.html", context)


@organization_page
@require_safe
def organization_system(request: PageRequest, organization: Organization) -> HttpResponse:
    """Kinds of processes without their names, relays of what one sees, and what waits of one's own."""
    require(request.actor, "organization.view", organization)
    now = timezone.now()
    reports = ConvergenceReport.objects.visible_to(request.actor).filter(organization=organization)
    processes, queues = parts.processes(now), _queues_of(organization)
    relays = parts.relays(reports, now)
    context = {
        "kinds": [(kind, _state_of(kind, processes)) for kind in Process.Kind],
        "relays": relays,
        "queues": queues,
        "troubles": [*parts.absent(processes), *parts.silent(relays, now), *parts.stuck(queues, now)],
    }
    return show(request, "evaluation/organization_system.html", context)


def _state_of(kind: str, processes: list[parts.Part]) -> str:
    states = {part.state for part in processes if part.kind == kind}
    return next((state for state in (parts.RUNNING, parts.LATE) if state in states), parts.MISSING)


def _queues_of(organization: Organization) -> list[Queue]:
    waits = Q(parked_at__isnull=True)
    changes = OutboxEvent.objects.filter(organization=organization, processed_at__isnull=True).aggregate(
        waiting=Count("pk", filter=waits), oldest=Min("created_at", filter=waits), parked=Count("pk", filter=~waits)
    )
    webhooks = WebhookDelivery.objects.filter(organization=organization, state=WebhookDelivery.State.WAITING).aggregate(
        waiting=Count("pk"), oldest=Min("created_at")
    )
    return [Queue("Changes to publish", **changes), Queue("Webhooks", **webhooks)]
