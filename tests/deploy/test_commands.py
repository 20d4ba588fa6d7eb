"""The very commands of the containers, as processes: each starts, is well by its health check, and ends when asked."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.deploy.composed import Composed


@pytest.mark.skipif(not shutil.which("redis-server"), reason="needs redis-server; script/test gets it")
def test_each_container_starts_is_well_and_ends_when_asked(tmp_path: Path) -> None:
    """With the users of deploy/redis/users.acl. (tests/deploy/test_behind_nginx.py has everything at work, database included.)"""
    composed = Composed(tmp_path, has_database=False)
    try:
        programs = {service: composed.start(service) for service in ("web", "worker", "beat")}
        assert not composed.is_healthy("web", programs["web"])  # it has only just begun
        for service, program in programs.items():
            composed.ready(service, program)
        for program in programs.values():
            program.kill(signal.SIGTERM)
        ended = {service: program.process.returncode for service, program in programs.items() if program.process}
    finally:
        composed.close()

    # uvicorn ends in good order, and then by the signal itself.
    assert ended == {"web": -signal.SIGTERM, "worker": 0, "beat": 0}
