"""The work of script/server: prepare the database, run all programs as one, and say when they answer and what they cost."""

import argparse
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial

from script.console import Console
from script.places import Places, RefusedError, make_data_folder, read_places, require_free
from script.processes import Program, resident_bytes, resident_bytes_of
from script.programs import programs, steps, used_ports
from script.supervisor import ProgramDiedError, StopRequested, Supervisor, TooSlowError
from script.welcome import read_keys, welcome

READY_TIMEOUT = 60.0
MEGABYTE = 1 << 20


def main() -> int:
    since = _arguments().since
    try:
        places = read_places(os.environ)
        for variable, port in used_ports(places).items():
            require_free(places.bind, variable, port)
        make_data_folder(places.data)
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 2
    return serve(places, since)


def serve(places: Places, since: float) -> int:
    """Run until somebody asks for the end (0) or something goes wrong (1). `since` is the Unix time of the start."""
    to_prepare = steps(places)
    console = Console([program.name for program in (*to_prepare, *programs(places))])
    try:
        with Supervisor(console) as supervisor:
            for step in to_prepare:
                supervisor.run(step)
            for program in programs(places):
                _start(supervisor, program)
            _greet(supervisor, places, took=time.time() - since)
            supervisor.run_until_stopped()
    except StopRequested:
        console.say("Stopped.")
        return 0
    except (ProgramDiedError, TooSlowError, OSError) as error:
        console.say(f"{error}; everything else is stopped.")
        return 1


def _start(supervisor: Supervisor, program: Program) -> None:
    supervisor.start(program)
    if url := program.ready_url:
        supervisor.wait_until(partial(answers, url), what=f"{url} did not answer", timeout=READY_TIMEOUT)


def answers(url: str) -> bool:
    """Whether the address answers with 200; soon, or not at all."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  (our own address)
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greet(supervisor: Supervisor, places: Places, *, took: float) -> None:
    supervisor.wait_until(_settled(supervisor), what="memory did not settle", timeout=READY_TIMEOUT)
    supervisor.console.say(welcome(places, read_keys(places.keys_file)))
    supervisor.console.say(
        f"  Ready after {took:.1f} s; resident memory: {memory_line(supervisor)}. Ctrl-C stops everything.\n"
    )


def _settled(supervisor: Supervisor) -> Callable[[], bool]:
    """True once no program has grown much for a second: the worker is still loading when the control plane answers."""
    last, since = 0, time.monotonic()

    def is_settled() -> bool:
        nonlocal last, since
        now = sum(resident_bytes(process.group) for process in supervisor.processes)
        if abs(now - last) > MEGABYTE:
            last, since = now, time.monotonic()
        return time.monotonic() - since > 1

    return is_settled


def memory_line(supervisor: Supervisor) -> str:
    sizes = {process.name: resident_bytes(process.group) for process in supervisor.processes}
    sizes["script/server"] = resident_bytes_of(os.getpid())
    parts = " + ".join(f"{name} {size / MEGABYTE:.0f}" for name, size in sizes.items())
    return f"{sum(sizes.values()) / MEGABYTE:.0f} MB ({parts})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="Installs, migrates, seeds a demo organization on the first start, and runs everything until Ctrl-C.",
        epilog="FLAGFORGE_BIND (127.0.0.1), FLAGFORGE_PORT (8000), FLAGFORGE_RELAY_PORT (8100) and FLAGFORGE_DATA (./var) "
        "move the default; "
        "DATABASE_URL, REDIS_URL, STORAGE_URL and EMAIL_URL choose other services than the embedded ones.",
    )
    parser.add_argument("--since", type=float, default=time.time(), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
