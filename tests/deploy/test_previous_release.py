"""The code of the release before works on the schema of this one: both run at once while a new version is rolled out."""

import io
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.deploy.files import ROOT

# A migration of the newest release, whatever lies between them: what serves must go on with it.
MIGRATIONS = ("*/migrations/*.py",)
# Most of it is the start of a process; a busy machine takes its time.
pytestmark = pytest.mark.timeout(300)
# By its doors alone, which are the same in every release: it founds, reads, changes, and evaluates what it has published.
WORK = """
import io, json, time, django; django.setup()
from django.core.management import call_command
from django.test import Client
said = io.StringIO()
names = {"organization": "acme", "project": "shop", "environments": "first", "email": "a@example.com"}
call_command("bootstrap", **names, json=True, stdout=said)
founded = json.loads(said.getvalue())
client = Client(headers={"Host": "localhost", "Authorization": f"Bearer {founded['token']}"})
flag = "/api/v1/organizations/acme/projects/shop/flags/checkout"
def ask(method, path, body=None):
    answer = client.generic(method, path, json.dumps(body), content_type="application/json")
    assert answer.status_code < 300, (method, path, answer.status_code, answer.content)
    return answer.json() if answer.content else None
ask("PUT", flag, {"type": "boolean"})
ask("PUT", f"{flag}/environments/first", {"enabled": True, "fallthrough": {"variant": "on"}, "off": "off"})
server = {"kind": "server", "name": "a", "project": "shop", "environment": "first"}
secret = ask("POST", "/api/v1/organizations/acme/keys/", server)
application = Client(headers={"Host": "localhost", "X-API-Key": secret["secret"]})
deadline = time.monotonic() + 20
while (answer := application.get("/api/v1/sdk/flags/checkout")).status_code != 200 or answer.json()["value"] is not True:
    assert time.monotonic() < deadline, answer.content
    time.sleep(0.05)
ask("POST", f"{flag}/environments/first/kill", {})
ask("GET", "/api/v1/organizations/acme/audit/")
call_command("audit", "verify", stdout=io.StringIO())
print("done")
"""


def git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip(f"the history of this clone does not reach back so far: {done.stderr.decode().strip()}")
    return done.stdout


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the newest tag before this commit; without one, of the last commit before the newest migration."""
    tagged = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "HEAD^"], cwd=ROOT, capture_output=True, text=True
    )
    newest = git("log", "-1", "--format=%H", "--", *MIGRATIONS).decode().strip()
    release = tagged.stdout.strip() or f"{newest}^"
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(git("archive", release))) as tree:
        tree.extractall(folder, filter="data")
    return folder


@pytest.fixture
def schema(db: None, tmp_path: Path) -> Path:
    """An empty database as the migrations of this tree leave it."""
    if connection.vendor != "sqlite":
        pytest.skip("looks at the schema in a file of SQLite")
    path = tmp_path / "flagforge.sqlite3"
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as now, closing(sqlite3.connect(path)) as copy:
        now.backup(copy)
    return path


def worked(code: Path, schema: Path) -> subprocess.CompletedProcess[str]:
    environment: dict[str, Any] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(code),
        "PYTHONUTF8": "1",
        "FLAGFORGE_DATA": str(schema.parent),
        "DATABASE_URL": f"sqlite:///{schema}",
        "DJANGO_SETTINGS_MODULE": "flagforge.settings.base",
    }
    return subprocess.run(
        [sys.executable, "-c", WORK], cwd=code, env=environment, capture_output=True, text=True, timeout=200
    )


def test_the_release_before_works_on_the_new_schema(previous: Path, schema: Path) -> None:
    done = worked(previous, schema)

    assert (done.stdout.strip(), done.returncode) == ("done", 0), done.stderr[-3000:]


def test_a_migration_that_takes_something_away_is_noticed(previous: Path, schema: Path) -> None:
    with closing(sqlite3.connect(schema)) as database:
        database.execute("ALTER TABLE flags_flag RENAME COLUMN description TO details")

    done = worked(previous, schema)

    assert done.returncode != 0
    assert "description" in done.stderr
