"""One installation for all tests of a run that need one: what deploy/compose.yaml starts, behind a real nginx."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.composed import Composed
from tests.deploy.installation import Behind
from tests.deploy.nginx import NGINX


@pytest.fixture(scope="session")
def composed() -> Iterator[Composed]:
    if NGINX is None or not shutil.which("redis-server"):
        pytest.skip("needs nginx, PostgreSQL and Redis; script/test gets them")
    with tempfile.TemporaryDirectory(prefix="flagforge-composed-") as name:
        os.chmod(name, 0o711)  # noqa: S103  (PostgreSQL's user passes through to its own folder in it)
        made = Composed(Path(name))
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(scope="session")
def behind(composed: Composed) -> Iterator[Behind]:
    """Two of each part."""
    with pytest.MonkeyPatch.context() as patch:
        made = Behind(composed)
        patch.setenv("SSL_CERT_FILE", str(made.nginx.authority.file))
        yield made
        made.nginx.stop()
