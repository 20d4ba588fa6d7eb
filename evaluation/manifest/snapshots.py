"""Signed snapshots of what environments serve, in a bucket or a folder, for relays and SDKs that have nobody else to ask.

    jwks.json                                the public keys
    scope.json                               environments, and hashes of the keys that open them
    <environment>.manifest.json              the newest version, with its signature
    versions/<environment>/<version>.json    the same of each of the newest versions

It is what a relay keeps in its own store, so that one which has nothing begins with it. Whoever may read it reads all rules.
"""

import json
import logging
from collections.abc import Iterable

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import F, Q
from django.utils import timezone

from evaluation.core.canonical import canonical
from evaluation.delivery.held import HeldKey
from evaluation.manifest import fetch, sign
from evaluation.manifest.below import below
from evaluation.manifest.proof import VALID
from evaluation.models import ManifestHead
from evaluation.wire.frames import Proof, put_of_manifest
from evaluation.wire.trust import FRESHNESS, Freshness

STORE, VERSIONS = "snapshots", "versions"
KEPT_VERSIONS = 20
# Sees all that there is, as a relay key of the instance does.
EVERYTHING = HeldKey("", "", "relay", "", "", "", "", None)

log = logging.getLogger(__name__)


def store_changed() -> int:
    """Of every environment with a version that is not there yet; returns of how many."""
    return _store(ManifestHead.objects.filter(Q(stored_version=None) | ~Q(stored_version=F("version"))))


def store_all() -> int:
    """Of every environment, with a fresh statement that its version is the newest; and of keys and environments."""
    return _store(ManifestHead.objects.all())


def _store(heads: Iterable[ManifestHead]) -> int:
    if not settings.SNAPSHOTS:
        return 0
    sign.warm()
    count = sum(map(_store_one, heads))
    if count:
        told = below(EVERYTHING)
        scope = {"environments": list(told.environments.values()), "keys": list(told.keys.values())}
        _write("scope.json", canonical(scope))
        _write("jwks.json", json.dumps(sign.jwks()).encode())
    return count


def _store_one(head: ManifestHead) -> int:
    """One that cannot be read is left out: another version is published in its place."""
    try:
        published = fetch.newest(head)
    except fetch.Damaged:
        log.exception("no snapshot of environment %s can be made", head.environment_id)
        return 0
    as_of = timezone.now()
    stated = Freshness(published.environment_id, published.version, published.checksum, as_of, as_of + VALID)
    proof = Proof(sign.signature_of(published), sign.sign_statement(stated.as_bytes(), kind=FRESHNESS))
    data = put_of_manifest(published.version, published.content, proof).data
    folder = f"{VERSIONS}/{head.environment_id}"
    _write(f"{folder}/{published.version:012}.json", data)
    _write(f"{head.environment_id}.manifest.json", data)
    _prune(folder)
    ManifestHead.objects.filter(pk=head.pk).update(stored_version=published.version)
    return 1


def _write(name: str, content: bytes) -> None:
    storages[STORE].save(name, ContentFile(content))


def _prune(folder: str) -> None:
    for name in sorted(storages[STORE].listdir(folder)[1])[:-KEPT_VERSIONS]:
        storages[STORE].delete(f"{folder}/{name}")
