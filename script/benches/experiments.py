"""Results of an experiment with 200,000 subjects and a million events on PostgreSQL, a tenth on SQLite: seconds, queries"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from script.benches._report import Table, shown
from script.benches._serving import in_production

SUBJECTS = 200_000
# On SQLite, which is for small installations, all of them take minutes.
ON_SQLITE = SUBJECTS // 10


def measure() -> Table:
    table = Table(["what", "PostgreSQL", "SQLite"])
    with tempfile.TemporaryDirectory(prefix="flagforge-bench-") as folder, in_production(folder) as environment:
        sqlite = dict(environment) | {"DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        on_postgresql, on_sqlite = _measured_in(environment, SUBJECTS), _measured_in(sqlite, ON_SQLITE)
    for what, number in on_postgresql.items():
        print(f"  {what}: {shown(number)}, {shown(on_sqlite[what])}", file=sys.stderr, flush=True)
        table.add(what, number, on_sqlite[what])
    table.notes += [
        "two variants; half of the subjects have a purchase, and all five page views, some before they met the flag",
        "seconds by the clock, in a process that has worked out a result before",
    ]
    return table


def _measured_in(environment: Mapping[str, str], subjects: int) -> dict[str, float]:
    whole = {**os.environ, **environment, "FLAGFORGE_LOG_LEVEL": "ERROR"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=whole, check=True)
    command = [sys.executable, "-m", "script.benches._experiment", str(subjects)]
    found: dict[str, float] = json.loads(subprocess.run(command, env=whole, check=True, stdout=subprocess.PIPE).stdout)
    return found
