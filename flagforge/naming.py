"""A worker logs as all other processes do, and its lines carry the name of the task."""

from typing import Any

import structlog
from celery.signals import setup_logging, task_postrun, task_prerun


@setup_logging.connect
def _as_set(**_: Any) -> None:
    """Settings have said how; where nobody answers this signal, Celery sets the level of every line by its own option."""


@task_prerun.connect
def _begins(task: Any = None, **_: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task.name)


@task_postrun.connect
def _ends(**_: Any) -> None:
    structlog.contextvars.unbind_contextvars("task")
