"""A crowd in a process of its own: gathered, told to go on, asked what it heard."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

Clients = subprocess.Popen[str]


@contextlib.contextmanager
def gathered(kind: str, port: int, count: int, key: str) -> Iterator[Clients]:
    """So many clients of one kind at a port of this machine; `script.benches._crowd` says which kinds."""
    command = [sys.executable, "-m", "script.benches._crowd", kind, str(port), str(count), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        try:
            yield clients
        finally:
            clients.terminate()


def heard(clients: Clients) -> dict[str, Any]:
    """How many heard, how many are lost, and when the first, half, 99 % and the last heard, on the monotonic clock."""
    assert clients.stdout is not None  # noqa: S101
    said: dict[str, Any] = json.loads(clients.stdout.readline())
    return said


def go_on(clients: Clients) -> None:
    """The next change is what they listen for now."""
    assert clients.stdin is not None  # noqa: S101
    clients.stdin.write("\n")
    clients.stdin.flush()
