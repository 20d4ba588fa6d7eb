"""A private PostgreSQL and a private Redis on free ports, empty, for as long as something runs.

python -m script.services run -- COMMAND …     runs the command with TEST_DATABASE_URL and TEST_REDIS_URL set

A variable that is set already is left alone, and its service not started.
"""

import argparse
import contextlib
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from script.console import Console
from script.places import RefusedError
from script.postgresql import start_postgresql
from script.redis_server import start_redis
from script.supervisor import ProgramDiedError, StopRequested, Supervisor, TooSlowError

DATABASE_VARIABLE = "TEST_DATABASE_URL"
REDIS_VARIABLE = "TEST_REDIS_URL"
LAST_WORDS = 10.0


@dataclass(frozen=True)
class Command:
    """What to run. Its output goes to this terminal, or into a file."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    output: IO[bytes] | None = None

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **environment, **self.environment}
        return subprocess.Popen(self.words, env=environment, stdout=self.output, stderr=self.output)


class Services:
    """The services at work: `environment` is what their users need to know."""

    def __init__(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._supervisor = supervisor

    def run(self, *commands: Command) -> list[int]:
        """Run commands side by side, each to its end, and return their exit codes. Raises when a service dies meanwhile."""
        processes = [command.start(self.environment) for command in commands]
        try:
            self._supervisor.wait_until(
                lambda: all(process.poll() is not None for process in processes),
                what="the command did not end",
                timeout=math.inf,
            )
        except BaseException as error:
            for process in processes:
                _end(process, error)
            raise
        return [process.returncode for process in processes]


@contextlib.contextmanager
def private_services(*, wanted: bool = True) -> Iterator[Services]:
    """Start what the environment does not name already; nothing when not wanted. From the main thread only."""
    with (
        tempfile.TemporaryDirectory(prefix="flagforge-services-") as folder,
        Supervisor(Console(["postgresql", "redis"], sys.stderr)) as supervisor,
    ):
        os.chmod(folder, 0o711)  # noqa: S103  (PostgreSQL's user passes through to its own folder in it)
        supervisor.leave_nothing_of(Path(folder))
        environment = {}
        for variable, start in ((REDIS_VARIABLE, start_redis), (DATABASE_VARIABLE, start_postgresql)):
            if wanted:
                environment[variable] = os.environ.get(variable) or start(supervisor, Path(folder))
        yield Services(supervisor, environment)


def exit_code_of(error: Exception) -> int:
    """Say what ended a run before its time, and return the exit code that a shell would expect for it."""
    if isinstance(error, StopRequested):
        return 128 + error.number
    print(error, file=sys.stderr)
    return 1


FAILURES = (ProgramDiedError, RefusedError, StopRequested, TooSlowError, OSError)


def _end(process: subprocess.Popen[bytes], error: BaseException) -> None:
    """Ctrl-C has reached the command by the terminal already; anything else must be passed on."""
    if not (isinstance(error, StopRequested) and error.number == signal.SIGINT and sys.stdin.isatty()):
        process.terminate()
    try:
        process.wait(LAST_WORDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m script.services", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("action", choices=["run"])
    parser.add_argument("command", nargs="+")
    command = parser.parse_args().command
    try:
        with private_services() as services:
            return services.run(Command(command))[0]
    except FAILURES as error:
        return exit_code_of(error)


if __name__ == "__main__":
    sys.exit(main())
