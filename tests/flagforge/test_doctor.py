"""`manage.py doctor` on setups in which much is broken at once: each fault is named, and no secret quoted."""

import json
import os
import resource
import ssl
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from evaluation.dashboard.system import parts
from evaluation.delivery import traces
from evaluation.models import SigningKey
from flagforge.doctor import database, reaching, redis_server, running, sealed
from flagforge.doctor.findings import Finding, State
from script.places import HOST, free_port
from script.redis_server import find_binary
from tenants import heartbeats
from tenants.models import AuditHead, Organization, OutboxEvent, Process
from tests.certificates import Authority
from tests.collector import collector
from tests.journeys.conftest import database_url

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("hunter2-of-postgres", "hunter2-of-redis", "hunter2-of-mail", "hunter2-of-s3", "hunter2-and-no-key")
NOWHERE = f"{HOST}:1"


def doctor(
    folder: Path, *arguments: str, files: int | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLAGFORGE_")}
    environment = {**kept, "DATABASE_URL": "", "REDIS_URL": "", "FLAGFORGE_DATA": str(folder), **variables}

    def limited() -> None:
        if files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    command = [sys.executable, "manage.py", "doctor", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, preexec_fn=limited, capture_output=True, text=True, timeout=100
    )


def test_of_many_things_that_are_broken_each_is_named_and_no_secret(tmp_path: Path) -> None:
    postgres, of_redis, of_mail, s3, no_key = SECRETS
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    (data / "keys.json").write_text("{}")
    (data / "keys.json").chmod(0o644)

    ran = doctor(
        data,
        "--json",
        files=200,
        DJANGO_SETTINGS_MODULE="flagforge.settings.production",
        FLAGFORGE_DEBUG="perhaps",
        FLAGFORGE_PORT="99999",
        FLAGFORGE_LIMITS="flgs=1",
        FLAGFORGE_LOG_LEVEL="LOUD",
        FLAGFORGE_ENVELOPE_KEY=no_key,
        FLAGFORGE_GOOGLE_SECRET="x" * 20,
        FLAGFORGE_SECRET_KEY=f"change-me-{'x' * 40}",
        FLAGFORGE_HOST="flags.example.com",
        FLAGFORGE_PUBLIC_URL=f"https://{NOWHERE}",
        DATABASE_URL=f"postgresql://flagforge:{postgres}@{NOWHERE}/flagforge",
        REDIS_URL=f"redis://flagforge:{of_redis}@{NOWHERE}/0",
        EMAIL_URL=f"smtp://flagforge:{of_mail}@{NOWHERE}",
        STORAGE_URL=f"s3://key:{s3}@bucket?endpoint=http://{NOWHERE}",
    )

    assert ran.returncode == 1, ran.stderr
    assert [secret for secret in SECRETS if secret in ran.stdout + ran.stderr] == []
    findings = json.loads(ran.stdout)["findings"]
    said = {(one["part"], one["state"]): "" for one in findings}
    for one in findings:
        said[one["part"], one["state"]] += f"{one['said']} {one['mend']}\n"
    assert "FLAGFORGE_HOST means nothing" in said["variable names", "warning"]
    assert "Did you mean FLAGFORGE_HOSTS?" in said["variable names", "warning"]
    values = said["variable values", "fault"]
    refused = ("DEBUG", "PORT", "LIMITS", "LOG_LEVEL", "ENVELOPE_KEY", "GOOGLE_CLIENT_ID")
    assert [name for name in refused if f"FLAGFORGE_{name}" not in values] == []
    assert "FLAGFORGE_HOSTS must be set" in said["production", "fault"]
    assert "FLAGFORGE_SECRET_KEY can be guessed" in said["production", "fault"]
    assert "can open" in said["data folder", "fault"]
    assert f"chmod 600 {data}/keys.json" in said["data folder", "fault"]
    assert f"chmod 700 {data}" in said["data folder", "warning"]
    for part in ("open files", "storage", "database", "redis", "mail", "public address"):
        assert said[part, "fault"], part


@pytest.mark.django_db(transaction=True)
def test_where_all_is_well_it_says_so_and_how_it_looked(acme: Organization, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    ran = doctor(tmp_path, DATABASE_URL=database_url(), FLAGFORGE_ENVELOPE_KEY=envelope_key())

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 fault" in ran.stdout
    assert "ok audit chains The ends of" in " ".join(ran.stdout.split())
    assert "→ Start `python -m flagforge.serve`" in ran.stdout


def test_a_collector_of_traces_that_nobody_reaches_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(traces.ENDPOINT, raising=False)
    assert [(one.state, one.mend) for one in reaching.collector()] == [("ok", "")]

    with collector() as collected:
        monkeypatch.setenv(traces.ENDPOINT, collected.url)
        assert [one.state for one in reaching.collector()] == ["ok"]
    for nowhere in (collected.url, f"http://{NOWHERE}", "http://collector:port"):
        monkeypatch.setenv(traces.ENDPOINT, nowhere)
        (found,) = reaching.collector()
        assert (found.state, traces.ENDPOINT in found.mend) == ("warning", True), nowhere


def envelope_key() -> str:
    return b64encode(django_settings.ENVELOPE_KEYS[0]).decode()


@pytest.mark.django_db
def test_what_is_broken_within_the_database_is_named(acme: Organization, settings: Any) -> None:
    SigningKey.objects.create(kid="theirs", sealed="v1.00000000.c2VhbGVk")
    AuditHead.objects.filter(chain=acme.pk).update(position=1000)
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    OutboxEvent.objects.create(topic="flag.toggled", organization=acme, parked_at=timezone.now())
    heartbeats.say("w", "web", "host (1)", started_at=timezone.now(), now=timezone.now())
    settings.VERSION = "9.9.9"
    newest = max(MigrationRecorder.Migration.objects.filter(app="tenants").values_list("name", flat=True))
    MigrationRecorder.Migration.objects.filter(app="tenants", name=newest).delete()
    MigrationRecorder.Migration.objects.create(app="flags", name="9999_from_tomorrow")

    looks = (sealed.envelope_keys, sealed.signing_keys, sealed.audit_chains, database.migrations)
    found = [finding for look in (*looks, running.processes, running.queues) for finding in look()]

    assert faults(found) == {
        "envelope keys": "No envelope key of this process opens: signing keys (1).",
        "signing keys": sentence(found, "signing keys"),
        "audit chains": sentence(found, "audit chains"),
        "migrations": f"1 are not applied: tenants.{newest}.",
        "running: worker": parts.WITHOUT[Process.Kind.WORKER],
        "running: timetable": parts.WITHOUT[Process.Kind.TIMETABLE],
        "queues": sentence(found, "queues"),
    }
    assert "00000000" in sentence(found, "signing keys")
    assert acme.pk in sentence(found, "audit chains")
    assert "waits for 5 min" in sentence(found, "queues")
    warnings = {finding.part: finding.said for finding in found if finding.state == State.WARNING}
    assert "flags.9999_from_tomorrow" in warnings["migrations"]
    assert "host (1)" in warnings["versions"]
    assert "1 given up" in warnings["queues"]


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_role_that_lacks_rights_is_told_which() -> None:
    with connection.cursor() as cursor:
        assert [each.state for each in database.rights()] == [State.OK]
        cursor.execute("REVOKE DELETE ON flags_flag FROM CURRENT_USER")
        cursor.execute("REVOKE ALL ON tenants_mail FROM CURRENT_USER")
        (found,) = database.rights()

    assert (found.state, found.part) == (State.FAULT, "database rights")
    assert "DELETE on flags_flag" in found.said
    assert "tenants_mail and 2 more" in found.said
    assert "roles.sql" in found.mend


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "state"), [(0, State.OK), (-4, State.WARNING), (30, State.FAULT)])
def test_a_clock_that_is_apart_is_told_by_how_much(seconds: int, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(seconds=seconds))

    (found,) = database.clock()

    assert found.state == state
    assert f"{abs(seconds)}." in found.said
    assert ("chrony" in found.mend) == (state != State.OK)


