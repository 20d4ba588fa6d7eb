"""Every page of the dashboard over `manage.py seed --large`: queries, and milliseconds until the first byte"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from script.benches._report import Table

COLUMNS = ["page", "queries", "p50 ms", "p95 ms", "bytes"]
MOST_QUERIES, MOST_MS = 15, 100
PYTHON = sys.executable


def measure() -> Table:
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder:
        environment = {**os.environ, "FLAGFORGE_DATA": folder}
        for variable in ("DATABASE_URL", "REDIS_URL"):
            environment.pop(variable, None)
        _run(environment, "manage.py", "migrate", "--verbosity", "0")
        _run(environment, "manage.py", "seed", "--large")
        rows = json.loads(_run(environment, "-m", "script.benches._pages", "large"))
    return _table(rows)


def _run(environment: Mapping[str, str], *arguments: str) -> str:
    """What it prints; what it says meanwhile is seen at once."""
    run = subprocess.run([PYTHON, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    sys.stderr.write(run.stdout if arguments[1] == "seed" else "")
    return run.stdout


def _table(rows: list[list[str | int | float]]) -> Table:
    table = Table(COLUMNS)
    for row in sorted(rows, key=lambda row: -float(row[3])):
        table.add(*row)
    above = [str(row[0]) for row in rows if int(row[1]) >= MOST_QUERIES or float(row[2]) > MOST_MS]
    table.notes += [
        "one process, SQLite, the owner's session, warm; a page is sent whole, so its first byte comes when it is ready",
        f"at {MOST_QUERIES} queries or more, or above {MOST_MS} ms at p50: {', '.join(above) or 'none'}",
    ]
    return table
