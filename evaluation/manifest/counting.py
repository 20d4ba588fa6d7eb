"""What this process counts of itself for `/metrics`: answers, open streams, and faults of the database."""

import contextlib
from collections import Counter
from collections.abc import Callable, Generator
from threading import Lock
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.backends.signals import connection_created

from evaluation.delivery.tally import Tally

tally = Tally()
_counting = Lock()
# Changed on the event loop that serves, and nowhere else.
streams: Counter[str] = Counter(dict.fromkeys(("sse", "ofrep", "websocket", "poll", "relay", "page"), 0))
database_errors: Counter[str] = Counter(query=0, look=0)


def count_answer(door: str, status: int, seconds: float) -> None:
    """From any thread."""
    with _counting:
        tally.count_at(door, status, seconds)


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
    try:
        return execute(sql, params, many, context)
    except (OperationalError, InterfaceError):
        database_errors["query"] += 1
        raise
