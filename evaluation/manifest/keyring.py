"""The SDK keys that this process knows: looked up once, then checked in memory until something changes."""

import time
from collections.abc import Iterable

from evaluation.delivery.held import HeldKey
from evaluation.manifest import counting
from evaluation.wire.limits import limits_of
from tenants import realm
from tenants.keys import kind_of, sha256_of
from tenants.limits import limit
from tenants.models import ApiKey
from tenants.services.api_key_bounds import LIMITED_KINDS

MOST_KEYS = 10_000
UNKNOWN_SECONDS = 5.0


class _Looks:
    """How often everything known was looked at again."""

    count = 0


_known: dict[str, HeldKey] = {}
_unknown_until: dict[str, float] = {}


def held(secret: str) -> HeldKey | None:
    """From memory alone: no I/O, safe on an event loop. None: not known here (yet), or expired."""
    return _still_good(_known.get(sha256_of(secret)))


def find(secret: str) -> HeldKey | None:
    """Known already, or looked up now; None for a key that does not work."""
    if kind_of(secret) is None:
        return None
    return find_by_hash(sha256_of(secret))


def find_by_hash(sha256: str) -> HeldKey | None:
    is_known = sha256 in _known
    counting.reads["keys", is_known] += 1
    if is_known:
        return _still_good(_known[sha256])
    if _unknown_until.get(sha256, 0.0) > time.monotonic():
        return None
    found = _asked_now(sha256)
    if found is None:
        _remember_unknown(sha256)
        return None
    _make_room(_known)
    _known[sha256] = found  # always: a key that is not known here is missed when it is revoked, and its streams go on
    return found


def _asked_now(sha256: str) -> HeldKey | None:
    """Asked again when everything known was looked at meanwhile: it may have been revoked in between, unseen by that."""
    while True:
        seen = _Looks.count
        with realm.within(realm.of_key(sha256)):
            found = _look_up([sha256]).get(sha256)
        if seen == _Looks.count:
            return found


def find_by_prefix(prefix: str) -> HeldKey | None:
    """By the first characters of the hash, as stream tokens name their key."""
    for sha256, key in list(_known.items()):
        if sha256.startswith(prefix):
            return _still_good(key)
    if _unknown_until.get(prefix, 0.0) > time.monotonic():
        return None
    with realm.within(realm.of_key(prefix)):
        rows = ApiKey.objects.usable().filter(sha256__startswith=prefix)
        found: str | None = rows.values_list("sha256", flat=True).first()
    if found is None:
        _remember_unknown(prefix)
        return None
    return find_by_hash(found)


def reconcile() -> list[HeldKey]:
    """Ask the database about every known key; returns those that stopped working."""
    _Looks.count += 1
    known = dict(_known)
    alive = _look_up(known)
    _unknown_until.clear()
    gone = [key for sha256, key in known.items() if sha256 not in alive]
    for key in gone:
        _known.pop(key.sha256, None)
    _known.update({sha256: key for sha256, key in alive.items() if sha256 in _known})
    return gone


def _still_good(key: HeldKey | None) -> HeldKey | None:
    return None if key is None or key.has_expired(time.time()) else key


def _look_up(hashes: Iterable[str]) -> dict[str, HeldKey]:
    rows = ApiKey.objects.usable().filter(sha256__in=list(hashes)).select_related("environment", "organization")
    return {row.sha256: _held_key(row) for row in rows}


def _held_key(row: ApiKey) -> HeldKey:
    return HeldKey(
        row.id,
        row.sha256,
        row.kind,
        row.organization_id or "",
        row.project_id or "",
        row.environment_id or "",
        row.environment.key if row.environment else "",
        row.expires_at.timestamp() if row.expires_at else None,
        frozenset(row.origins),
        limits_of(row.limits),
        limits_of(organization_limits(row)),
    )


def organization_limits(row: ApiKey) -> dict[str, int]:
    """What all client and server keys of its organization may use of one process together; empty: no limit."""
    if row.organization is None or row.kind not in LIMITED_KINDS:
        return {}
    names = {"requests_per_second": "sdk_requests_per_second", "streams": "streams"}
    return {member: most for member, name in names.items() if (most := limit(row.organization, name))}


def _remember_unknown(sha256: str) -> None:
    """Whoever tries keys does not get a database query for each."""
    _make_room(_unknown_until)
    _unknown_until[sha256] = time.monotonic() + UNKNOWN_SECONDS


def _make_room(table: dict[str, HeldKey] | dict[str, float]) -> None:
    while len(table) >= MOST_KEYS:
        table.pop(next(iter(table)), None)


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    _known.clear()
    _unknown_until.clear()
