"""A private Redis: a fresh one on a free port, which keeps nothing."""

import shutil
import socket
from pathlib import Path

from script.places import HOST, RefusedError, free_port
from script.processes import Program
from script.supervisor import Supervisor

READY_TIMEOUT = 30.0
OPTIONS = ("--bind", HOST, "--save", "", "--appendonly", "no", "--logfile", "redis.log")


def find_binary() -> str:
    if binary := shutil.which("redis-server"):
        return binary
    raise RefusedError("There is no Redis server here. On Debian or Ubuntu: apt-get install redis-server")


def start_redis(supervisor: Supervisor, folder: Path) -> str:
    """Start one that works in the folder, and return its URL."""
    port = free_port()
    supervisor.start(Program("redis", [find_binary(), "--port", str(port), "--dir", str(folder), *OPTIONS]))
    supervisor.wait_until(lambda: answers(port), what="Redis did not answer", timeout=READY_TIMEOUT)
    return f"redis://{HOST}:{port}/0"


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
