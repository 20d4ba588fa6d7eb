"""What runs, and what waits: heartbeats of processes and relays, and the queues."""

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from evaluation.dashboard.system import parts
from flagforge.doctor.findings import Finding, fault, ok, warning
from tenants.models import Process
from tenants.queues import all_queues

START = {
    Process.Kind.WEB: "Start `python -m flagforge.serve`.",
    Process.Kind.WORKER: "Start `celery --app flagforge worker --beat --pool threads --concurrency 4`.",
    Process.Kind.TIMETABLE: "Start one worker with --beat.",
}


def processes() -> Iterator[Finding]:
    """Where nothing runs at all, that may be so on purpose."""
    now = timezone.now()
    found = parts.processes(now)
    living = {part.kind for part in found if part.state != parts.MISSING}
    for kind, sentence in parts.WITHOUT.items():
        part = f"running: {kind}"
        count = sum(one.kind == kind and one.state != parts.MISSING for one in found)
        if kind in living:
            yield ok(part, f"{count} told of {'themselves' if count > 1 else 'itself'} lately.")
        else:
            yield (fault if living else warning)(
                part, sentence if living else "Nothing runs.", START[Process.Kind(kind)]
            )
    yield from _versions([*found, *parts.all_relays(now)])


def _versions(found: list[parts.Part]) -> Iterator[Finding]:
    others = [f"{one.name} {one.version}" for one in found if one.version and one.version != settings.VERSION]
    if others:
        yield warning(
            "versions", f"Other versions than {settings.VERSION}: {', '.join(others)}.", "Finish the upgrade."
        )


def relays() -> Iterator[Finding]:
    found = parts.all_relays(timezone.now())
    missing = [one.name for one in found if one.state == parts.MISSING]
    if missing:
        said = f"Nothing is heard of {', '.join(missing)}."
        yield warning("running: relay", said, "Look at their log, or forget them: they are forgotten after an hour.")
    else:
        yield ok(
            "running: relay", f"{len(found)} report." if found else "None reports; applications ask the control plane."
        )


def queues() -> Iterator[Finding]:
    now, found = timezone.now(), all_queues()
    for queue in found:
        if queue.oldest is not None and now - queue.oldest >= parts.LAGS_AFTER:
            said = f"{queue.name}: the oldest of {queue.waiting} waits for {parts.length(now - queue.oldest)}."
            yield fault("queues", said, "See that a worker with --beat runs, and read its log.")
        if queue.parked:
            said = f"{queue.name}: {queue.parked} given up after several attempts."
            yield warning("queues", said, "Read the error in the admin, mend its cause, and have it tried again.")
    if not any(queue.parked or (queue.oldest and now - queue.oldest >= parts.LAGS_AFTER) for queue in found):
        yield ok("queues", f"Nothing waits for long in any of {len(found)}.")
