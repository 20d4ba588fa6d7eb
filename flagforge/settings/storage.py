"""Where files are kept that must outlive the database: a folder, or a bucket of S3-compatible object storage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from flagforge.settings import env

EXAMPLE = "s3://key:secret@bucket/folder?endpoint=https://s3.example.com&region=eu-1"
# So long, in seconds, for a connection and for an answer; whoever writes tries again by itself.
CONNECTING, ANSWERING, ATTEMPTS = 5, 20, 2


def storage(folder: Path, name: str) -> dict[str, Any]:
    """Django's settings of a storage: the folder, or with `STORAGE_URL` what lies under this name in its bucket.

    Without key and secret in the URL, those hold that AWS's own variables, files and roles give.
    """
    url = env.text("STORAGE_URL")
    if not url:
        options = {"location": str(folder), "allow_overwrite": True}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _bucket(url, name)}


def _bucket(url: str, name: str) -> dict[str, Any]:
    parts = urlsplit(url)
    fields = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.hostname or fields.keys() - {"endpoint", "region"}:
        raise ImproperlyConfigured(f"STORAGE_URL must look like {EXAMPLE}; only the bucket is needed.")
    if (parts.username is None) != (parts.password is None):
        raise ImproperlyConfigured("STORAGE_URL: give both a key and a secret, or neither.")
    endpoint = fields.get("endpoint")
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise ImproperlyConfigured("STORAGE_URL: the endpoint must begin with https:// (or http://).")
    from botocore.config import Config  # takes a quarter of a second, which nobody should wait for without need

    return {
        "bucket_name": parts.hostname,
        "location": "/".join(filter(None, [parts.path.strip("/"), name])),
        "endpoint_url": endpoint,
        "region_name": fields.get("region"),
        **_credentials(parts.username, parts.password),
        "client_config": Config(
            connect_timeout=CONNECTING, read_timeout=ANSWERING, retries={"total_max_attempts": ATTEMPTS}
        ),
    }


def _credentials(key: str | None, secret: str | None) -> Mapping[str, str]:
    return {"access_key": unquote(key), "secret_key": unquote(secret)} if key and secret else {}
