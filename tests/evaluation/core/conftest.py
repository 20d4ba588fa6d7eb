"""Builders for manifests and contexts, as plain data."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evaluation.core.manifest import ruleset_from
from evaluation.core.model import Ruleset

VECTORS = Path(__file__).parents[2] / "vectors"

Document = dict[str, Any]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
def flag() -> Callable[..., Document]:
    """A boolean flag's document in a manifest, on, with the members given."""

    def build(**members: object) -> Document:
        usual = json.loads((VECTORS / "order.json").read_text())["flag_defaults"]
        return {**usual, **members}

    return build


@pytest.fixture
def manifest() -> Callable[..., Document]:
    """A manifest's document with these flags."""

    def build(flags: Document, segments: Document | None = None, **members: object) -> Document:
        usual = {"format": 1, "environment": "env", "version": 1, "issued": "2026-11-21T10:00:00Z"}
        return {**usual, "flags": flags, "segments": segments or {}, **members}

    return build


@pytest.fixture
def ruleset(manifest: Callable[..., Document]) -> Callable[..., Ruleset]:
    def build(flags: Document, segments: Document | None = None) -> Ruleset:
        return ruleset_from(manifest(flags, segments))

    return build
