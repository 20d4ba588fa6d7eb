"""Held manifests made by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from evaluation.core.canonical import canonical, checksum
from evaluation.core.manifest import read_manifest
from evaluation.delivery.held import Held
from evaluation.delivery.replay import Replay
from evaluation.wire.frames import Proof

MakeHeld = Callable[..., Held]

FLAG: dict[str, Any] = {
    "type": "boolean",
    "variants": {"on": True, "off": False},
    "salt": "s",
    "bucketing": 1,
    "client_visible": True,
    "metadata": {},
    "version": 1,
    "enabled": True,
    "off": "off",
    "prerequisites": None,
    "targets": [],
    "rules": [],
    "fallthrough": {"variant": "on"},
}


@pytest.fixture
def held() -> MakeHeld:
    """`held(3, checkout={"enabled": False})`: version 3 of an environment with that flag."""

    def make(version: int, **flags: dict[str, Any]) -> Held:
        document = {
            "format": 1,
            "environment": "e1",
            "version": version,
            "issued": "2026-11-21T10:00:00Z",
            "flags": {key: FLAG | members for key, members in flags.items()},
            "segments": {},
        }
        content = canonical(document)
        return Held("e1", version, checksum(content), content, read_manifest(content))

    return make


def unproven(held: Held) -> Proof:
    return Proof("", "")


def known(*versions: Held) -> Replay:
    """A replay that remembers these."""
    replay = Replay(unproven)
    for each in versions:
        replay.add(each)
    return replay
