"""A tiny process that ends the process groups of its parent when the parent dies without a word, by kill -9 for example."""

import os
import shutil
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from script.processes import group_lives, signal_group

GRACE = 8.0


class Keeper:
    """Forked early by who starts processes; told of each group; learns of the parent's death by the end of a pipe.

    PR_SET_PDEATHSIG would reach the direct children only, and on Linux only; this reaches whole groups anywhere.
    """

    def __init__(self, grace: float = GRACE) -> None:
        reader, self._writer = os.pipe()  # neither end outlives an exec, so no program we start holds the pipe open
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._writer)
            _keep(reader, grace)
        os.close(reader)

    def add(self, group: int) -> None:
        """A process group to end."""
        os.write(self._writer, f"{group}\n".encode())

    def forget(self, group: int) -> None:
        """A group that is gone: the system may give its number to somebody else."""
        os.write(self._writer, f"-{group}\n".encode())

    def add_folder(self, folder: Path) -> None:
        """A folder to remove once the groups are gone."""
        os.write(self._writer, f"{folder.resolve()}\n".encode())

    def dismiss(self) -> None:
        """Let the keeper go without its doing anything; called when all groups are gone."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._writer)


def _keep(reader: int, grace: float) -> None:
    """The keeper's life; never returns, and never runs what its parent had registered for its own end."""
    try:
        os.setsid()  # a kill of the parent's whole group must not take the keeper along
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        _let_go_of_the_terminal()
        with os.fdopen(reader) as lines:
            things = [line.rstrip("\n") for line in lines]
        end(_remaining(things), grace)
        for folder in things:
            if folder.startswith("/"):
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


def _remaining(things: Iterable[str]) -> set[int]:
    """The groups that were added and not forgotten; a number may come back for another group."""
    groups = set[int]()
    for thing in things:
        if thing.isdigit():
            groups.add(int(thing))
        elif thing.startswith("-"):
            groups.discard(int(thing[1:]))
    return groups


def _let_go_of_the_terminal() -> None:
    """Who reads our parent's output must see its end when the parent is dead, not eight seconds later."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


def end(groups: Iterable[int], grace: float) -> None:
    """Ask the groups to end, and after the grace make them."""
    living = [group for group in groups if group_lives(group)]
    for group in living:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(map(group_lives, living)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in living:
        signal_group(group, signal.SIGKILL)
