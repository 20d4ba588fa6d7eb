"""The table of what script/server runs: first the steps, one after the other, then the programs, together."""

import sys

from script.places import Places
from script.processes import Program

PYTHON = sys.executable


def steps(places: Places) -> list[Program]:
    """Each must end well before the next begins."""
    return [
        _program("migrate", places, "manage.py", "migrate", "--verbosity", "0"),
        _program("seed", places, "manage.py", "seed_demo"),
    ]


def programs(places: Places) -> list[Program]:
    """What runs until the end. The relay is going to stand between the two.

    Flags are served and changed without the worker, so its death is no reason to stop the control plane.
    """
    return [
        _program("control", places, "-m", "flagforge.serve"),
        _program("worker", places, *WORKER, "--schedule", str(places.data / "beat-schedule"), is_restarted=True),
    ]


# Threads, not processes: one interpreter in memory, and a slow webhook does not hold up the sweep. Beat rides along.
# Gossip, mingle and heartbeats are for workers that talk to each other; here is one. The warning about root is about
# pickled messages; ours are JSON.
WORKER = (
    *("-W", "ignore:You're running the worker with superuser privileges", "-m", "celery", "--quiet"),
    *("--app", "flagforge", "worker", "--beat", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


def used_ports(places: Places) -> dict[str, int]:
    """Which variable moves which port, of those that the programs above listen on."""
    return {"FLAGFORGE_PORT": places.port}


def _program(name: str, places: Places, *arguments: str, is_restarted: bool = False) -> Program:
    return Program(name, [PYTHON, *arguments], places.environment(), is_restarted=is_restarted)
