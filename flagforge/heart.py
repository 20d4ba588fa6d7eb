"""Says every few seconds that this process lives: a thread, so that nothing which is slow here makes it look dead."""

import contextlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

log = logging.getLogger(__name__)


@cache
def own_id() -> str:
    """What this process is called in the registry of those that live, and in traces."""
    return secrets.token_hex(16)


class Heart:
    """`messages` is asked each time; what cannot be said is said the next time."""

    def __init__(self, kind: str, messages: Callable[[], int | None] = lambda: None) -> None:
        self.kind, self.messages = kind, messages
        self.id, self.name = own_id(), f"{socket.gethostname()} ({os.getpid()})"
        self.started_at = timezone.now()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Say goodbye, if that can be done soon."""
        self._stopped.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        from tenants import heartbeats  # models are there only now

        while not self._stopped.is_set():
            self._try(self._say)
            self._stopped.wait(heartbeats.SAY_SECONDS)
        self._try(lambda: heartbeats.say_goodbye(self.id))
        connections.close_all()

    def _say(self) -> None:
        from tenants import heartbeats

        heartbeats.say(
            self.id, self.kind, self.name, started_at=self.started_at, now=timezone.now(), messages=self.messages()
        )

    def _try(self, what: Callable[[], object]) -> None:
        try:
            close_old_connections()
            what()
        except DatabaseError as error:
            log.warning("cannot say that this process lives: %s", type(error).__name__)


_heart: Heart | None = None


async def start() -> None:
    """With the control plane."""
    _begin(Heart("web"))


async def stop() -> None:
    _end()


@worker_ready.connect
def _worker_is_ready(sender: Any = None, **_: Any) -> None:
    _begin(Heart("worker", lambda: waiting_messages(sender.app)))


@worker_shutdown.connect
def _worker_stops(**_: Any) -> None:
    _end()


def waiting_messages(app: Any) -> int | None:
    """How many messages wait for a worker; None where the broker does not say."""
    with contextlib.suppress(Exception), app.connection_for_read() as connection:
        if settings.REDIS_URL:
            return int(connection.default_channel.client.llen(app.conf.task_default_queue))
        return sum(name.endswith(".msg") for name in os.listdir(settings.BROKER_FOLDER / "messages"))
    return None


def _begin(heart: Heart) -> None:
    global _heart
    _heart = heart
    heart.start()


def _end() -> None:
    global _heart
    heart, _heart = _heart, None
    if heart is not None:
        heart.stop()
