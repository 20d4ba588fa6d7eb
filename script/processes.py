"""Programs that are started in a process group of their own, and what /proc tells about such a group."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")


@dataclass(frozen=True)
class Program:
    """One line in a table of what to run: its short name, its command line, where and as whom it runs, what ends it politely.

    `is_restarted` says that the others can do without it for a while: when it dies, it is started again. What follows it in
    the table waits until `ready_url`, if there is one, answers.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    is_restarted: bool = False
    ready_url: str = ""


class Process:
    """A program at work. Everything it starts stays in its process group, so that one signal reaches all."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.started_at = time.monotonic()
        self.popen = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
            start_new_session=True,
            cwd=program.folder,
            user=program.user,
            group=program.user,
            extra_groups=None if program.user is None else [],
        )
        self.group = self.popen.pid

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def exit_code(self) -> int | None:
        """None while the program itself runs; its children may outlive it."""
        return self.popen.poll()

    def is_gone(self) -> bool:
        """Whether nothing of the whole group is left."""
        return self.exit_code is not None and not group_lives(self.group)

    def send(self, number: signal.Signals) -> None:
        signal_group(self.group, number)


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all of a group; a group that is gone is no error."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers "not permitted" for a group of zombies
        return


def group_lives(group: int) -> bool:
    """Whether a process of the group runs. Zombies do not count: an init that reaps nobody must not make us wait."""
    if PROC.joinpath("self/stat").exists():
        return bool(members(group))
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def members(group: int) -> list[int]:
    """The process ids of a group, from /proc; empty where there is no such thing."""
    return [int(stat.parent.name) for stat in PROC.glob("[0-9]*/stat") if _is_running_in(stat, group)]


def _is_running_in(stat: Path, group: int) -> bool:
    try:
        # "pid (any (name) at all) state parent group …": only what follows the last parenthesis can be split.
        state, _parent, owner, *_rest = stat.read_text().rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return False
    return int(owner) == group and state not in "ZX"


def resident_bytes(group: int) -> int:
    """Resident memory of a group, shared pages counted once per process; 0 where there is no /proc."""
    return sum(resident_bytes_of(pid) for pid in members(group))


def resident_bytes_of(pid: int) -> int:
    """Resident memory of one process; 0 when it is gone or where there is no /proc."""
    try:
        return int(PROC.joinpath(str(pid), "statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