def faults(found: Iterable[Finding]) -> dict[str, str]:
    return {finding.part: finding.said for finding in found if finding.state == State.FAULT}


def sentence(found: Iterable[Finding], part: str) -> str:
    return next(finding.said for finding in found if finding.part == part and finding.state == State.FAULT)


@contextmanager
def a_redis(folder: Path) -> Iterator[int]:
    """It may evict everything, and one of its users may hardly do anything."""
    port = free_port()
    (folder / "users.acl").write_text(
        "user default on nopass ~* &* +@all\nuser least on nopass ~:1:* +ping +get +select\n"
    )
    words = {"port": port, "bind": HOST, "save": "", "dir": folder, "aclfile": folder / "users.acl"}
    words |= {"maxmemory": "50mb", "maxmemory-policy": "allkeys-lru"}
    command = [str(word) for name, value in words.items() for word in (f"--{name}", value)]
    with subprocess.Popen([find_binary(), *command], stdout=subprocess.DEVNULL) as process:
        try:
            _until_listening(port)
            yield port
        finally:
            process.terminate()


def _until_listening(port: int) -> None:
    client: Any = redis.Redis(HOST, port, retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 400))
    with closing(client):
        client.ping()


def test_a_redis_that_refuses_commands_or_throws_messages_away_is_named(tmp_path: Path, settings: Any) -> None:
    with a_redis(tmp_path) as port:
        settings.REDIS_URL = f"redis://least:none@{HOST}:{port}/0"
        least = list(redis_server.redis_server())
        settings.REDIS_URL = f"redis://{HOST}:{port}/0"
        whole = list(redis_server.redis_server())

    assert "may not SET, INCRBY" in faults(least)["redis commands"]
    assert "SUBSCRIBE flagforge_manifests" in faults(least)["redis commands"]
    assert faults(whole) == {}
    assert "allkeys-lru" in next(finding.said for finding in whole if finding.state == State.WARNING)


def test_a_certificate_that_nobody_believes_or_that_ends_is_named(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.certify("localhost"))
    with create_server((HOST, 0)) as listener:
        threading.Thread(target=_shake_hands, args=(listener, context), daemon=True).start()
        settings.PUBLIC_URL = f"https://localhost:{listener.getsockname()[1]}"
        unknown = list(reaching.certificate())
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        known = list(reaching.certificate())

    assert "certificate verify failed" in faults(unknown)["certificate"].lower().replace("_", " ")
    assert faults(known)["certificate"] == "That of localhost ends in 0 days."


def _shake_hands(listener: Any, context: ssl.SSLContext) -> None:
    for _ in range(2):
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)
        except OSError:
            connection.close()
