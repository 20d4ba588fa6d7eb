"""Which instances of applications told of an environment in the last minutes, with what SDK and which version of the rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Length

from analytics.models import TelemetryBatch
from tenants.models import Environment

# SDKs tell twice a minute; whoever was silent for longer than this is not connected any more.
RECENT = timedelta(minutes=10)
# So many batches are looked into, the newest; those that are larger (compressed, in bytes) are not read for a name.
MOST_BATCHES, LARGEST = 400, 40_000


@dataclass(frozen=True, slots=True)
class Instance:
    """`manifest` is the version it evaluates with, None where it did not say; `key_kind` of the key that it sent with."""

    sdk: str
    version: str
    application: str
    name: str
    mode: str
    key_kind: str
    manifest: int | None
    seen_at: datetime


def instances_of(environment: Environment, *, now: datetime) -> list[Instance]:
    """Those that told last come first; in one query."""
    rows = TelemetryBatch.objects.filter(environment=environment, received_at__gt=now - RECENT)
    small = rows.annotate(size=Length("content")).filter(size__lt=LARGEST).order_by("-received_at", "-id")
    return list(_newest(small.only("content", "key_kind", "received_at")[:MOST_BATCHES]))


def _newest(batches: Iterable[TelemetryBatch]) -> Iterable[Instance]:
    known: set[tuple[str, str, str]] = set()
    for batch in batches:
        document = batch.document
        sdk = document["sdk"]
        who = (sdk["name"], sdk.get("application", ""), sdk.get("instance", ""))
        if who not in known:
            known.add(who)
            yield _instance(batch, sdk, document.get("manifest"))


def _instance(batch: TelemetryBatch, sdk: Mapping[str, Any], manifest: int | None) -> Instance:
    said = {name: sdk.get(name, "") for name in ("version", "application", "mode")}
    return Instance(
        sdk["name"],
        name=sdk.get("instance", ""),
        key_kind=batch.key_kind,
        manifest=manifest,
        seen_at=batch.received_at,
        **said,
    )
