"""The Python SDK at a control plane whose signing keys are rotated, and then replaced all at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from evaluation.manifest import sign
from evaluation.sdk.client import Client
from evaluation.sdk.upstream import JWKS
from tests.journeys.conftest import Server
from tests.journeys.relay.conftest import until

Connect = Callable[..., Client]


@pytest.fixture
def connect(control_plane: Server, server_key: str) -> Iterator[Connect]:
    made: list[Client] = []

    def to(store: Path | None = None) -> Client:
        made.append(Client(server_key, control_plane.url, store=store))
        return made[-1]

    yield to
    for client in made:
        client.close()


def test_rotations_are_followed_and_a_key_out_of_nowhere_is_not(
    control_plane: Server, connect: Connect, toggle: Callable[[bool], None], tmp_path: Path
) -> None:
    client = connect(tmp_path / "flags")
    assert client.wait_until_ready(20)

    for enabled in (True, False, True):
        sign.rotate()
        toggle(enabled)
        until(lambda enabled=enabled: client.is_enabled("checkout", not enabled) is enabled, 20)  # type: ignore[misc]
    kid = sign.rotate(keep_previous=False)
    until(lambda: kid in httpx.get(control_plane.url + JWKS).text, 10)
    toggle(False)

    until(lambda: client._rules.refusals.by_kind["strangers"] > 0, 20)
    assert client.is_enabled("checkout")
    restarted, newcomer = connect(tmp_path / "flags"), connect()
    until(lambda: newcomer.is_ready and not newcomer.is_enabled("checkout"), 20)
    until(lambda: restarted._rules.refusals.by_kind["strangers"] > 0, 20)
    assert restarted.is_enabled("checkout")
