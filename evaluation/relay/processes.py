"""Several processes on one port, with one connection upstream: the first follows it, and the others follow the first."""

import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .server import listen_together

# A process that ended by itself is started again after this.
RESTART_SECONDS = 1.0
# Longer than a process takes to send its streams away and to let requests end; then it is killed.
END_SECONDS = 9.0
WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seat:
    """What one process gets. `door` is where the first answers the others, `secret` what opens it."""

    number: int
    count: int
    listener: socket.socket
    door: socket.socket
    secret: str

    @property
    def is_first(self) -> bool:
        return self.number == 1

    @property
    def door_path(self) -> str:
        path: str = self.door.getsockname()
        return path


class Processes:
    """Sockets are the parent's, so that nobody who connects while a process is started again is turned away."""

    def __init__(self, host: str, port: int, count: int) -> None:
        """Raises OSError where the port is taken."""
        self.listeners = listen_together(host, port, count)
        self.folder = Path(tempfile.mkdtemp(prefix="flagforge-relay-"))
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(self.folder / "first.sock"))
        self.door.listen(128)
        self.secret = f"ff_relay_{secrets.token_urlsafe(32)}"
        self._alive, self._parent_lives = os.pipe()
        self._seats: dict[int, int] = {}
        self._due: dict[int, float] = {}

    def run(self, serve: Callable[[Seat], None]) -> None:
        """Until SIGTERM or SIGINT; `serve` runs in each process, which ends when it returns."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        self._due = {number: 0.0 for number, _ in enumerate(self.listeners, 1)}
        try:
            while not self._is_told_to_end():
                self._reap()
                self._start_due(serve)
        finally:
            self._end_all()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _is_told_to_end(self) -> bool:
        told = signal.sigtimedwait(WATCHED, 0.0 if 0.0 in self._due.values() else RESTART_SECONDS)
        return told is not None and told.si_signo != signal.SIGCHLD

    def _start_due(self, serve: Callable[[Seat], None]) -> None:
        now = time.monotonic()
        for number in [number for number, at in self._due.items() if at <= now]:
            del self._due[number]
            seat = Seat(number, len(self.listeners), self.listeners[number - 1], self.door, self.secret)
            pid = os.fork()
            if pid == 0:
                self._be(seat, serve)
            self._seats[pid] = number

    def _be(self, seat: Seat, serve: Callable[[Seat], None]) -> None:
        """In the new process; never returns."""
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
            os.close(self._parent_lives)
            threading.Thread(target=_end_with_parent, args=(self._alive,), daemon=True).start()
            serve(seat)
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:
            log.exception("process %d broke", seat.number)
        finally:
            os._exit(code)

    def _reap(self) -> None:
        for pid, status in _ended():
            if (number := self._seats.pop(pid, None)) is not None:
                code = os.waitstatus_to_exitcode(status)
                log.warning("process %d of %d ended with %d; it is started again", number, len(self.listeners), code)
                self._due[number] = time.monotonic() + RESTART_SECONDS

    def _end_all(self) -> None:
        deadline = time.monotonic() + END_SECONDS
        self._signal(signal.SIGTERM)
        while self._seats and time.monotonic() < deadline:
            signal.sigtimedwait([signal.SIGCHLD], 0.1)
            for pid, _ in _ended():
                self._seats.pop(pid, None)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._seats:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _ended() -> Iterator[tuple[int, int]]:
    """Process ids and statuses."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def _end_with_parent(alive: int) -> None:
    """The pipe is readable when its other end is gone, however the parent ended."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
