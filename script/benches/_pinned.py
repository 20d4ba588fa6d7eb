"""Processes on a processor of their own: who is measured on one, who measures on the other."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from script.places import HOST, free_port


class Process:
    """One that serves, with what it uses of memory, in bytes."""

    def __init__(self, words: Sequence[str], port: int, environment: Mapping[str, str]) -> None:
        self.url, self.port = f"http://{HOST}:{port}", port
        self._process = subprocess.Popen([sys.executable, "-m", *words], env={**os.environ, **environment})
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, served_on())

    @property
    def pid(self) -> int:
        return self._process.pid

    def memory(self, what: str = "VmRSS") -> int:
        said = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"{what}:\s+(\d+) kB", said)
        return int(found[1]) * 1024 if found else 0

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self) -> None:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(self.url + "/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{self.url} did not answer")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


def served_on() -> set[int]:
    """The processor of whoever is measured."""
    return {min(os.sched_getaffinity(0) | _everything())}


def measured_on() -> set[int]:
    """Those of whoever measures: all others, or the same where there is only one."""
    return _everything() - served_on() or served_on()


def _everything() -> set[int]:
    return set(os.sched_getaffinity(os.getppid()))


@contextlib.contextmanager
def relay(upstream: str) -> Iterator[Process]:
    port = free_port()
    environment = {"FLAGFORGE_RELAY_KEY": "ff_relay_" + "r" * 43, "FLAGFORGE_RELAY_UPSTREAM": upstream}
    yield from _started(["evaluation.relay", "--port", str(port)], port, environment)


@contextlib.contextmanager
def bare(status: int, size: int) -> Iterator[Process]:
    port = free_port()
    yield from _started(["script.benches._bare", str(port), str(status), str(size)], port, {})


@contextlib.contextmanager
def shouting(size: int) -> Iterator[Process]:
    port = free_port()
    yield from _started(["script.benches._shout", str(port), str(size)], port, {})


def _started(words: Sequence[str], port: int, environment: Mapping[str, str]) -> Iterator[Process]:
    process = Process(words, port, environment)
    try:
        process.wait()
        yield process
    finally:
        process.stop()


@contextlib.contextmanager
def measuring() -> Iterator[None]:
    """This process and what it starts keeps off the processor of whoever is measured."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, measured_on())
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
