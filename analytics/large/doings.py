"""What people did and set up: entries of the audit log, API keys, webhooks with their log, metrics and experiments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from analytics.experiments import services as experiments
from analytics.large.sizes import Ground
from flags.models import Flag
from tenants import audit
from tenants.actors import Actor
from tenants.models import ApiKey, User, Webhook, WebhookDelivery
from tenants.models.base import new_id
from tenants.permissions import actor_of
from tenants.services import create_api_key, create_webhook

AT_ONCE = 10
KEYS = 30
METRICS = 20


def record_events(ground: Ground, flags: Sequence[Flag], people: Sequence[User]) -> None:
    """Of today: the log has one writer, and that one does not let anybody say when it was."""
    chance = ground.chance("events")
    actors = [actor_of(user) for user in people[:20]] or [Actor.system("seed")]
    for begin in range(0, ground.sizes.events, AT_ONCE):
        with transaction.atomic():
            for _ in range(begin, min(begin + AT_ONCE, ground.sizes.events)):
                before = {"enabled": chance.random() < 0.5}
                after = {"enabled": not before["enabled"]}
                audit.record(chance.choice(actors), "flag.toggled", chance.choice(flags), before, after)


def make_keys(ground: Ground, actor: Actor) -> None:
    for number in range(KEYS):
        environment = ground.environments[number % len(ground.environments)]
        create_api_key(kind=ApiKey.Kind.SERVER, scope=environment, name=f"Server {number}", actor=actor)


def make_webhooks(ground: Ground, actor: Actor, now: datetime) -> None:
    """They are off, so that nothing is sent to anybody; their log is as if it had been."""
    chance = ground.chance("webhooks")
    hooks = []
    for number in range(ground.sizes.webhooks):
        hook, _ = create_webhook(
            scope=ground.project.organization, name=f"CI {number}", url=f"https://ci-{number}.example.com/", actor=actor
        )
        hooks.append(hook)
    Webhook.objects.filter(pk__in=[hook.pk for hook in hooks]).update(disabled_at=now)
    WebhookDelivery.objects.bulk_create(
        [
            _delivery(chance.choice(hooks), now - timedelta(minutes=7 * number))
            for number in range(ground.sizes.deliveries)
        ],
        batch_size=500,
    )


def _delivery(hook: Webhook, at: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        organization_id=hook.organization_id,
        webhook=hook,
        event_id=new_id(),
        event_type="flag.toggled",
        body='{"type":"flag.toggled"}',
        created_at=at,
        state=WebhookDelivery.State.DELIVERED,
        not_before=at,
        tries=1,
        done_at=at,
    )


def make_experiments(ground: Ground, flags: Sequence[Flag], actor: Actor) -> None:
    """Drafts, each of a flag of its own, and what they are decided by."""
    for number in range(METRICS):
        body = {
            "key": f"metric-{number:02}",
            "name": f"Metric {number}",
            "kind": "conversion",
            "event": f"event-{number}",
        }
        experiments.create_metric(ground.project, body, actor=actor)
    booleans = [flag for flag in flags if flag.value_type == "boolean"][: ground.sizes.experiments]
    for number, flag in enumerate(booleans):
        draft: dict[str, Any] = {
            "key": f"experiment-{number:02}",
            "name": f"Does {flag.name} help?",
            "flag": flag.key,
            "environment": ground.environments[-1].key,
            "control": "off",
            "weights": {"on": 50, "off": 50},
            "primary_metric": f"metric-{number % METRICS:02}",
        }
        experiments.create_experiment(ground.project, draft, actor=actor)
