"""A relay with nothing but object storage: no control plane, no store of its own."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from evaluation.manifest import sign, snapshots
from evaluation.models import ManifestHead
from evaluation.relay.snapshots import reader_of
from evaluation.sdk.client import Client
from flags.models import Flag
from script.places import free_port
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.journeys.relay.conftest import StartRelay, is_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where the control plane writes."""
    settings.SNAPSHOTS, settings.OUTBOX_NUDGE = True, False
    options = {"location": str(tmp_path / "bucket"), "allow_overwrite": True}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"snapshots": {"BACKEND": backend, "OPTIONS": options}}
    return tmp_path / "bucket"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  (http.server's name)
        pass


@pytest.fixture
def bucket(folder: Path) -> Iterator[str]:
    """As a bucket answers whoever may read."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def stored(checkout: Flag, folder: Path, toggle: Callable[[bool], None], server_key: str, relay_key: str) -> Path:
    toggle(True)
    outbox.drain()
    assert snapshots.store_changed() == 1
    return folder


def test_with_nothing_but_the_bucket_it_answers_and_refuses_what_somebody_altered(
    bucket: str, stored: Path, development: Environment, server_key: str, start_relay: StartRelay
) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    assert is_on(start_relay(away, "--snapshots", f"{bucket}/bucket", store="fresh"), server_key)

    file = stored / f"{development.id}.manifest.json"
    file.write_bytes(file.read_bytes().replace(b'"enabled":true', b'"enabled":false'))
    with pytest.raises(AssertionError, match="Tampered"):
        start_relay(away, "--snapshots", f"{bucket}/bucket", store="another")


def test_an_application_begins_with_what_the_bucket_has(bucket: str, stored: Path, development: Environment) -> None:
    read = reader_of(f"s3://a-key:a-secret@bucket?endpoint={bucket}&region=eu-1")
    state, keys = read(f"{development.id}.manifest.json"), read("jwks.json")

    with Client(mode="offline", bootstrap=state, public_keys=keys) as client:
        assert client.boolean_value("checkout", False, {"targetingKey": "u"})
    altered = state.replace(b'"enabled":true', b'"enabled":false')
    with Client(mode="offline", bootstrap=altered, public_keys=keys) as client:
        assert client.boolean_value("checkout", True, {"targetingKey": "u"}), "refused, so the default holds"


def test_what_changed_is_written_once_and_old_versions_go(
    stored: Path, development: Environment, toggle: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "KEPT_VERSIONS", 2)
    assert snapshots.store_changed() == 0
    for enabled in (False, True, False):
        toggle(enabled)
        outbox.drain()
        assert snapshots.store_changed() == 1
    assert snapshots.store_all() == 1

    head = ManifestHead.objects.get(environment=development)
    names = sorted(path.name for path in (stored / "versions" / development.id).iterdir())
    assert names == [f"{version:012}.json" for version in (head.version - 1, head.version)]
    assert json.loads((stored / f"{development.id}.manifest.json").read_bytes())["version"] == head.version


def test_a_relay_takes_only_what_its_key_reaches(
    stored: Path, shop: Project, server_key: str, start_relay: StartRelay, system: Actor
) -> None:
    other = services.create_project(shop.organization, key="other", name="Other", actor=system)
    narrow = services.create_api_key(kind="relay", scope=other, name="edge", actor=system)[1]
    services.create_environment(other, key="live", name="Live", actor=system)
    sign.warm()
    outbox.drain()
    snapshots.store_all()

    relay = start_relay(f"http://127.0.0.1:{free_port()}", "--snapshots", str(stored), key=narrow, store="narrow")

    assert relay.ask("/api/v1/sdk/flags", server_key).status_code in (401, 503)
    assert [each["key"] for each in relay.status()["environments"]] == ["live"]
