"""Backups and snapshots in a bucket, by S3's own protocol: moto's server beside, boto3 and django-storages to it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from evaluation.manifest import snapshots
from flagforge.settings.storage import storage
from flags.models import Flag
from script.places import free_port
from tenants import outbox
from tenants.backups import keeping
from tenants.backups.keeping import name_at
from tests.journeys.relay.conftest import StartRelay, is_on, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = free_port(), tmp_path_factory.mktemp("s3") / "server.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: httpx.get(f"{url}/moto-api/").status_code == 200, 60, log)
        yield url
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def storage_url(endpoint: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What an operator writes, and what the settings make of it."""
    name = f"flags-{time.time_ns()}"
    url = f"s3://a-key:a%2Fsecret@{name}/installation?endpoint={endpoint}&region=eu-west-1"
    monkeypatch.setenv("STORAGE_URL", url)
    places = {each: storage(Path("/nowhere"), each) for each in ("backups", "snapshots")}
    settings.SNAPSHOTS, settings.OUTBOX_NUDGE = True, False
    settings.STORAGES = settings.STORAGES | places
    made: Any = storages["backups"]
    made.bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return url


def test_a_backup_is_kept_in_the_bucket_pruned_by_rules_and_restored_from_it(
    storage_url: str, checkout: Flag, toggle: Callable[[bool], None]
) -> None:
    older, oldest = (name_at(datetime(2020, 1, 16, hour, tzinfo=UTC)) for hour in (4, 3))
    for name in (older, oldest):
        storages["backups"].save(name, BytesIO(b"an older one"))
    storages["backups"].save("not-ours", BytesIO(b"whatever"))
    toggle(True)
    call_command("backup", stdout=StringIO(), stderr=StringIO())

    (newest, *others) = keeping.kept()
    assert newest > older
    assert others == [older], "of one day no rule keeps an older one"
    assert storages["backups"].exists("not-ours")

    toggle(False)
    Flag.objects.filter(pk=checkout.pk).update(name="Lost")
    told = StringIO()
    call_command("restore", "latest", "--force", stdout=told, stderr=StringIO())

    assert "all counted" in told.getvalue()
    assert Flag.objects.get(pk=checkout.pk).name == checkout.name
    assert checkout.configs.get().enabled
    call_command("drill", stdout=StringIO())


def test_a_relay_begins_with_the_bucket_alone(
    storage_url: str, toggle: Callable[[bool], None], server_key: str, start_relay: StartRelay
) -> None:
    toggle(True)
    outbox.drain()
    assert snapshots.store_changed() == 1
    before, _, query = storage_url.partition("?")

    relay = start_relay(f"http://127.0.0.1:{free_port()}", "--snapshots", f"{before}/snapshots?{query}", store="fresh")

    assert is_on(relay, server_key)
