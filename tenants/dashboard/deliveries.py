"""The page of one webhook: how it is, what was sent to it, and the buttons that send again."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenants import selectors, services
from tenants.dashboard.doors import PageRequest, organization_page, seen, show
from tenants.dashboard.webhooks import to_webhook, webhook_of
from tenants.models import Organization, WebhookDelivery
from tenants.permissions import allowed

SHOWN = 50
VERBS = ("edit", "rotate", "test", "replay", "delete")
DAYS = {"1": "the last day", "7": "the last week", "30": "the last month"}


@organization_page
def webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    """What was sent, newest first; with `?state=` only what is waiting, delivered or failed."""
    found = webhook_of(request, organization, webhook)
    rows, state = selectors.deliveries_of(found), request.GET.get("state", "")
    if state in WebhookDelivery.State.values:
        rows = rows.filter(state=state)
    context = {
        "webhook": found,
        "deliveries": list(rows[:SHOWN]),
        "state": state,
        "states": WebhookDelivery.State.values,
        "days": DAYS,
        "may_do": [verb for verb in VERBS if allowed(request.actor, f"webhook.{verb}", found)],
        "now": timezone.now(),
    }
    return show(request, "tenants/webhook.html", context)


@organization_page
@require_POST
def test_webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    found = webhook_of(request, organization, webhook)
    services.test_webhook(found, actor=request.actor)
    messages.success(request, "A webhook.tested is on its way. What came of it stands in the log in a moment.")
    return to_webhook(found)


@organization_page
@require_POST
def switch_webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    """Enable it, or disable it."""
    found = webhook_of(request, organization, webhook)
    if request.POST.get("enabled") == "yes":
        services.enable_webhook(found, actor=request.actor)
        messages.success(request, f"{found} hears of what happens from now on.")
    else:
        services.disable_webhook(found, actor=request.actor)
        messages.success(request, f"{found} is disabled: nothing is sent there any more.")
    return to_webhook(found)


@organization_page
@require_POST
def replay_webhook(request: PageRequest, organization: Organization, webhook: str) -> HttpResponse:
    """One event, or all that failed within so many days."""
    found = webhook_of(request, organization, webhook)
    if "event" in request.POST:
        delivery = seen(selectors.find_delivery(found, request.POST["event"]))
        services.replay_delivery(delivery, actor=request.actor)
        count = 1
    else:
        days = request.POST.get("days", "")
        since = timezone.now() - timedelta(days=int(days) if days in DAYS else 1)
        count = services.replay_failed(found, since=since, actor=request.actor)
    messages.success(request, f"{count} on the way again." if count else "Nothing had failed in that time.")
    return to_webhook(found)
