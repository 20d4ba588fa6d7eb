"""Runs a table of programs as one: forwards what they say, ends all when one dies that the others need, or when asked."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn, Self

from script.console import Console
from script.keeper import GRACE, Keeper
from script.processes import Process, Program
from script.revivals import Revivals

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK = 0.1


class ProgramDiedError(Exception):
    """A program ended that should not have, or a step failed."""

    def __init__(self, name: str, code: int) -> None:
        self.name = name
        super().__init__(f"{name} ended with {describe(code)}")


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or a closed terminal; the number of the signal is kept."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


class TooSlowError(Exception):
    """What was waited for did not come."""


def describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


class Supervisor:
    """One thread, one selector. Use as a context manager from the main thread; on the way out everything is stopped."""

    def __init__(self, console: Console, *, grace: float = GRACE) -> None:
        self.console = console
        self.grace = grace
        self.processes: list[Process] = []
        self._asked: list[int] = []
        self._revivals = Revivals()

    def __enter__(self) -> Self:
        self._keeper = Keeper(self.grace)
        self._selector = selectors.DefaultSelector()
        # A signal writes a byte here, so that waiting for output ends at once; SIGCHLD too.
        self._alarm, far_end = socket.socketpair()
        self._far_end = far_end
        for end in (self._alarm, far_end):
            end.setblocking(False)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self._old_wakeup = signal.set_wakeup_fd(far_end.fileno(), warn_on_full_buffer=False)
        self._old_handlers = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        for number, handler in self._old_handlers.items():
            if handler is not signal.SIG_IGN or number == signal.SIGCHLD:  # nohup's wish is respected
                signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            signal.set_wakeup_fd(self._old_wakeup)
            for number, handler in self._old_handlers.items():
                signal.signal(number, handler)
            self._keeper.dismiss()
            self._selector.close()
            self._alarm.close()
            self._far_end.close()

    def start(self, program: Program) -> Process:
        """Start a program that is meant to run as long as we do."""
        process = Process(program)
        self._keeper.add(process.group)
        self.processes.append(process)
        assert process.popen.stdout is not None  # noqa: S101  (it is a pipe)
        os.set_blocking(process.popen.stdout.fileno(), False)
        self._selector.register(process.popen.stdout, selectors.EVENT_READ, process)
        return process

    def leave_nothing_of(self, folder: Path) -> None:
        """Have the folder removed even if we are killed; who made it still removes it in the common case."""
        self._keeper.add_folder(folder)

    def run(self, program: Program) -> None:
        """Run a step to its end. Raises ProgramDiedError when it fails, or when one of the others dies meanwhile."""
        process = self.start(program)
        while process.exit_code is None:
            self._pump()
            self._look_after([other for other in self.processes if other is not process])
        self._drain(process)
        self.processes.remove(process)
        if process.exit_code:
            raise ProgramDiedError(process.name, process.exit_code)

    def run_until_it_works(self, program: Program, *, timeout: float) -> None:
        """Run a question again and again until it succeeds."""

        def works() -> bool:
            try:
                self.run(program)
            except ProgramDiedError as error:
                if error.name != program.name:
                    raise
                return False
            return True

        self.wait_until(works, what=f"{program.name} did not succeed", timeout=timeout)

    def wait_until(self, is_ready: Callable[[], bool], *, what: str, timeout: float) -> None:
        """Forward output until the condition holds. Raises TooSlowError, or ProgramDiedError, or StopRequested."""
        deadline = time.monotonic() + timeout
        while not is_ready():
            if time.monotonic() > deadline:
                raise TooSlowError(f"{what} within {timeout:.0f} s")
            self._pump()
            self._look_after(self.processes)

    def run_until_stopped(self) -> NoReturn:
        """Forward output for ever: the way out is ProgramDiedError or StopRequested."""
        while True:
            self._pump()
            self._look_after(self.processes)

    def stop(self) -> None:
        """Ask every group to end, wait, and make it; a second Ctrl-C meanwhile makes it at once. Safe to call twice."""
        asked = len(self._asked)
        for process in self.processes:
            process.send(process.program.stop_signal)
        deadline = time.monotonic() + self.grace
        while self._living() and time.monotonic() < deadline and len(self._asked) == asked:
            self._pump()
        for process in self._living():
            self.console.say(f"{process.name} would not end and is killed")
            process.send(signal.SIGKILL)
        for process in self.processes:
            process.popen.wait()
            self._drain(process)
        self.processes.clear()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        # A closing terminal may say SIGHUP twice, which is not yet impatience.
        if number != signal.SIGCHLD and not (number == signal.SIGHUP and self._asked):
            self._asked.append(number)

    def _living(self) -> list[Process]:
        return [process for process in self.processes if not process.is_gone()]

    def _look_after(self, processes: list[Process]) -> None:
        if self._asked:
            raise StopRequested(self._asked[0])
        for process in processes:
            if process.exit_code is not None and process not in self._revivals:
                self._drain(process)
                self._bear(process, ProgramDiedError(process.name, process.exit_code))
        for process in self._revivals.take_due(time.monotonic()):
            self._revive(process)

    def _bear(self, process: Process, death: ProgramDiedError) -> None:
        """Plan another life if the program may have one; its children, if any are left, go first."""
        if not process.program.is_restarted:
            raise death
        process.send(process.program.stop_signal)
        now = time.monotonic()
        self._plan(process, str(death), lived=now - process.started_at, now=now)

    def _revive(self, process: Process) -> None:
        process.send(signal.SIGKILL)  # two beats at once would be worse than none
        try:
            self.start(process.program)
        except OSError as error:  # no memory at the moment, say, which may be what it died of
            self._plan(process, f"{process.name} cannot be started: {error}", lived=0, now=time.monotonic())
            return
        self.processes.remove(process)
        self._keeper.forget(process.group)

    def _plan(self, process: Process, what: str, *, lived: float, now: float) -> None:
        pause = self._revivals.plan(process, lived=lived, now=now)
        self.console.say(f"{what}; another start in {pause:.0f} s")

    def _pump(self) -> None:
        """Forward what was said; wait a moment when nothing was."""
        for key, _events in self._selector.select(TICK):
            if isinstance(key.data, Process):
                self._forward(key.data)
            else:
                self._alarm.recv(4096)

    def _drain(self, process: Process) -> None:
        """Forward the last words, then close: a grandchild that holds the pipe open must not hold us."""
        stream = process.popen.stdout
        if stream is None or stream.closed:
            return
        while self._forward(process):
            pass
        self.console.finish(process.name)
        if not stream.closed:
            self._selector.unregister(stream)
            stream.close()

    def _forward(self, process: Process) -> bool:
        """One portion of output; False when there is none now or ever again."""
        stream = process.popen.stdout
        if stream is None or stream.closed:
            return False
        try:
            portion = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return False
        if portion:
            self.console.forward(process.name, portion)
            return True
        self._selector.unregister(stream)
        stream.close()
        return False
