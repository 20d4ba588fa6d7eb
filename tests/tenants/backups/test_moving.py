"""From SQLite to PostgreSQL by one command: nothing is lost, and what is in the way is named."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from flags.models import Flag
from script.places import free_port
from tenants.backups import loading, moving, rows, scratch
from tenants.backups.ciphering import Unusable
from tests.tenants.backups.conftest import Contents

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[3]
DATABASE = "moved"
COUNT = "from tenants.backups import rows; import json; print(json.dumps(rows.counts('default')))"


@pytest.fixture
def empty() -> Iterator[str]:
    """The URL of a database on this lane's server that holds nothing at all."""
    place = connection.settings_dict
    server = f"postgresql://{place['USER']}@{place['HOST']}:{place['PORT']}"
    with psycopg.connect(f"{server}/postgres", password=place["PASSWORD"] or None, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield f"{server}/{DATABASE}"
        finally:
            admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def test_every_row_moves_and_numbers_go_on(empty: str, full: Flag, contents: Callable[..., Contents]) -> None:
    here = rows.counts("default")
    with scratch.scratch() as sqlite:
        loading.load(sqlite, rows.pages("default"), expected=here, sequences=rows.sequences("default"))
        with rows.another_connection(settings.DATABASE_OF_URL(empty)) as target:
            scratch.lay(target)
        counts = moving.move(empty, settings.DATABASE_OF_URL(empty), source=sqlite)

    assert counts == here
    with rows.another_connection(settings.DATABASE_OF_URL(empty)) as target:
        assert contents(target) == contents()
        known, moved = rows.sequences("default"), rows.sequences(target)
        assert {name: moved.get(name) for name in known} == known
    with pytest.raises(Unusable, match=r"not empty \(\w+ has [\d,]+ rows\)"):
        moving.move(empty, settings.DATABASE_OF_URL(empty))


def test_what_cannot_be_reached_is_named() -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/nowhere"

    with pytest.raises(Unusable, match=r"cannot be reached \(127\.0\.0\.1, port \d+, database nowhere\)"):
        moving.move(away, settings.DATABASE_OF_URL(away))
    with pytest.raises(CommandError, match="nothing to move"):
        call_command("move_to_postgresql", "--to", away, stdout=StringIO())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_operator_moves_an_installation_by_one_command(empty: str, tmp_path: Path) -> None:
    people = ("--email", "owner@example.com", "--password", "correct horse battery")
    bootstrap = ("bootstrap", "--organization", "acme", "--project", "web", "--environments", "live", *people, "--json")
    manage("migrate", "--verbosity=0", data=tmp_path)
    made = json.loads(manage(*bootstrap, data=tmp_path))
    before = manage("shell", "--no-imports", "-c", COUNT, data=tmp_path)

    told = manage("move_to_postgresql", "--to", empty, data=tmp_path)

    assert "each counted on both sides" in told
    assert manage("shell", "--no-imports", "-c", COUNT, data=tmp_path, database=empty) == before
    assert "intact" in manage("audit", "verify", data=tmp_path, database=empty)
    assert json.loads(manage(*bootstrap, data=tmp_path, database=empty))["organization"] == made["organization"]


def manage(*words: str, data: Path, database: str = "") -> str:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "flagforge.settings.base", "FLAGFORGE_DATA": str(data)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    environment |= {"DATABASE_URL": database} if database else {}
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
