"""The private PostgreSQL and Redis, for real: they serve, and nothing of them is left."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from script.places import RefusedError
from script.postgresql import find_binaries
from script.redis_server import find_binary

ROOT = Path(__file__).resolve().parents[2]
TELL = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"
WAIT = f"{TELL}; import time; time.sleep(300)"


def is_missing() -> bool:
    try:
        return not (find_binaries() and find_binary())
    except RefusedError:
        return True


pytestmark = pytest.mark.skipif(is_missing(), reason="no PostgreSQL or no Redis on this machine")


def services(code: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")}
    return subprocess.Popen(
        [sys.executable, "-m", "script.services", "run", "--", sys.executable, "-c", code],
        cwd=ROOT,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told(process: subprocess.Popen[str]) -> dict[str, str]:
    """The environment that the command saw."""
    assert process.stdout is not None
    environment: dict[str, str] = json.loads(process.stdout.readline())
    return environment


def are_gone(environment: Mapping[str, str], within: float = 0) -> bool:
    deadline = time.monotonic() + within
    while any(map(serves, addresses(environment))) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(map(serves, addresses(environment)))


def addresses(environment: Mapping[str, str]) -> list[str]:
    return [environment["TEST_DATABASE_URL"], environment["TEST_REDIS_URL"]]


def serves(url: str) -> bool:
    try:
        if urlsplit(url).scheme == "redis":
            with redis.Redis.from_url(url) as client:
                return bool(client.ping())
        with psycopg.connect(url):
            return True
    except (redis.ConnectionError, psycopg.OperationalError):
        return False


def test_both_serve_a_role_without_privileges_and_end_with_the_command() -> None:
    process = services(WAIT)
    environment = told(process)

    # This session stays open, and must not hold the end up.
    session = psycopg.connect(environment["TEST_DATABASE_URL"], autocommit=True)
    role = session.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    both_serve = all(map(serves, addresses(environment)))
    process.terminate()
    _output, complaints = process.communicate(timeout=20)
    session.close()

    assert role == (False, True)
    assert both_serve
    assert process.returncode == 128 + signal.SIGTERM
    assert "killed" not in complaints
    assert are_gone(environment)


def test_the_commands_exit_code_is_passed_on() -> None:
    process = services(f"{TELL}; raise SystemExit(7)")
    environment = told(process)

    process.communicate(timeout=20)

    assert process.returncode == 7
    assert are_gone(environment)


def test_kill_minus_nine_leaves_no_service_and_no_folder_behind(open_folder: Path) -> None:
    process = services(WAIT, TMPDIR=str(open_folder))
    environment = told(process)

    process.kill()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    assert are_gone(environment, within=10)
    assert is_empty(open_folder, within=10)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that PostgreSQL's own user can pass through, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def is_empty(folder: Path, within: float) -> bool:
    deadline = time.monotonic() + within
    while any(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(folder.iterdir())


def test_an_address_that_is_given_is_used_and_nothing_started_for_it() -> None:
    process = services(TELL, TEST_REDIS_URL="redis://elsewhere/", TEST_DATABASE_URL="postgresql://elsewhere/")

    environment = told(process)
    process.communicate(timeout=20)

    assert addresses(environment) == ["postgresql://elsewhere/", "redis://elsewhere/"]
