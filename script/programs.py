"""The table of what script/server runs: first the steps, one after the other, then the programs, together."""

import os
import sys

from script.places import Places
from script.processes import Program
from script.welcome import read_keys

PYTHON = sys.executable


def steps(places: Places) -> list[Program]:
    """Each must end well before the next begins."""
    return [
        _program("migrate", places, "manage.py", "migrate", "--verbosity", "0"),
        _program("seed", places, "manage.py", "seed_demo"),
        _program("keys", places, "manage.py", "own_relay_key"),
    ]


def programs(places: Places) -> list[Program]:
    """What runs until the end; to be asked after the steps, which make the relay's key.

    Flags are served and changed without the relay and without the worker, so their death is no reason to stop the rest.
    """
    return [
        _program("worker", places, *WORKER, "--schedule", str(places.data / "beat-schedule"), is_restarted=True),
        _program("control", places, "-m", "flagforge.serve", ready_url=f"{places.url}/readyz"),
        _relay(places),
    ]


# Threads, not processes: one interpreter in memory, and a slow webhook does not hold up the sweep. Beat rides along.
# Gossip, mingle and heartbeats are for workers that talk to each other; here is one. The warning about root is about
# pickled messages; ours are JSON.
WORKER = (
    *("-W", "ignore:You're running the worker with superuser privileges", "-m", "celery", "--quiet"),
    *("--app", "flagforge", "worker", "--beat", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


def _relay(places: Places) -> Program:
    secret = (read_keys(places.keys_file) or {}).get("own_relay_key", "")
    variables = {
        **_environment(places),
        "FLAGFORGE_RELAY_KEY": secret,
        "FLAGFORGE_RELAY_UPSTREAM": places.url,
        "FLAGFORGE_RELAY_STORE": str(places.data / "relay"),
    }
    command = [PYTHON, "-m", "evaluation.relay"]
    return Program("relay", command, variables, is_restarted=True, ready_url=f"{places.relay_url}/readyz")


def used_ports(places: Places) -> dict[str, int]:
    """Which variable moves which port, of those that the programs above listen on."""
    return {"FLAGFORGE_PORT": places.port, "FLAGFORGE_RELAY_PORT": places.relay_port}


def _program(name: str, places: Places, *arguments: str, is_restarted: bool = False, ready_url: str = "") -> Program:
    command = [PYTHON, *arguments]
    return Program(name, command, _environment(places), is_restarted=is_restarted, ready_url=ready_url)


def _environment(places: Places) -> dict[str, str]:
    """Whoever watches a terminal hears of trouble, not of each change; who wants lines to keep, or more of them, says so."""
    is_kept = os.environ.get("FLAGFORGE_LOG_JSON") or os.environ.get("FLAGFORGE_LOG_LEVEL")
    return places.environment() | ({} if is_kept else {"FLAGFORGE_LOG_LEVEL": "WARNING"})
