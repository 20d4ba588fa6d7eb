"""Signed states without a server: from a file, from bytes, from the store of a process that is gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.sdk.client import Client
from evaluation.wire.jws import jwk_of
from tests.evaluation.relay.said import put
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import JWKS, Edge, a_flag
from tests.evaluation.wire.test_trust import STRANGER, manifest, signature

NOWHERE = "http://127.0.0.1:9"
SIGNED = put(manifest(5, checkout=a_flag()))
FORGED = {**SIGNED, "signature": signature(SIGNED["manifest"], STRANGER)}


def offline(bootstrap: Any) -> Client:
    return Client(mode="offline", bootstrap=bootstrap, public_keys=JWKS)


def test_a_signed_state_is_answered_from(tmp_path: Path) -> None:
    file = tmp_path / "signed.json"
    file.write_text(json.dumps(SIGNED))

    for client in (offline(json.dumps(SIGNED).encode()), offline(file), offline(str(file))):
        assert client.wait_until_ready(0)
        assert client.boolean_value("checkout", False) is True
        assert (client.version, client.state, client.trouble) == (5, "fresh", "")


@pytest.mark.parametrize(
    "bootstrap",
    [
        json.dumps(FORGED).encode(),
        json.dumps({**SIGNED, "manifest": manifest(6, checkout=a_flag())}).encode(),
        json.dumps(SIGNED["manifest"]).encode(),
        b"[]",
        b"nonsense",
        "/nowhere/signed.json",
    ],
)
def test_what_is_not_signed_is_not_answered_from(bootstrap: Any) -> None:
    client = offline(bootstrap)

    assert not client.wait_until_ready(0)
    assert client.boolean_value("checkout", False) is False
    assert client.boolean_details("checkout", False).error_code == "PROVIDER_NOT_READY"


def test_the_last_good_state_outlives_the_process(edge: Edge, connect: Connect, tmp_path: Path) -> None:
    first = connect(store=tmp_path)
    first.wait_until_ready(10)
    edge.publish(checkout=a_flag(False))
    until(lambda: first.version == 2)
    first.close()

    second = connect(store=tmp_path, base_url=NOWHERE)

    assert second.wait_until_ready(0)
    assert second.boolean_value("checkout", True) is False
    assert second.state == "stale"
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.iterdir())


def test_what_was_changed_on_disk_is_refused(connect: Connect, tmp_path: Path) -> None:
    first = connect(store=tmp_path)
    first.wait_until_ready(10)
    first.close()
    (file,) = tmp_path.glob("*.manifest.json")
    file.write_text(file.read_text().replace('"on":true', '"on":false'))

    second = connect(store=tmp_path, base_url=NOWHERE)

    assert not second.wait_until_ready(0)
    assert 'refused_total{kind="tampered"} 1' in second.prometheus_metrics()


def test_another_key_finds_nothing_there(connect: Connect, tmp_path: Path) -> None:
    first = connect(store=tmp_path)
    first.wait_until_ready(10)

    assert not connect(store=tmp_path, base_url=NOWHERE, sdk_key="ff_server_other").wait_until_ready(0)


def test_what_came_along_is_used_until_the_server_says_more(edge: Edge, connect: Connect) -> None:
    for _ in range(5):
        edge.publish(checkout=a_flag())
    bootstrap = json.dumps(put(manifest(5, checkout=a_flag(False)))).encode()

    client = connect(bootstrap=bootstrap, public_keys=JWKS, base_url=NOWHERE)
    assert client.boolean_value("checkout", True) is False

    client = connect(bootstrap=bootstrap, public_keys=JWKS)
    until(lambda: client.boolean_value("checkout", False) is True)


def test_what_is_older_than_what_was_kept_is_not_begun_with(edge: Edge, connect: Connect, tmp_path: Path) -> None:
    edge.publish(checkout=a_flag(False))
    first = connect(store=tmp_path)
    until(lambda: first.version == 2)
    first.close()
    older = json.dumps(put(manifest(1, checkout=a_flag()))).encode()

    again = connect(store=tmp_path, bootstrap=older, public_keys=JWKS, base_url=NOWHERE)

    assert again.version == 2


def test_a_server_that_signs_with_other_keys_than_those_that_are_pinned_is_not_believed(connect: Connect) -> None:
    client = connect(public_keys={"keys": [jwk_of(STRANGER.public_key())]})

    until(lambda: "UnknownSigner" in client.trouble)
    assert not client.is_ready


def test_a_store_that_cannot_be_written_stops_nothing(edge: Edge, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    client = connect(store=tmp_path / "file" / "folder")

    assert client.wait_until_ready(10)
