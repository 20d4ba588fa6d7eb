"""What a relay begins with where it has nothing of its own and upstream may be away: signed snapshots in object storage."""

import importlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from ..core.canonical import canonical
from .holdings import sha256_of
from .store import JWKS, MANIFEST, SCOPE, Store, write_whole

SECONDS = 20.0

Read = Callable[[str], bytes]
Document = Mapping[str, Any]

log = logging.getLogger(__name__)


class NoSnapshots(Exception):
    """What is there cannot be begun with, and why."""


def begin_with(url: str, api_key: str, store: Store) -> None:
    """Put what lies there into the store, but for what the store knows newer itself. Raises NoSnapshots.

    Nothing is believed here: the store's content is verified when it is read, as ever. Only what lies in the scope of the
    relay's own key is taken, which must be among those that work.
    """
    try:
        _fill(store, reader_of(url), sha256_of(api_key))
    except NoSnapshots:
        raise
    except Exception as error:  # boto3 has exceptions of its own
        raise NoSnapshots(f"{type(error).__name__}: {error}") from None


def _fill(store: Store, read: Read, own: str) -> None:
    scope = json.loads(read(SCOPE))
    key = next((key for key in scope["keys"] if key["sha256"] == own), None)
    if key is None:
        raise NoSnapshots("the snapshot knows no such relay key; it may be younger than the snapshot, or revoked")
    environments = list(_within(key, scope["environments"]))
    ids = {environment["id"] for environment in environments}
    keys = [each for each in scope["keys"] if each["sha256"] == own or each["environment"] in ids]
    store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if store.jwks() is None:
        write_whole(store.folder / JWKS, read(JWKS))
    kept = store.manifests()
    for environment_id in ids:
        content = read(environment_id + MANIFEST)
        if json.loads(content)["version"] > kept.get(environment_id, {"version": 0}).get("version", 0):
            write_whole(store.folder / (environment_id + MANIFEST), content)
    if not store.scope():
        write_whole(store.folder / SCOPE, canonical({"environments": environments, "keys": keys}))
    log.info("began with snapshots of %d environments", len(ids))


def _within(key: Document, environments: list[Document]) -> Iterator[Document]:
    """A relay key names its scope as environments are named; null is wider."""
    for each in environments:
        names = {"environment": each["id"], "project": each["project"], "organization": each["organization"]}
        if all(key.get(level) in (None, name) for level, name in names.items()):
            yield each


def reader_of(url: str) -> Read:
    """Of `https://…`, `s3://key:secret@bucket/folder?endpoint=…&region=…` (with boto3), or a folder."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        return lambda name: _got(f"{url.rstrip('/')}/{name}")
    if parts.scheme == "s3":
        return _of_bucket(url)
    return lambda name: (Path(url) / name).read_bytes()


def _got(url: str) -> bytes:
    answer = httpx.get(url, timeout=SECONDS, follow_redirects=True)
    answer.raise_for_status()
    return answer.content


def _of_bucket(url: str) -> Read:
    parts = urlsplit(url)
    fields = dict(parse_qsl(parts.query))
    client = importlib.import_module("boto3").client(
        "s3",
        endpoint_url=fields.get("endpoint"),
        region_name=fields.get("region"),
        aws_access_key_id=unquote(parts.username) if parts.username else None,
        aws_secret_access_key=unquote(parts.password) if parts.password else None,
    )
    folder = parts.path.strip("/")

    def read(name: str) -> bytes:
        key = "/".join(filter(None, [folder, name]))
        content: bytes = client.get_object(Bucket=parts.hostname, Key=key)["Body"].read()
        return content

    return read
