"""Every part of the installation with its state in a word: what told of itself lately, what is silent, what is not there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max

from evaluation.convergence.reports import REMEMBERED
from evaluation.models import ConvergenceReport
from evaluation.wire.convergence import AGAIN_SECONDS, SILENT_SECONDS
from tenants import heartbeats
from tenants.models import Process
from tenants.queues import Queue

RUNNING, LATE, MISSING = "running", "late", "missing"
# What no longer happens where nobody does it.
WITHOUT = {
    Process.Kind.WEB: "Nobody has said that it serves this page: heartbeats are not written.",
    Process.Kind.WORKER: "No worker reports: mails, webhooks, alerts, telemetry, guardrails and rollouts stand still.",
    Process.Kind.TIMETABLE: "Nobody keeps the timetable: start one worker with --beat, or nothing is done by itself.",
}
LAGS_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Part:
    """`version` and `started_at` are unknown of relays from before these were told."""

    kind: str
    name: str
    state: str
    seen_at: datetime
    version: str = ""
    started_at: datetime | None = None
    note: str = ""


def processes(now: datetime) -> list[Part]:
    """In one query."""
    rows = Process.objects.order_by("kind", "-seen_at")
    kinds = list(Process.Kind)
    return sorted(
        (_process(row, now) for row in rows), key=lambda part: (kinds.index(Process.Kind(part.kind)), part.name)
    )


def _process(row: Process, now: datetime) -> Part:
    note = "" if row.messages is None else f"{row.messages} message{'s' * (row.messages != 1)} wait"
    state = heartbeats.state_of(row.seen_at, now)
    return Part(row.kind, row.name, state, row.seen_at, row.version, row.started_at, note)


def relays(reports: Any, now: datetime) -> list[Part]:
    """Of those reports (a queryset), in one query. The control plane's own processes stand among the others."""
    rows = reports.filter(is_relay=True, heard_at__gt=now - REMEMBERED).values("reporter", "name")
    found = rows.annotate(
        heard=Max("heard_at"), environments=Count("environment"), version=Max("version"), started=Max("started_at")
    )
    return [_relay(row, now) for row in found.order_by("name", "reporter")]


def all_relays(now: datetime) -> list[Part]:
    return relays(ConvergenceReport.with_deleted.all(), now)


def _relay(row: dict[str, Any], now: datetime) -> Part:
    silent = (now - row["heard"]).total_seconds()
    state = MISSING if silent >= SILENT_SECONDS else LATE if silent >= 2 * AGAIN_SECONDS else RUNNING
    count = row["environments"]
    return Part(
        "relay",
        row["name"],
        state,
        row["heard"],
        row["version"],
        row["started"],
        note=f"serves {count} environment{'s' * (count != 1)}",
    )


def absent(parts: Sequence[Part]) -> Iterator[str]:
    """What nobody does, in whole sentences, as all that wants a person's look."""
    for kind, sentence in WITHOUT.items():
        if not any(part.kind == kind and part.state != MISSING for part in parts):
            yield sentence


def silent(parts: Sequence[Part], now: datetime) -> Iterator[str]:
    for part in parts:
        if part.state == MISSING and part.kind != Process.Kind.TIMETABLE:
            yield f"{part.name} is missing: nothing was heard of it for {length(now - part.seen_at)}."


def stuck(queues: Sequence[Queue], now: datetime) -> Iterator[str]:
    for queue in queues:
        if queue.oldest is not None and now - queue.oldest >= LAGS_AFTER:
            yield f"{queue.name}: the oldest of {queue.waiting} has been waiting for {length(now - queue.oldest)}."
        if queue.parked:
            yield f"{queue.name}: {queue.parked} {'were' if queue.parked > 1 else 'was'} given up after several attempts."


def length(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
