"""An SQLite database as all migrations leave it, kept between runs: migrating an empty one takes longer than most tests.

Of several runs that begin at once one migrates, and the others wait for what it leaves.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.apps import apps
from django.db import connection

ROOT = Path(__file__).parents[1]
NAME = "migrated-{}.sqlite3"
_turns: list[IO[bytes]] = []


def lay_or_take_turn(folder: Path, test_database: Path) -> bool:
    """Begin with the kept one. Where there is none of today's migrations, whoever comes meanwhile waits until `keep`."""
    turn = (folder / "turn").open("ab")
    fcntl.flock(turn, fcntl.LOCK_EX)
    is_laid = lay(folder, test_database)
    if is_laid:
        turn.close()
    else:
        _turns.append(turn)
    return is_laid


def lay(folder: Path, database: Path) -> bool:
    """Whether there is a kept one of today's migrations, which lies there from now on."""
    kept = _kept(folder)
    if not kept.exists():
        return False
    shutil.copyfile(kept, database)
    return True


def keep(folder: Path) -> None:
    """For whoever waits, and for the next run; those of other migrations go."""
    kept = _kept(folder)
    if not kept.exists():
        _keep(folder, kept)
    while _turns:
        _turns.pop().close()


def _keep(folder: Path, kept: Path) -> None:
    fresh = folder / f"fresh-{os.getpid()}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(fresh)])
    for older in folder.glob(NAME.format("*")):
        older.unlink(missing_ok=True)
    fresh.replace(kept)


def _kept(folder: Path) -> Path:
    told = hashlib.sha256()
    for path in _sources():
        told.update(path.read_bytes())
    return folder / NAME.format(told.hexdigest()[:16])


def _sources() -> Iterator[Path]:
    """What a migrated database depends on: others' migrations by their versions, and ours with the walls that they raise."""
    yield from sorted((ROOT / "requirements").glob("*.txt"))
    for app in apps.get_app_configs():
        if Path(app.path).is_relative_to(ROOT):
            yield from sorted(Path(app.path).glob("migrations/*.py"))
            yield from sorted(Path(app.path).glob("walls.py"))
