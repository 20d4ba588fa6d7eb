"""`/metrics` and a profile of a control plane or a worker alone, where FLAGFORGE_METRICS_PORT names a port."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from celery.signals import task_failure, task_postrun, task_prerun, worker_ready, worker_shutdown
from django.conf import settings
from django.db import close_old_connections
from prometheus_client.metrics_core import Metric

from evaluation.delivery.profiling import answering
from evaluation.delivery.window import Asked, Window
from evaluation.wire.replies import Reply

log = logging.getLogger(__name__)
_window: Window | None = None
# Of the worker's tasks: how many began, failed, and how long all of a name took. Names are those of the timetable.
_begun: dict[str, float] = {}
tasks: Counter[tuple[str, str]] = Counter()
task_seconds: defaultdict[str, float] = defaultdict(float)


async def start() -> None:
    """With the control plane."""
    from evaluation.api.metrics import families  # models are there only now

    open_window(families)


async def stop() -> None:
    close_window()


@worker_ready.connect
def _worker_is_ready(**_: Any) -> None:
    open_window(of_the_worker)


@worker_shutdown.connect
def _worker_stops(**_: Any) -> None:
    close_window()


def of_the_worker() -> Iterator[Metric]:
    from evaluation.delivery.exposition import counters
    from evaluation.manifest.numbers import PREFIX, of_this_process

    yield from of_this_process()
    yield counters(
        f"{PREFIX}_tasks",
        "Tasks of this worker, by what became of them.",
        ("task", "outcome"),
        ((name, count) for name, count in list(tasks.items())),
    )
    yield counters(
        f"{PREFIX}_task_seconds",
        "How long they took, all together.",
        ("task",),
        (((name,), seconds) for name, seconds in list(task_seconds.items())),
    )


@task_prerun.connect
def _task_begins(task_id: str = "", **_: Any) -> None:
    _begun[task_id] = perf_counter()


@task_failure.connect
def _task_failed(sender: Any = None, **_: Any) -> None:
    tasks[sender.name, "failed"] += 1


@task_postrun.connect
def _task_ends(sender: Any = None, task_id: str = "", state: str | None = None, **_: Any) -> None:
    if state == "SUCCESS":
        tasks[sender.name, "done"] += 1
    task_seconds[sender.name] += perf_counter() - _begun.pop(task_id, perf_counter())


def open_window(families: Callable[[], Any]) -> None:
    """Where none can be opened the process works on: what watches it must not end it."""
    global _window
    if not settings.METRICS_PORT:
        return
    answers = {
        "/metrics": lambda asked: _metrics(families, asked),
        "/debug/profile": answering(settings.PROFILE_TOKEN),
    }
    try:
        _window = Window(settings.BIND, settings.METRICS_PORT, answers)
    except OSError as error:
        log.warning("no metrics of this process alone: %s", error.strerror)


def close_window() -> None:
    global _window
    window, _window = _window, None
    if window is not None:
        window.close()


def _metrics(families: Callable[[], Any], asked: Asked) -> Reply:
    from evaluation.delivery.exposition import exposed

    try:
        return exposed(families(), "flagforge")
    finally:
        close_old_connections()
