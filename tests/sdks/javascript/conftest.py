"""The built package, and Node to run it."""

from pathlib import Path

import pytest

from tests.npm.sdk import built_or_skip


@pytest.fixture(scope="session")
def package() -> Path:
    """The built package's folder."""
    return built_or_skip()
