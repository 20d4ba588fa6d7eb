"""A thread with an event loop of its own, for one client: it survives forks, and ends with the program."""

import asyncio
import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]


class Background:
    """Runs `work()` until it is stopped. In a forked child the thread is missing, so it is started there anew."""

    def __init__(self, work: Work, *, name: str, before_restart: Callable[[], object]) -> None:
        self._work, self._name, self._before_restart = work, name, before_restart
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._lost: list[object] = []
        _running.add(self)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def call(self, what: Callable[[], object]) -> None:
        """Have the loop do it soon; nothing happens where none runs."""
        if (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # it has just been closed
                loop.call_soon_threadsafe(what)

    def stop(self, seconds: float) -> None:
        """Cancel the work and wait for its end, so long at most."""
        thread, self._thread = self._thread, None
        self.call(self._cancel)
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def restart_after_fork(self) -> None:
        if self._thread is not None:
            # What belongs to the parent is only kept from being collected: closing it would be the parent's to do.
            self._lost += [self._loop, self._task, self._thread]
            self._loop = self._task = None
            self._before_restart()
            self.start()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._main())

    async def _main(self) -> None:
        self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        try:
            if self._thread is not None:  # else it was stopped before it began
                await self._work()
        finally:
            self._loop = self._task = None


_running: "weakref.WeakSet[Background]" = weakref.WeakSet()


def _restart_all() -> None:
    for background in list(_running):
        background.restart_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_all)
