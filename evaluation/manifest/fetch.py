"""The newest manifest of an environment as it was published, from the cache or from the database: whole, or not at all."""

import logging
import zlib

from django.db import DatabaseError, transaction

from evaluation.core.canonical import checksum
from evaluation.manifest import cache, sign
from evaluation.manifest.cache import Published
from evaluation.models import ManifestHead, ManifestVersion
from tenants import outbox
from tenants.models import Environment

# What the outbox is told of a version that cannot be read any more: another one is published in its place.
DAMAGED = "environment.manifest_damaged"

log = logging.getLogger(__name__)


class Damaged(DatabaseError):
    """What the database has is not what was published; of no more use than one that is out of reach."""


def newest(head: ManifestHead) -> Published:
    """What the head names, or a later version where that is damaged. Raises `Damaged` if there is none yet either."""
    try:
        return _named_by(head)
    except Damaged:
        log.exception("another version is published in its place")
        _ask_for_another(head)
        head.refresh_from_db()
        return _named_by(head)


def without_database(environment_id: str) -> Published | None:
    """What the cache has. Whoever can write there must not be believed more than the keys that are known here."""
    cached = cache.get(environment_id)
    if cached is None or sign.is_broken(cached) or sign.is_foreign(cached):
        return None
    return cached


def _named_by(head: ManifestHead) -> Published:
    cached = cache.get(head.environment_id)
    if cached is not None and _is(cached, head) and not sign.is_broken(cached):
        return cached
    published = _from_database(head)
    cache.put(published)
    return published


def _is(cached: Published, head: ManifestHead) -> bool:
    return (cached.version, cached.checksum) == (head.version, head.checksum)


def _from_database(head: ManifestHead) -> Published:
    rows = ManifestVersion.objects.filter(environment_id=head.environment_id, version=head.version)
    row: ManifestVersion | None = rows.first()
    content = _unpacked(row) if row else b""
    signature = row.signature if row else ""
    published = Published(head.environment_id, head.version, head.checksum, content, signature)
    if checksum(content) != head.checksum or sign.is_broken(published):
        raise Damaged(f"version {head.version} of environment {head.environment_id} is not what was published")
    return published


def _unpacked(row: ManifestVersion) -> bytes:
    try:
        return zlib.decompress(row.content)
    except zlib.error:
        return b""


def _ask_for_another(head: ManifestHead) -> None:
    """Once, however many processes and requests come upon the damage."""
    if not outbox.waiting().filter(environment_id=head.environment_id, topic=DAMAGED).exists():
        with transaction.atomic():
            outbox.put(DAMAGED, Environment.objects.get(pk=head.environment_id))
    outbox.drain()
