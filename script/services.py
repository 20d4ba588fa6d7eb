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
from pathlib import Path

from script.console import Console
from script.places import RefusedError
from script.postgresql import start_postgresql
from script.redis_server import start_redis
from script.supervisor import ProgramDiedError, StopRequested, Supervisor, TooSlowError

DATABASE_VARIABLE = "TEST_DATABASE_URL"
REDIS_VARIABLE = "TEST_REDIS_URL"
LAST_WORDS = 10.0


class Services:
    """The services at work: `environment` is what their users need to know."""

    def __init__(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._supervisor = supervisor

    def run(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
        """Run a command at this terminal to its end and return its exit code. Raises when a service dies meanwhile."""
        process = subprocess.Popen(command, env={**os.environ, **self.environment, **(environment or {})})
        try:
            self._supervisor.wait_until(
                lambda: process.poll() is not None, what="the command did not end", timeout=math.inf
            )
        except BaseException as error:
            _end(process, error)
            raise
        return process.returncode


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
            return services.run(command)
    except FAILURES as error:
        return exit_code_of(error)


if __name__ == "__main__":
    sys.exit(main())
