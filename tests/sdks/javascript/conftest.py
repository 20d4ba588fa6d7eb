"""The built package, and Node to run it."""

import shutil
from pathlib import Path

import pytest

from tests.npm.install import NotInstalled
from tests.npm.sdk import build


@pytest.fixture(scope="session")
def package() -> Path:
    """The built package's folder."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm; script/test gets them")
    try:
        return build()
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch what the SDK is built with: {error}")
