"""deploy/redis/users.acl and `rediss://`, for real: our own work with Redis goes through, and everything else is refused."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from redis.exceptions import NoPermissionError

from flagforge.settings import env
from script.places import HOST, free_port
from script.redis_server import find_binary
from tenants import outgoing_mail
from tenants.letters import Letter
from tenants.models import User
from tests.certificates import Authority
from tests.journeys.conftest import surroundings

ROOT = Path(__file__).resolve().parents[2]
WEB, WORKER = "flagforge_web", "flagforge_worker"
pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server; script/test gets it")


@dataclass
class Server:
    """A Redis with our users, and one for the test itself."""

    port: int
    tls_port: int
    authority: Authority

    def url(self, user: str, *, tls: bool = False) -> str:
        place = f"localhost:{self.tls_port}" if tls else f"{HOST}:{self.port}"
        return f"redis{'s' * tls}://{user}:{user}@{place}/0"

    @contextmanager
    def client(self, user: str) -> Iterator[Any]:
        with closing(redis.Redis.from_url(self.url(user), socket_timeout=10)) as client:
            yield client


def with_passwords(text: str) -> str:
    """Each user's password is its name."""
    return re.sub(
        r"^user (\w+) on #<[^>]*>",
        lambda match: f"user {match[1]} on #{hashlib.sha256(match[1].encode()).hexdigest()}",
        text,
        flags=re.M,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("redis")
    authority = Authority(folder)
    certificate, key = authority.certify("localhost")
    users = with_passwords((ROOT / "deploy/redis/users.acl").read_text())
    (folder / "users.acl").write_text(users + "user tester on >tester ~* &* +@all\n")
    found = Server(free_port(), free_port(), authority)
    options = {
        "bind": HOST,
        "port": found.port,
        "tls-port": found.tls_port,
        "tls-cert-file": certificate,
        "tls-key-file": key,
        "tls-ca-cert-file": authority.file,
        "tls-auth-clients": "no",
        "aclfile": folder / "users.acl",
        "save": "",
        "dir": folder,
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    process = subprocess.Popen([find_binary(), *words], stdout=subprocess.DEVNULL)
    with found.client("tester") as tester:
        _until(lambda: _answers(tester), "Redis did not start")
    yield found
    process.terminate()
    process.wait(20)


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _until(holds: Any, otherwise: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)


# All that a web process does with Redis: cache, counts, buckets, news of manifests, Channels.
WORK = """
import asyncio, os, threading, django; django.setup()
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import caches
from evaluation.manifest import announce
from evaluation.stream import bus
from tenants.breaker import redis_breaker
from tenants.buckets import Policy, _take_shared

for name in ("shared", "default"):
    cache = caches[name]
    cache.set("a", {"b": 1}, 30)
    assert cache.get("a") == {"b": 1}
    assert cache.add("c", 1, 30) in (True, False) and cache.incr("c") >= 2
    cache.set_many({"d": 1, "e": 2}, 30)
    assert cache.get_many(["d", "e"]) == {"d": 1, "e": 2}
    cache.touch("d", 60)
    cache.delete("a")
    assert cache.get("a") is None and cache.has_key("d")
assert [_take_shared(Policy("person", 2), str(os.getpid())).is_admitted for _ in range(3)] == [True, True, False]
heard, stop = threading.Event(), threading.Event()
threading.Thread(target=bus._follow_redis, args=(heard.set, stop), daemon=True).start()
while not heard.wait(0.2):
    announce.after_commit("01ARZ3NDEKTSV4RRFFQ69G5FAV")
stop.set()

async def channels():
    layer = get_channel_layer()
    mine = await layer.new_channel()
    await layer.group_add("page", mine)
    await layer.group_send("page", {"type": "news"})
    assert (await layer.receive(mine))["type"] == "news"
    await layer.group_discard("page", mine)

asyncio.run(asyncio.wait_for(channels(), 20))
assert redis_breaker._rests_until == 0.0
print("done")
"""


def worked(url: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FLAGFORGE_DATA": str(tmp_path), "REDIS_URL": url, **variables}
    environment |= {"DJANGO_SETTINGS_MODULE": "flagforge.settings.base", "DATABASE_URL": ""}
    command = [sys.executable, "-c", WORK]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)


def refusals(server: Server) -> list[Any]:
    """But that a client tells the name of its library: Redis 7.0 knows no such command, so nobody is allowed it."""
    with server.client("tester") as tester:
        log = tester.acl_log()
    return [(one["username"], one["object"], one["reason"]) for one in log if one["object"] != "client|setinfo"]


def test_all_that_a_web_process_does_goes_through(server: Server, tmp_path: Path) -> None:
    with server.client("tester") as tester:
        tester.acl_log_reset()

    done = worked(server.url(WEB), tmp_path)

    assert (done.stdout.strip(), done.returncode) == ("done", 0), done.stderr
    assert refusals(server) == []


@pytest.mark.django_db(transaction=True)
def test_all_that_a_worker_does_goes_through(server: Server, alice: User, tmp_path: Path) -> None:
    with server.client("tester") as tester:
        tester.acl_log_reset()
    mail = outgoing_mail.post(Letter("News", "There is some."), alice)
    command = ["-m", "celery", "--app", "flagforge", "worker", "--beat", "--pool", "threads", "--concurrency", "2"]
    variables = {**surroundings(), "REDIS_URL": server.url(WORKER), "FLAGFORGE_DATA": str(tmp_path)}
    said = (tmp_path / "worker.log").open("w")
    schedule = ["--schedule", str(tmp_path / "schedule")]
    worker = subprocess.Popen([sys.executable, *command, *schedule], cwd=ROOT, env=variables, stdout=said, stderr=said)

    def is_sent() -> bool:
        mail.refresh_from_db()
        return mail.sent_at is not None

    try:
        _until(is_sent, (tmp_path / "worker.log").read_text() or "the worker sent nothing")
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
        said.close()
    assert refusals(server) == [], (tmp_path / "worker.log").read_text()


DANGEROUS = (
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "CONFIG GET *",
    "ACL LIST",
    "SHUTDOWN",
    "SCAN 0",
    "MONITOR",
)
OF_OTHERS = {
    WEB: ("LPUSH celery x", "GET celery", "GET another:key", "PUBLISH another x", "SUBSCRIBE another"),
    WORKER: ("GET flagforge:bucket:person:x", "SET another:key 1", "PUBLISH another x", "SUBSCRIBE another"),
}


@pytest.mark.parametrize(
    ("user", "command"), [(user, command) for user in OF_OTHERS for command in (*DANGEROUS, *OF_OTHERS[user])]
)
def test_everything_else_is_refused(user: str, command: str, server: Server) -> None:
    with server.client(user) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command.split())


def test_nobody_gets_in_without_a_name(server: Server) -> None:
    for user, password in ((None, None), (WEB, "guessed")):
        unknown = redis.Redis(HOST, server.port, username=user, password=password)
        with closing(unknown) as client, pytest.raises(redis.AuthenticationError):
            client.ping()


def test_the_file_as_it_is_gives_nobody_a_password(tmp_path: Path) -> None:
    (tmp_path / "users.acl").write_bytes((ROOT / "deploy/redis/users.acl").read_bytes())
    words = ["--port", str(free_port()), "--bind", HOST, "--aclfile", str(tmp_path / "users.acl")]

    started = subprocess.run([find_binary(), *words], capture_output=True, text=True, timeout=30)

    assert started.returncode != 0
    assert "hash" in started.stdout


def test_over_tls_with_an_authority_of_ones_own_all_goes_through(server: Server, tmp_path: Path) -> None:
    done = worked(server.url(WEB, tls=True), tmp_path, FLAGFORGE_REDIS_CA_FILE=str(server.authority.file))

    assert (done.stdout.strip(), done.returncode) == ("done", 0), done.stderr


def ping_over_tls(
    server: Server, monkeypatch: pytest.MonkeyPatch, *, host: str = "localhost", ca_file: str = ""
) -> Any:
    monkeypatch.setenv("FLAGFORGE_REDIS_CA_FILE", ca_file)
    url = server.url(WEB, tls=True).replace("localhost", host)
    with closing(redis.Redis.from_url(url, **env.redis_tls(url))) as client:
        return client.ping()


def test_a_redis_that_proves_itself_is_believed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ping_over_tls(server, monkeypatch, ca_file=str(server.authority.file))


def test_a_redis_of_an_unknown_authority_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for ca_file in ("", str(Authority(tmp_path, "Somebody else").file)):
        with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
            ping_over_tls(server, monkeypatch, ca_file=ca_file)


def test_a_redis_by_another_name_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(redis.ConnectionError, match="IP address mismatch"):
        ping_over_tls(server, monkeypatch, host=HOST, ca_file=str(server.authority.file))


def test_a_broker_that_is_not_believed_gets_no_message(server: Server, tmp_path: Path) -> None:
    """kombu reads neither settings of the cache nor those of the URL alone."""
    asked = "from flagforge.celery import app; app.connection_for_write().ensure_connection(max_retries=1, timeout=2); print(1)"
    said = {}
    for ca_file in (str(server.authority.file), str(Authority(tmp_path, "Somebody else").file)):
        variables = {"REDIS_URL": server.url(WORKER, tls=True), "FLAGFORGE_REDIS_CA_FILE": ca_file}
        environment = {**os.environ, **variables, "FLAGFORGE_DATA": str(tmp_path), "DATABASE_URL": ""}
        environment["DJANGO_SETTINGS_MODULE"] = "flagforge.settings.base"
        done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True)
        said[done.returncode] = done.stdout.strip() or done.stderr

    assert said[0] == "1"
    assert "certificate verify failed" in said[1]


def test_an_authority_for_a_redis_without_tls_is_a_mistake(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAGFORGE_REDIS_CA_FILE", str(server.authority.file))

    with pytest.raises(ImproperlyConfigured, match="for a REDIS_URL that begins with rediss://"):
        env.redis_tls("redis://localhost:6379/0")
