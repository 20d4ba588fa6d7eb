"""Keeps the runtime settings of this process at what the table says: a thread, with a look every second.

No wake-up is needed to be quick enough, so that it works without Redis, and nothing can be lost on the way.
"""

import asyncio
import logging
import threading
from typing import Any

from celery.signals import worker_init, worker_shutdown
from django.db import DatabaseError, close_old_connections, connections

LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


class Follower:
    """The first look comes before anything is served; while the database is away, what was held stays in force."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._is_blind = False
        self._thread = threading.Thread(target=self._run, name="runtime settings", daemon=True)

    def start(self) -> None:
        self._look()
        connections.close_all()
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        self._stopped.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            close_old_connections()
            self._look()
        connections.close_all()

    def _look(self) -> None:
        from tenants import runtime  # models are there only now

        try:
            runtime.load()
        except DatabaseError as error:
            if not self._is_blind:
                log.warning("cannot read the runtime settings, those known stay: %s", type(error).__name__)
            self._is_blind = True
        else:
            self._is_blind = False


_follower: Follower | None = None


async def start() -> None:
    """With the control plane."""
    await asyncio.to_thread(_begin)


async def stop() -> None:
    _end()


@worker_init.connect
def _worker_starts(**_: Any) -> None:
    _begin()


@worker_shutdown.connect
def _worker_stops(**_: Any) -> None:
    _end()


def _begin() -> None:
    global _follower
    _follower = Follower()
    _follower.start()


def _end() -> None:
    global _follower
    follower, _follower = _follower, None
    if follower is not None:
        follower.stop()
