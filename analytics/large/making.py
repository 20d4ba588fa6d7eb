"""All of it, one part after the other."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from analytics.large import doings, flags, people, telemetry
from analytics.large.sizes import Ground
from tenants import outbox
from tenants.actors import Actor


def fill(ground: Ground, *, actor: Actor, now: datetime) -> Iterator[str]:
    """Says what was made, as soon as it is there."""
    members = people.let_in(ground, actor)
    yield f"{len(members)} members"
    segments = flags.make_segments(ground)
    made = flags.make_flags(ground, members, segments, now)
    yield f"{len(segments)} segments and {len(made)} flags in {len(ground.environments)} environments"
    for environment in telemetry.tell(ground, made, now):
        yield f"{ground.sizes.days} days of telemetry of {environment}"
    doings.make_keys(ground, actor)
    doings.make_webhooks(ground, actor, now)
    doings.make_experiments(ground, made, actor)
    yield f"{ground.sizes.webhooks} webhooks with {ground.sizes.deliveries} deliveries, API keys and experiments"
    doings.record_events(ground, made, members)
    yield f"{ground.sizes.events} entries of the audit log"
    with transaction.atomic():
        outbox.put_everywhere("flag.created", ground.environments)
    outbox.drain()
    yield "their manifests"
