"""Whose signatures a client believes that was given no keys: the first it meets, and whoever a known one vouches for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evaluation.sdk import rules
from evaluation.sdk.client import Client
from evaluation.sdk.upstream import JWKS
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import Edge, a_flag
from tests.evaluation.sdk.proxy import Proxy

SECOND, THIRD, ENEMY = (Ed25519PrivateKey.generate() for _ in range(3))
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "STRANGERS_SECONDS", 0.05)


def rotated(edge: Edge, new: Ed25519PrivateKey, *, value: bool) -> int:
    """The version that the new key signs."""
    edge.rotate(new)
    return edge.publish(checkout=a_flag(value))


def refusals(client: Client, kind: str) -> int:
    (line,) = (line for line in client.prometheus_metrics().splitlines() if f'refused_total{{kind="{kind}"}}' in line)
    return int(line.split()[-1])


def leave_behind(store: Path, connect: Connect) -> None:
    """What a client keeps that was here and has left."""
    client = connect(store=store)
    assert client.wait_until_ready(10)
    client.close()


@pytest.mark.parametrize("mode", ["streaming", "long_poll", "polling"])
def test_every_rotation_is_followed(mode: str, edge: Edge, connect: Connect) -> None:
    client = connect(mode=mode, polling_seconds=0.1)
    client.wait_until_ready(10)

    for new, value in ((SECOND, False), (THIRD, True)):
        version = rotated(edge, new, value=value)
        until(lambda version=version: client.version == version)  # type: ignore[misc]

    assert client.boolean_value("checkout", False) is True
    assert refusals(client, "strangers") == 0


def test_a_start_from_the_store_needs_no_keys_and_follows_a_rotation_that_it_slept_through(
    edge: Edge, connect: Connect, tmp_path: Path
) -> None:
    leave_behind(tmp_path, connect)
    proxy = Proxy(edge.port, "passes")

    again = connect(store=tmp_path, base_url=proxy.url)
    until(lambda: again.state == "fresh")
    again.close()
    assert not [head for head in proxy.requests if JWKS in head]

    version = rotated(edge, SECOND, value=False)
    late = connect(store=tmp_path, base_url=proxy.url)
    until(lambda: late.version == version)
    late.close()
    assert connect(store=tmp_path, base_url=NOWHERE).boolean_value("checkout", True) is False
    proxy.close()


@pytest.fixture
def enemy(edge: Edge) -> Iterator[Edge]:
    """Takes the server's place at its address, with a newer version that keys of its own have signed."""
    edge.stop()
    impostor = Edge(checkout=a_flag(False))
    impostor.port, impostor.keys_that_sign = edge.port, (ENEMY,)
    impostor.document["version"] += 5
    yield impostor
    impostor.stop()


def test_keys_that_nobody_vouches_for_are_refused_and_what_was_held_goes_on(
    edge: Edge, enemy: Edge, connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edge.start()
    client = connect(store=tmp_path)
    client.wait_until_ready(10)
    edge.stop()
    enemy.start()

    until(lambda: refusals(client, "strangers") > 1)
    assert (client.version, client.boolean_value("checkout", False)) == (1, True)
    assert "no known key vouches for them" in client.trouble
    assert [record.message for record in caplog.records if record.message.startswith("Strangers: ")] != []

    restarted = connect(store=tmp_path)
    until(lambda: refusals(restarted, "strangers") > 0)
    assert (restarted.version, restarted.boolean_value("checkout", False)) == (1, True)
    newcomer = connect()
    until(lambda: newcomer.version == enemy.document["version"])

    enemy.stop()
    edge.start()
    edge.publish(checkout=a_flag(), other=a_flag())
    until(lambda: client.version == 2 and client.trouble == "", 30)


def test_after_two_rotations_that_it_slept_through_a_client_believes_nobody(
    edge: Edge, connect: Connect, tmp_path: Path
) -> None:
    leave_behind(tmp_path, connect)
    edge.rotate(SECOND)
    rotated(edge, THIRD, value=False)

    late = connect(store=tmp_path)

    until(lambda: refusals(late, "strangers") > 0)
    assert late.boolean_value("checkout", False) is True


def test_what_was_kept_and_is_no_set_of_keys_is_fetched_anew(connect: Connect, tmp_path: Path) -> None:
    leave_behind(tmp_path, connect)
    (file,) = tmp_path.glob("*.jwks.json")
    file.write_bytes(b"{")

    again = connect(store=tmp_path)

    until(lambda: again.state == "fresh")
    assert file.read_bytes() != b"{"
