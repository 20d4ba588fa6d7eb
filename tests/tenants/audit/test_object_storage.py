"""Checkpoints in a bucket: the real client of S3, against an endpoint of the test's own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from flagforge.settings.storage import storage
from tenants.audit import checkpoints
from tenants.models import AuditCheckpoint, Organization
from tenants.tasks import take_checkpoints


class Bucket(ThreadingHTTPServer):
    """Keeps what is put; `is_away` answers 503 to everything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.methods: list[str] = []
        self.is_away = False


class _Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.methods.append("PUT")
        is_ours = self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=a-key/")
        if is_ours and not self.server.is_away:
            self.server.objects[self.path] = body
        self.send_response(503 if self.server.is_away else 200 if is_ours else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  (http.server's name)
        pass


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with Bucket() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        url = f"s3://a-key:a%2Fsecret@proofs/flagforge?endpoint={endpoint}&region=eu-1"
        monkeypatch.setenv("STORAGE_URL", url)
        settings.STORAGES = settings.STORAGES | {"checkpoints": storage(settings.CHECKPOINTS, "checkpoints")}
        yield server
        kept: Any = storages["checkpoints"]
        kept.connection.meta.client.close()
        server.shutdown()


@pytest.mark.django_db
def test_checkpoints_and_their_keys_are_put_into_the_bucket(bucket: Bucket, acme: Organization) -> None:
    take_checkpoints()

    row = AuditCheckpoint.objects.get(organization=acme)
    path = f"/proofs/flagforge/checkpoints/{acme.id}/{row.position:012}-head.checkpoint.json"
    assert json.loads(bucket.objects[path]) == checkpoints.document_of(row)
    assert "keys" in json.loads(bucket.objects["/proofs/flagforge/checkpoints/keys.json"])
    assert row.stored_at is not None
    assert set(bucket.methods) == {"PUT"}, "whoever may only write can write"


@pytest.mark.django_db
def test_while_the_bucket_is_away_they_wait(bucket: Bucket, acme: Organization) -> None:
    bucket.is_away = True
    with pytest.raises(Exception, match="503"):
        take_checkpoints()
    assert AuditCheckpoint.objects.get(organization=acme).stored_at is None

    bucket.is_away = False
    take_checkpoints()

    assert AuditCheckpoint.objects.get(organization=acme).stored_at is not None
    assert len(bucket.objects) == 3  # Acme's, the instance's, and the keys


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://bucket", "must look like s3://"),
        ("s3://", "must look like"),
        ("s3://bucket?acl=public", "must look like"),
        ("s3://key@bucket", "a key and a secret, or neither"),
        ("s3://bucket?endpoint=minio:9000", "the endpoint must begin with https://"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(
    url: str, why: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_URL", url)

    with pytest.raises(ImproperlyConfigured, match=why):
        storage(settings.CHECKPOINTS, "checkpoints")


def test_a_bucket_alone_is_enough(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_URL", "s3://proofs")

    options = storage(settings.CHECKPOINTS, "checkpoints")["OPTIONS"]

    assert (options["bucket_name"], options["location"], options["endpoint_url"]) == ("proofs", "checkpoints", None)
    assert "access_key" not in options
