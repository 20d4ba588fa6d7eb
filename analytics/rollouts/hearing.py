"""Who hears of what a rollout does: webhooks and alerts, as far as one may see them."""

from datetime import datetime

from analytics.models import Rollout
from tenants.actors import Actor
from tenants.alerts.matching import is_told
from tenants.models import Alert, Webhook
from tenants.webhooks.events import Event, NamedFlag, wants


def hearers_of(rollout: Rollout, actor: Actor, *, now: datetime) -> list[str]:
    """By name; of alerts those too that keep still in working hours. Two queries."""
    environment = rollout.environment
    by = {"actor": {"kind": "system", "id": ""}}
    flag = NamedFlag(rollout.flag.key, tuple(rollout.flag.tags))
    event = Event("", "rollout.paused", now, by, environment.project_id, environment.pk, flag)
    webhooks = Webhook.objects.visible_to(actor).filter(organization=rollout.organization_id).order_by("name")
    alerts = Alert.objects.visible_to(actor).filter(organization=rollout.organization_id).order_by("name")
    heard = [
        f"the webhook {webhook.name}" for webhook in webhooks if webhook.disabled_at is None and wants(webhook, event)
    ]
    for alert in alerts:
        hours = alert.working_hours
        alert.working_hours = {}
        if is_told(alert, event):
            heard.append(f"the alert {alert.name}" + (" (outside its working hours)" if hours else ""))
    return heard
