"""What the script tests share: a supervisor as a real process, and the folder of this clone."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Supervised:
    """A running `supervised.py`; reads its output line by line."""

    def __init__(self, grace: float, *commands: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("supervised.py")), str(grace), *commands],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.popen.stdout is not None
        self.output = self.popen.stdout
        self.seen: list[str] = []

    def pids(self, count: int) -> list[int]:
        """The process ids that the commands print as `pid 123`."""
        while len(found := re.findall(r"pid (\d+)", "".join(self.seen))) < count:
            self._read_line()
        return [int(pid) for pid in found]

    def read_until(self, words: str) -> None:
        """Read on until a line has these words."""
        while words not in self._read_line():
            pass

    def _read_line(self) -> str:
        line = self.output.readline()
        assert line, f"ended early: {self.seen}"
        self.seen.append(line)
        return line

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def end(self, timeout: float = 20) -> tuple[int, str]:
        """Exit code and everything printed, once it has ended."""
        rest, _nothing = self.popen.communicate(timeout=timeout)
        return self.popen.returncode, "".join([*self.seen, rest])


@pytest.fixture
def supervise() -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(*commands: str, grace: float = 8.0) -> Supervised:
        started.append(Supervised(grace, *commands))
        return started[-1]

    yield start
    for supervised in started:
        supervised.popen.terminate()
        supervised.popen.wait(20)
        supervised.output.close()


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def all_gone(pids: list[int], within: float) -> bool:
    deadline = time.monotonic() + within
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_running, pids))


@pytest.fixture
def gone() -> Callable[..., bool]:
    """`gone(pids, within=seconds)`: whether all these processes end in time."""
    return all_gone
