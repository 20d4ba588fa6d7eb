"""Which instances of applications told of themselves in the last minutes, with what SDK and which version of the rules."""

from collections.abc import Iterable, Iterator, Mapping
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
PLACE = "environment__project__organization"
PLACES = ("environment__key", "environment__project__key", f"{PLACE}__slug")


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


@dataclass(frozen=True, slots=True)
class Application:
    """One application in an environment, with the same version of an SDK; `instances` of it told."""

    environment: Environment
    name: str
    sdk: str
    version: str
    instances: int
    seen_at: datetime


def instances_of(environment: Environment, *, now: datetime) -> list[Instance]:
    """Those that told last come first; in one query."""
    rows = _recent(TelemetryBatch.objects.filter(environment=environment), now)
    return [instance for _, instance in _newest(rows)]


def all_applications(now: datetime) -> list[Application]:
    """Of the whole installation, by the names of their places; in one query."""
    environments: dict[str, Environment] = {}
    found: dict[tuple[str, str, str, str], list[Instance]] = {}
    for batch, instance in _newest(_recent(TelemetryBatch.objects.select_related(PLACE), now, *PLACES)):
        environments[batch.environment_id] = batch.environment
        who = batch.environment_id, instance.application, instance.sdk, instance.version
        found.setdefault(who, []).append(instance)
    applications = [
        Application(environments[place], name, sdk, version, len(instances), max(each.seen_at for each in instances))
        for (place, name, sdk, version), instances in found.items()
    ]
    return sorted(applications, key=lambda each: (*_place(each.environment), each.name, each.sdk, each.version))


def _place(environment: Environment) -> tuple[str, str, str]:
    return environment.project.organization.slug, environment.project.key, environment.key


def _recent(rows: Any, now: datetime, *more: str) -> Any:
    small = rows.filter(received_at__gt=now - RECENT).annotate(size=Length("content")).filter(size__lt=LARGEST)
    return small.order_by("-received_at", "-id").only("environment_id", "content", "key_kind", "received_at", *more)[
        :MOST_BATCHES
    ]


def _newest(batches: Iterable[TelemetryBatch]) -> Iterator[tuple[TelemetryBatch, Instance]]:
    known: set[tuple[str, str, str, str]] = set()
    for batch in batches:
        document = batch.document
        sdk = document["sdk"]
        who = (batch.environment_id, sdk["name"], sdk.get("application", ""), sdk.get("instance", ""))
        if who not in known:
            known.add(who)
            yield batch, _instance(batch, sdk, document.get("manifest"))


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
