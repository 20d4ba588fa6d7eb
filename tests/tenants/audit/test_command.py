"""`manage.py audit`, and the verifier that needs no server."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError

from tenants import services
from tenants.actors import Actor
from tenants.chain import verify
from tenants.models import AuditEvent, Organization, Project
from tests.tenants.audit.conftest import Verifiers, printed

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
# What the verifier may not find, wherever it is looked for.
WALL = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django", "celery", "psycopg", "redis"):
            raise ImportError(name)
sys.meta_path.insert(0, Wall())
from tenants.chain.verify import main
sys.exit(main(sys.argv[1:]))
"""


def test_every_chain_is_verified(busy: Organization, globex: Organization) -> None:
    code, said = printed("verify")

    assert code == 0
    assert [line.partition(":")[0] for line in said.splitlines()] == sorted([busy.id, globex.id, "instance"])
    assert f"{busy.id}: intact (9 entries, 1 to 9; none is signed)" in said


def test_a_broken_one_is_told_by_words_and_exit_code(busy: Organization, globex: Organization) -> None:
    AuditEvent.objects.filter(organization=busy, position=5).update(verb="project.seen")

    code, said = printed("verify")

    assert code == 1
    assert f"{busy.id}: BROKEN, 1 found" in said
    assert "EDITED: entry 5 (" in said
    assert f"{globex.id}: intact" in said


def test_a_deleted_organization_is_verified_too(busy: Organization, system: Actor) -> None:
    services.delete_organization(busy, actor=system)

    code, said = printed("verify", "--organization", "acme")

    assert (code, "intact (10 entries" in said) == (0, True)


def test_checkpoints_from_elsewhere_count(busy: Organization, verifiers: Verifiers) -> None:
    file = verifiers.folder / busy.id / "000000000009-head.checkpoint.json"
    file.write_text(file.read_text().replace('"position": 9', '"position": 8'))

    code, _ = printed("verify", "--checkpoints", str(verifiers.folder), "--keys", str(verifiers.folder / "keys.json"))

    assert code == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "--organization", "nobody"], 'There is no organization "nobody"'),
        (["export"], "Say --organization SLUG"),
        (["verify", "--checkpoints", "/nowhere"], "No such file"),
        (["verify", "--keys", "/nowhere"], "No such file"),
        (["nonsense"], "invalid choice"),
    ],
)
def test_nonsense_is_told(arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        printed(*arguments)


def test_a_checkpoint_and_the_keys_by_hand(busy: Organization, checkpoint_folder: Path) -> None:
    assert printed("checkpoint") == (0, "2 taken, 2 written.\n")
    assert json.loads(printed("keys")[1]) == json.loads((checkpoint_folder / "keys.json").read_text())
    assert "signs from now on" in printed("rotate-key")[1]
    assert len(json.loads(printed("keys")[1])["keys"]) == 2
    assert AuditEvent.objects.get(verb="audit_key.created").object_type == "auditkey"


def test_the_export_is_ndjson_with_all_that_is_hashed(busy: Organization) -> None:
    lines = printed("export", "--organization", "acme")[1].splitlines()

    assert [json.loads(line)["position"] for line in lines] == list(range(1, 10))
    assert {"nonce", "payload_hash", "person_nonce", "person_hash", "previous_hash", "hash"} <= json.loads(
        lines[0]
    ).keys()


def test_the_export_is_csv_that_no_spreadsheet_runs(busy: Organization, shop: Project, system: Actor) -> None:
    services.edit_project(shop, name="=1+1", actor=system, comment='@SUM(A1) "quoted", twice')

    rows = list(csv.DictReader(io.StringIO(printed("export", "--organization", "acme", "--format", "csv")[1])))

    assert len(rows) == 10
    assert (rows[-1]["object_name"], rows[-1]["comment"]) == ("'=1+1", '\'@SUM(A1) "quoted", twice')
    assert json.loads(rows[-1]["after"]) == {"name": "=1+1"}


def test_the_verifier_runs_without_django(verifiers: Verifiers, tmp_path: Path) -> None:
    export = tmp_path / "acme.ndjson"
    lines = printed("export", "--organization", "acme")[1].splitlines(keepends=True)
    export.write_text("".join([*lines[:4], *lines[5:]]))
    keys, kept = str(verifiers.folder / "keys.json"), str(verifiers.folder)

    done = subprocess.run(
        [sys.executable, "-c", WALL, str(export), "--keys", keys, "--checkpoints", kept],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert "REMOVED: entry 5 is missing before entry 6" in done.stdout


def test_what_cannot_be_read_is_neither_good_nor_bad(
    verifiers: Verifiers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "acme.ndjson"
    export.write_text('{"no": "entry"}\n')

    assert verify.main([str(export)]) == 2
    assert verify.main([str(tmp_path / "nowhere")]) == 2
    told = capsys.readouterr().err
    assert "line 1: this is no entry of an audit log" in told
    assert "No such file" in told


def test_two_chains_in_a_file_are_refused(
    busy: Organization, globex: Organization, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "both.ndjson"
    export.write_text(printed("export", "--organization", "acme")[1] + printed("export", "--organization", "globex")[1])

    assert verify.main([str(export)]) == 2
    assert "entries of two chains" in capsys.readouterr().err


def test_the_verifier_says_what_it_cannot_know(
    verifiers: Verifiers, busy: Organization, system: Actor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services.rename_organization(busy, name="Other", actor=system)
    export = tmp_path / "acme.ndjson"
    export.write_text(printed("export", "--organization", "acme")[1])

    assert verify.main([str(export)]) == 0
    assert "No checkpoint vouches for it" in capsys.readouterr().out
    keys = str(verifiers.folder / "keys.json")
    assert verify.main([str(export), "--keys", keys, "--checkpoints", str(verifiers.folder)]) == 0
    assert "Entries 10 to 10 are newer than the newest checkpoint" in capsys.readouterr().out


def test_checkpoints_of_other_keys_are_told(
    verifiers: Verifiers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export, keys = tmp_path / "acme.ndjson", tmp_path / "keys.json"
    export.write_text(printed("export", "--organization", "acme")[1])
    keys.write_text('{"keys": []}')

    assert verify.main([str(export), "--keys", str(keys), "--checkpoints", str(verifiers.folder)]) == 1
    assert "which is none of the public keys" in capsys.readouterr().out


def test_an_empty_export_shows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = tmp_path / "empty.ndjson"
    export.write_text("")

    assert verify.main([str(export)]) == 1
    assert "MISSING" in capsys.readouterr().out
