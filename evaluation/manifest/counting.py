"""What this process counts of itself for `/metrics`: answers, open streams, reads of caches, publications, faults."""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Generator
from threading import Lock
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.backends.signals import connection_created

from evaluation.delivery.busiest import Busiest
from evaluation.delivery.tally import LONG_BOUNDS, Latencies, Tally

log = logging.getLogger(__name__)
tally = Tally()
_counting = Lock()
# Changed on the event loop that serves, and nowhere else.
streams: Counter[str] = Counter(dict.fromkeys(("sse", "ofrep", "websocket", "poll", "relay", "page"), 0))
# Of a statement so much is logged.
STATEMENT_LENGTH = 2_000
slow_queries = Latencies(LONG_BOUNDS)
database_errors: Counter[str] = Counter(query=0, look=0)
organizations = Busiest()
# By the cache and whether it had what was wanted. Threads may lose one of many: that is cheaper than a lock.
reads: Counter[tuple[str, bool]] = Counter(
    {(name, hit): 0 for name in ("rules", "keys", "shared") for hit in (True, False)}
)
publications: Counter[str] = Counter(published=0, unchanged=0, failed=0)
# How long publishing took, and how long after the oldest of its changes a version was there.
publishing, delays = Latencies(LONG_BOUNDS), Latencies(LONG_BOUNDS)


def count_answer(door: str, status: int, seconds: float) -> None:
    """From any thread."""
    with _counting:
        tally.count_at(door, status, seconds)


def count_for(organization_id: str) -> None:
    """From any thread."""
    if organization_id:
        with _counting:
            organizations.count(organization_id)


def count_publication(outcome: str, seconds: float, delay: float | None = None) -> None:
    """From any thread."""
    with _counting:
        publications[outcome] += 1
        publishing.take(seconds)
        if delay is not None:
            delays.take(max(0.0, delay))


@contextlib.contextmanager
def streaming(kind: str) -> Generator[None, None, None]:
    streams[kind] += 1
    try:
        yield
    finally:
        streams[kind] -= 1


def watch_databases() -> None:
    """Count what fails although the question was right, over every connection from now on."""
    connection_created.connect(_watch)


def _watch(connection: Any, **told: Any) -> None:
    if _counted not in connection.execute_wrappers:
        connection.execute_wrappers.append(_counted)


def _counted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    except (OperationalError, InterfaceError):
        database_errors["query"] += 1
        raise
    finally:
        seconds = perf_counter() - began
        if seconds >= settings.SLOW_QUERY_SECONDS:
            _note_slow(sql, seconds)


def _note_slow(sql: str, seconds: float) -> None:
    """The statement as it was prepared: values are not in it."""
    slow_queries.take(seconds)
    statement = " ".join(str(sql).split())[:STATEMENT_LENGTH]
    log.warning("slow query", extra={"milliseconds": round(seconds * 1000), "statement": statement})
