"""`flagforge-verify` as one types it: a file, the public keys, a verdict."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluation.core.canonical import canonical
from evaluation.sdk import verify
from evaluation.wire import jws
from tests.evaluation.wire.test_trust import KEY, KID, STRANGER, freshness, manifest, signature

ROOT = Path(__file__).parents[3]


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [jws.jwk_of(KEY.public_key())]}))
    return str(path)


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    return written(tmp_path, signature=signature(manifest(4, a={})))


def written(folder: Path, *, as_of: datetime | None = None, **members: Any) -> Path:
    document = manifest(4, a={})
    fresh = freshness(document, as_of=as_of or datetime.now(UTC))
    path = folder / "signed.json"
    path.write_text(json.dumps({"type": "put", "manifest": document, "freshness": fresh, **members}, indent=2))
    return path


def test_it_needs_no_framework(signed: Path, jwks: str) -> None:
    wall = "import sys; sys.modules['django'] = None; from evaluation.sdk.verify import main; sys.exit(main())"

    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", wall, str(signed), "--jwks", jwks],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"environment e version 4, 1 flags, signed by {KID}, the newest as of ")


def test_a_forged_file_is_refused(tmp_path: Path, jwks: str, capsys: pytest.CaptureFixture[str]) -> None:
    forged = written(tmp_path, signature=signature(manifest(4, a={}), STRANGER))

    assert verify.main([str(forged), "--jwks", jwks]) == 1
    assert capsys.readouterr().err.startswith("flagforge-verify: REFUSED (Tampered): ")


def test_an_old_file_is_good_and_not_fresh(tmp_path: Path, jwks: str, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, as_of=datetime.now(UTC) - timedelta(days=9), signature=signature(manifest(4, a={})))

    assert verify.main([str(old), "--jwks", jwks]) == 0
    assert verify.main([str(old), "--jwks", jwks, "--fresh"]) == 1
    assert "REFUSED (Expired)" in capsys.readouterr().err


def test_bare_bytes_take_their_signature_beside_them(tmp_path: Path, jwks: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(canonical(manifest(4)))

    assert verify.main([str(path), "--jwks", jwks, "--signature", signature(manifest(4))]) == 0
    assert verify.main([str(path), "--jwks", jwks, "--signature", signature(manifest(5))]) == 1
    assert verify.main([str(path), "--jwks", jwks, "--signature", signature(manifest(4)), "--fresh"]) == 1
    assert verify.main([str(path), "--jwks", jwks]) == 1


def test_another_environments_manifest_is_refused_where_one_is_expected(
    tmp_path: Path, jwks: str, signed: Path
) -> None:
    bare = tmp_path / "manifest.json"
    bare.write_bytes(canonical(manifest(4)))
    alone = ["--signature", signature(manifest(4))]

    for environment, code in (("e", 0), ("other", 1)):
        expected = ["--jwks", jwks, "--environment", environment]
        assert verify.main([str(signed), *expected]) == code
        assert verify.main([str(signed), *expected, "--fresh"]) == code
        assert verify.main([str(bare), *expected, *alone]) == code


@pytest.mark.parametrize("content", ["", "{", "[]", "\ud800"])
def test_what_cannot_be_read_is_neither_good_nor_forged(content: str, tmp_path: Path, jwks: str) -> None:
    path = tmp_path / "nonsense"
    path.write_text(content, errors="surrogatepass")

    assert verify.main([str(path), "--jwks", jwks]) == 2
    assert verify.main([jwks, "--jwks", str(path)]) == 2
    assert verify.main([str(tmp_path / "nowhere"), "--jwks", jwks]) == 2
