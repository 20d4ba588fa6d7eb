"""From a committed change to a new manifest version that every process can find."""

import logging
import zlib
from collections.abc import Sequence
from datetime import datetime
from time import perf_counter, time
from typing import Any

from django.db import OperationalError, transaction
from django.utils import timezone

from evaluation.core.canonical import checksum
from evaluation.manifest import announce, cache, counting, memory, sign
from evaluation.manifest.build import Rules, rules_of
from evaluation.manifest.cache import Published
from evaluation.manifest.fetch import DAMAGED
from evaluation.models import ManifestHead, ManifestVersion
from tenants import outbox, runtime, tracing
from tenants.backups.putting_back import RESTORED
from tenants.models import Environment, OutboxEvent

log = logging.getLogger(__name__)

# So many changes of one version are named.
MOST_CHANGES = 100
ANEW = (DAMAGED, RESTORED)
TOPICS = ("environment.", "project.", "organization.", "flag.", "segment.")


class ManifestTooLarge(Exception):
    """The environment's rules do not fit into the limit; what was published before goes on being served."""


def listen_to_outbox() -> None:
    for topic in TOPICS:
        outbox.listen(topic, publish_for)
    outbox.listen("", wake_for)


def wake_for(environment: Environment, events: Sequence[OutboxEvent]) -> None:
    """Whatever happened, every process looks again: at the manifest, and at the keys that work."""
    announce.in_transaction(environment.id)
    transaction.on_commit(lambda: announce.after_commit(environment.id))


def publish_for(environment: Environment, events: Sequence[OutboxEvent]) -> None:
    began = perf_counter()
    try:
        with tracing.span("flagforge.publish") as span:
            head, is_new = _published(environment, events, anew=any(event.topic in ANEW for event in events))
            if span is not None:
                span.set_attributes(_described(head, events, is_new=is_new))
    except OperationalError:  # the database's fault, or another process was first: it is tried again
        raise
    except Exception:
        counting.count_publication("failed", perf_counter() - began)
        raise
    since = min((event.created_at for event in events), default=None) if is_new else None
    outcome = "published" if is_new else "unchanged"
    transaction.on_commit(lambda: counting.count_publication(outcome, perf_counter() - began, _seconds_since(since)))


def _described(head: ManifestHead, events: Sequence[OutboxEvent], *, is_new: bool) -> dict[str, Any]:
    """What its span tells: how many flags, never which."""
    flags = {event.payload.get("key") for event in events if event.topic.startswith("flag.")}
    return {
        "flagforge.environment": head.environment_id,
        "flagforge.version": head.version,
        "flagforge.flags_changed": len(flags),
        "flagforge.outcome": "published" if is_new else "unchanged",
    }


def _seconds_since(moment: datetime | None) -> float | None:
    return None if moment is None else (timezone.now() - moment).total_seconds()


def publish(environment: Environment, events: Sequence[OutboxEvent] = (), *, anew: bool = False) -> ManifestHead:
    """Publish what the environment serves now; when that is what it serves already, nothing happens, except `anew`.

    Must run under the environment's lock and in one snapshot (`tenants.outbox.drain` gives both): the lock makes versions
    rise without a gap, the snapshot makes flags and segments those of one moment.
    """
    return _published(environment, events, anew=anew)[0]


def _published(environment: Environment, events: Sequence[OutboxEvent], *, anew: bool) -> tuple[ManifestHead, bool]:
    """What is served now, and whether that is new."""
    rules = rules_of(environment, anew=anew)
    head: ManifestHead | None = ManifestHead.with_deleted.filter(environment=environment).first()
    if head is not None and not anew and checksum(rules.manifest(head.version, head.issued)) == head.checksum:
        return head, False
    issued = timezone.now().replace(microsecond=0)
    head = head or ManifestHead(environment=environment, organization_id=environment.organization_id, version=0)
    return _append(head, environment, rules, events, issued=issued), True


def _append(
    head: ManifestHead, environment: Environment, rules: Rules, events: Sequence[OutboxEvent], *, issued: datetime
) -> ManifestHead:
    version = max(head.version, _beyond(events)) + 1
    content = rules.manifest(version, issued)
    if len(content) > runtime.number("limits.manifest_bytes"):
        raise ManifestTooLarge(f"the manifest of {environment} has {len(content):,} bytes")
    row = ManifestVersion(
        organization_id=environment.organization_id,
        environment=environment,
        version=version,
        checksum=checksum(content),
        signature=sign.sign_manifest(content),
        content=zlib.compress(content, 6),
        issued=issued,
        changed_at=min((event.created_at for event in events), default=None),
        changes=[_change(event) for event in events[:MOST_CHANGES] if event.topic.startswith(TOPICS)],
        traceparent=tracing.traceparent(),
    )
    row.save(force_insert=True)
    head.version, head.checksum, head.issued = version, row.checksum, issued
    head.save()
    published = Published(environment.id, version, row.checksum, content, row.signature)
    transaction.on_commit(lambda: _tell(published, row.traceparent))
    return head


def _beyond(events: Sequence[OutboxEvent]) -> int:
    """After a backup was restored nobody knows which versions came behind it; Unix time in seconds is beyond all of them."""
    return int(time()) - 1 if any(event.topic == RESTORED for event in events) else 0


def _change(event: OutboxEvent) -> dict[str, Any]:
    """What happened, as `…/convergence/` tells it."""
    return {"topic": event.topic} | {name: event.payload[name] for name in ("key", "version") if name in event.payload}


def _tell(published: Published, traceparent: str) -> None:
    memory.update(published, traceparent)
    with tracing.within(traceparent):
        log.info("published", extra={"environment": published.environment_id, "version": published.version})
    cache.put(published)
