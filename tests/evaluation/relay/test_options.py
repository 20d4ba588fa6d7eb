"""What a relay lets itself be told, and what it ends with words about."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evaluation.core.canonical import canonical
from evaluation.relay.options import Options, read_options
from evaluation.wire import jws
from tests.evaluation.relay.said import ONE, SECRET
from tests.evaluation.wire.test_trust import KEY, KID, STRANGER, freshness, signature

RELAY, CLIENT = "ff_relay_" + "r" * 43, "ff_client_" + "c" * 43


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    return written(tmp_path / "jwks.json", {"keys": [jws.jwk_of(KEY.public_key())]})


@pytest.fixture
def signed(tmp_path: Path) -> str:
    """As a poll with a server key brings it."""
    fresh = freshness(ONE, as_of=datetime.now(UTC))
    return written(tmp_path / "signed.json", {"manifest": ONE, "signature": signature(ONE), "freshness": fresh})


def written(path: Path, document: object) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def read(*arguments: str, key: str = RELAY, **environ: str) -> Options:
    return read_options(arguments, {"FLAGFORGE_RELAY_KEY": key, **environ})


@pytest.mark.parametrize(("key", "kind"), [(RELAY, "relay"), (SECRET, "server")])
def test_upstream_is_followed_with_a_relay_key_or_a_server_key(key: str, kind: str) -> None:
    options = read(key=key)

    assert (options.kind, options.copy, options.processes) == (kind, None, 1)


@pytest.mark.parametrize("key", ["", " ", "nonsense", CLIENT, "ff_token_" + "t" * 43, f"{RELAY} {SECRET}"])
def test_and_with_nothing_else(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(key=key)

    said = capsys.readouterr().err
    assert "FLAGFORGE_RELAY_KEY" in said
    assert not key.strip() or key not in said


def test_a_signed_file_is_served_to_the_keys_that_are_named(signed: str, jwks: str) -> None:
    options = read("--file", signed, "--jwks", jwks, key=f"{SECRET} {CLIENT}")

    assert options.copy is not None
    assert (options.copy.trusted.version, options.api_keys) == (1, (SECRET, CLIENT))


def test_the_bare_manifest_takes_its_signature_beside_it(tmp_path: Path, jwks: str) -> None:
    bare = tmp_path / "manifest.json"
    bare.write_bytes(canonical(ONE))

    options = read("--file", str(bare), "--signature", signature(ONE), "--jwks", jwks, key=SECRET)

    assert options.copy is not None
    assert options.copy.trusted.freshness.as_of.isoformat() == "2026-11-21T09:00:00+00:00"


def test_nothing_is_served_without_a_key(signed: str, jwks: str) -> None:
    for key in ("", RELAY, "open", f"{SECRET} {CLIENT} {SECRET}"):
        with pytest.raises(SystemExit):
            read("--file", signed, "--jwks", jwks, key=key)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"manifest": ONE, "signature": signature(ONE, STRANGER)}, "Tampered"),
        ({"manifest": {**ONE, "version": 2}, "signature": signature(ONE)}, "Tampered"),
        ({"manifest": ONE, "signature": signature(ONE), "freshness": "x.y.z"}, "Tampered"),
        ({"manifest": {"format": 9}, "signature": signature({"format": 9})}, "Tampered"),
        ({**ONE}, "Tampered"),
        ([], "InvalidJson"),
    ],
)
def test_what_is_not_signed_is_not_served(
    document: object, why: str, tmp_path: Path, jwks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = written(tmp_path / "forged.json", document)

    with pytest.raises(SystemExit):
        read("--file", forged, "--jwks", jwks, key=SECRET)

    assert f"is refused: {why}" in capsys.readouterr().err


def test_a_file_without_public_keys_is_believed_by_nobody(signed: str, tmp_path: Path) -> None:
    empty, nowhere = written(tmp_path / "empty.json", {"keys": []}), str(tmp_path / "nowhere")

    for wrong in ((), ("--jwks", empty), ("--jwks", nowhere), ("--jwks", signed)):
        with pytest.raises(SystemExit):
            read("--file", signed, *wrong, key=SECRET)


def test_public_keys_are_pinned_by_a_file_or_by_their_names(jwks: str) -> None:
    assert json.loads(read("--jwks", jwks).anchor.jwks)["keys"][0]["kid"] == KID
    assert set(read("--pin", f"{KID}, other").anchor.names) == {KID, "other"}
    assert set(read(FLAGFORGE_RELAY_PIN=KID).anchor.names) == {KID}
    assert set(read().anchor.names) == set()


@pytest.mark.parametrize("count", ["0", "65", "-1", "two", "1.5"])
def test_how_many_processes_is_a_number_within_reason(count: str) -> None:
    assert read("--processes", "4").processes == 4
    with pytest.raises(SystemExit):
        read("--processes", count)
