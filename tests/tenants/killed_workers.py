"""A program: real Celery workers, each killed in the middle of the stage of a purge that it is named for; the last one lives.

Each is forked from one process that has everything loaded, since starting takes longer than working. Says what became of them.
"""

import os
import signal
import sys
import time
from typing import Any

import celery.apps.worker
import celery.concurrency.thread
import celery.worker.consumer  # noqa: F401  (what every worker loads)
import django

django.setup()

from django.db import connection  # noqa: E402  (after the setup)

from flagforge.celery import app  # noqa: E402
from tenants.models import Purge, PurgeStage  # noqa: E402
from tenants.purging import stages, working  # noqa: E402

WORKER = ("--quiet", "worker", "--pool", "threads", "--concurrency", "1", "--loglevel", "WARNING")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
SECONDS = 30


def main(names: list[str]) -> None:
    stages.ROWS_AT_ONCE = 3  # many transactions a stage
    app.loader.import_default_modules()
    app.finalize()
    for name in names:
        _, status = os.waitpid(started(name), 0)
        how = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {status}"
        print(name, how, flush=True)  # noqa: T201
    last = started("")
    print("whole", wait_for_the_end(), flush=True)  # noqa: T201
    os.kill(last, signal.SIGTERM)
    os.waitpid(last, 0)


def started(name: str) -> int:
    pid = os.fork()
    if pid == 0:
        die_in(name)
        app.send_task("tenants.tasks.sweep_purges")
        app.worker_main([*WORKER, *QUIET])
        os._exit(0)
    return pid


def die_in(name: str) -> None:
    """What the stage removed is removed, and nothing of it is committed."""
    go_on = working._go_on

    def killed(purge: Purge, stage: PurgeStage) -> None:
        go_on(purge, stage)
        if stage.name == name:
            os.kill(os.getpid(), signal.SIGKILL)

    working._go_on = killed


def unfinished() -> Any:
    return Purge.with_deleted.filter(finished_at__isnull=True)


def wait_for_the_end() -> bool:
    deadline = time.monotonic() + SECONDS
    while unfinished().exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    is_over = not unfinished().exists()
    connection.close()
    return is_over


main(sys.argv[1:])
