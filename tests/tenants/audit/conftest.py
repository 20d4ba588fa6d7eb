"""An audit log that was exported and signed before somebody touched it, and both verifiers."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from flagforge.settings.storage import storage
from tenants import audit, services
from tenants.chain import verify as stand_alone
from tenants.models import Organization, Project, User
from tenants.permissions import actor_of

# Kind, and the first and the last position.
Named = tuple[str, int, int]


@pytest.fixture(autouse=True)
def checkpoint_folder(settings: Any, tmp_path: Path) -> Path:
    """Where files of checkpoints go in a test."""
    folder = tmp_path / "checkpoints"
    settings.STORAGES = settings.STORAGES | {"checkpoints": storage(folder, "checkpoints")}
    return folder


@pytest.fixture
def busy(acme: Organization, alice: User, bob: User, shop: Project) -> Organization:
    """Acme with nine entries: founded, a member added, a project made and six times renamed."""
    actor = actor_of(alice, request_id="r-1", ip="192.0.2.7")
    for number in range(6):
        services.edit_project(shop, name=f"Shop {number}", actor=actor, comment="Rebranding")
    return acme


@dataclass
class Verifiers:
    """Both of them over Acme, with what was signed and kept before."""

    folder: Path
    chain: str

    def command(self) -> list[Named]:
        """`manage.py audit verify`, which has the key of the heads."""
        code, said = printed("verify", "--organization", "acme", "--json", "--checkpoints", str(self.folder))
        return named(code, json.loads(said))

    def outsider(self) -> list[Named]:
        """`flagforge-audit-verify` over an export of now."""
        export, keys = self.folder.parent / "export.ndjson", self.folder / "keys.json"
        export.write_text(printed("export", "--organization", "acme")[1])
        said = io.StringIO()
        with redirect_stdout(said):
            code = stand_alone.main(
                [str(export), "--keys", str(keys), "--checkpoints", str(self.folder), "--json"],
            )
        return named(code, json.loads(said.getvalue()))


@pytest.fixture
def verifiers(busy: Organization, checkpoint_folder: Path) -> Verifiers:
    """The end of Acme's chain is signed, and the file lies elsewhere."""
    audit.take(busy.id)
    audit.store_waiting()
    return Verifiers(checkpoint_folder, busy.id)


def printed(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `manage.py audit …`."""
    said = io.StringIO()
    try:
        call_command("audit", *arguments, stdout=said, stderr=sys.stderr)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def named(code: int, report: dict[str, Any]) -> list[Named]:
    assert (code == 0) == report["intact"] == (not report["findings"])
    return [(one["kind"], one["first"], one["last"]) for one in report["findings"]]


Sql = Callable[..., None]


@pytest.fixture
def sql() -> Sql:
    """What somebody does who can write to the database, and lacks the key."""

    def execute(statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    return execute
